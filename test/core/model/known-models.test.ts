import { pricedModels } from "@bedrock-governor/core/model/known-models";
import { parseSpelling } from "@bedrock-governor/core/model/model-id";
import { expect, it } from "vitest";

it("the price table tells which models a pattern covers, by ids without a prefix, each once", () => {
  expect(pricedModels("*opus-4-1*")).toEqual(["anthropic.claude-opus-4-1-20250805-v1:0"]);
  expect(pricedModels("nobody.*")).toEqual([]);
  const all = pricedModels("*");
  expect(all.length).toBeGreaterThan(50);
  expect(new Set(all).size).toBe(all.length);
  for (const model of all) expect(parseSpelling(model)).toEqual({ kind: "model", model });
});
