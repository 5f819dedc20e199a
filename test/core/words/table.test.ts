import { table } from "@bedrock-governor/core/words/table";
import { expect, it } from "vitest";

it("columns are as wide as their widest cell, and lines do not end in spaces", () => {
  expect(
    table([
      ["Who", "What"],
      ["role/batch", "1"],
      ["", ""],
    ]),
  ).toEqual(["Who         What", "role/batch  1", ""]);
});

it("no rows are no lines", () => expect(table([])).toEqual([]));
