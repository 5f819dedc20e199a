import { usageBar } from "@bedrock-governor/notices/usage-bar";
import { describe, expect, it } from "vitest";
import { EXAMPLES } from "./examples.ts";

const { denied } = EXAMPLES;
const bar = (usage: number, more: object = {}) => usageBar({ ...denied, usage, ...more })[0];

describe("the bar of usage", () => {
  it("has its steps under it, and says which of them deny", () => {
    expect(usageBar({ ...denied, usage: 50 })).toEqual([
      "██████████░░░░░░░░░░ 50 % of $100",
      "         ▲     ▲   ▲",
      "warns at 50 %; denies at 80 %, 100 %",
    ]);
  });

  it("does not reach a step before the usage does", () => {
    expect(bar(99.99)).toBe("███████████████████▉ 99 % of $100");
    expect(bar(100)).toBe("████████████████████ 100 % of $100");
    expect(bar(0.3, { threshold: 0.3 })).toBe("████████████████████ 100 % of $0.30");
  });

  it("goes on beyond its end", () => {
    expect(bar(104.2)).toBe("████████████████████▶ 104 % of $100");
  });

  it("is as long as the highest step", () => {
    const steps = [
      { at: 100, denies: false },
      { at: 200, denies: true },
    ];
    expect(usageBar({ ...denied, usage: 100, steps })).toEqual([
      "██████████░░░░░░░░░░ 100 % of $100",
      "         ▲         ▲",
      "warns at 100 %; denies at 200 %",
    ]);
  });

  it("shows that hardly anything is not nothing", () => {
    expect(bar(0.01)).toBe("░░░░░░░░░░░░░░░░░░░░ under 1 % of $100");
    expect(bar(0)).toBe("░░░░░░░░░░░░░░░░░░░░ 0 % of $100");
  });

  it("is left out where usage or threshold is not known", () => {
    const { usage: _, ...unknown } = denied;
    expect(usageBar(unknown)).toEqual([]);
    expect(usageBar({ ...denied, usage: Number.NaN })).toEqual([]);
    expect(usageBar({ ...denied, threshold: 0 })).toEqual([]);
  });
});
