import { type UsageRow, usageTable } from "@bedrock-governor/core/usage/usage-table";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const row = (principal: string, model: string, amount: number | undefined): UsageRow => ({ principal, model, amount });

describe("a usage table", () => {
  it("adds up rows of one pair, and holds 0 for a pair that nobody used", () => {
    const table = usageTable([row("role/a", "x", 1), row("role/b", "y", 5), row("role/a", "x", 2)]);
    expect(table).toEqual({
      principals: ["role/a", "role/b"],
      models: ["x", "y"],
      amounts: Float64Array.of(3, 0, 0, 5),
    });
  });

  it("does not know a sum of which it does not know a part", () => {
    const table = usageTable(
      [row("role/a", "x", undefined), row("role/a", "x", 2), row("role/a", "y", 4)],
      "meter down",
    );
    expect([...table.amounts]).toEqual([Number.NaN, 4]);
    expect(table.gap).toBe("meter down");
  });

  it("holds the same amounts in whatever order rows come", () => {
    const rows = fc.array(
      fc.record({ principal: fc.constantFrom("a", "b", "c"), model: fc.constantFrom("x", "y"), amount: fc.nat() }),
    );
    const sumOf = (all: readonly UsageRow[]) => {
      const { principals, models, amounts } = usageTable(all);
      return new Map(principals.flatMap((p, i) => models.map((m, j) => [`${p} ${m}`, amounts[i * models.length + j]])));
    };
    fc.assert(
      fc.property(rows, (all) => {
        expect(sumOf([...all].reverse())).toEqual(sumOf(all));
      }),
    );
  });
});
