import type { Money } from "@bedrock-governor/core/reconcile/money";
import { adviceWords, billedAsOf, differenceWords, moneyWords } from "@bedrock-governor/core/words/money";
import { describe, expect, it } from "vitest";

const NOON = Date.parse("2026-11-22T12:00:00Z");
const HOUR = 3_600_000;

const money: Money = {
  limit: "bedrock",
  at: NOON,
  asOf: NOON,
  billed: { status: "known", amount: 8.2 },
  estimate: { status: "known", settled: 9, all: 10 },
  metered: { status: "unknown", why: "a region was not read" },
};

describe("money in words", () => {
  it.each([
    [NOON + 7.9 * HOUR, "billed as of 22 Nov 12:00 UTC (7 h ago), healthy"],
    [NOON + 40.5 * 60_000, "billed as of 22 Nov 12:00 UTC (40 m ago), healthy"],
    [NOON + 60_000, "billed as of 22 Nov 12:00 UTC (less than a minute ago), healthy"],
    [NOON + 50.5 * HOUR, "billed as of 22 Nov 12:00 UTC (2 d 2 h ago), healthy"],
  ])("says when AWS worked out the bill", (now, words) => {
    expect(billedAsOf(NOON + 12_345, now)).toBe(words);
  });

  it("sets the three side by side, and says what is unknown", () => {
    expect(moneyWords(money)).toBe("estimate $10, metered unknown (a region was not read), billed $8.20");
  });

  it.each([
    [{ percent: -18.2, margin: 1.4, way: "below" as const }, "18 % below (± 2 %)"],
    [{ percent: 18, margin: 0, way: "above" as const }, "18 % above"],
    [{ percent: -9, margin: 10, way: "unclear" as const }, "agrees, as far as a bill that lags can show"],
    [{ percent: -3, margin: 1, way: "agrees" as const }, "agrees"],
  ])("tells a difference from a lag", (difference, words) => {
    expect(differenceWords(difference)).toBe(words);
  });

  it("says what could be written, ready to be copied", () => {
    const since = Date.UTC(2026, 10, 2, 8);
    const by = { percent: -18, margin: 1, way: "below" as const };
    const lasting = { way: "below" as const, since, by, from: "estimate" as const };
    const advice = { rule: "bedrock", models: ["*"], multiplier: 0.82 };
    expect(adviceWords({ ...money, lasting: { ...lasting, advice } })).toBe(
      'billed is 18 % below the estimate since 2026-11-02: if the budget is for these models and no others, set /prices/bedrock {"models":["*"],"multiplier":0.82}',
    );
    expect(adviceWords({ ...money, lasting: { ...lasting, from: "metered", advice: { lookAt: ["a", "b"] } } })).toBe(
      "billed is 18 % below what was metered since 2026-11-02: look at /prices/a, /prices/b and the budget's filter",
    );
    expect(adviceWords({ ...money, lasting: { ...lasting, advice: { lookAt: [] } } })).toMatch(/look at the budget's/);
    expect(adviceWords(money)).toBeUndefined();
  });
});
