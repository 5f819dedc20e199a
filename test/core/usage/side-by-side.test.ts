import {
  departureAfter,
  differenceOf,
  isLasting,
  priceAdvice,
  type WorkedOut,
} from "@bedrock-governor/core/usage/side-by-side";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOV_2 = Date.UTC(2026, 10, 2);

const worked = (settled: number, all: number): WorkedOut => ({ status: "known", settled, all });

describe("the bill beside what usage should have cost", () => {
  it.each([
    ["is below when it is by more than 5 %", 82, worked(100, 100), { percent: -18, margin: 0, way: "below" }],
    ["is above likewise", 120, worked(100, 100), { percent: 20, margin: 0, way: "above" }],
    ["agrees within 5 %", 96, worked(100, 100), { percent: -4, margin: 0, way: "agrees" }],
    ["agrees within 5 % of all that may be on it", 97, worked(98, 101), { percent: -3, margin: 2, way: "agrees" }],
    ["is unclear where a day's lag would explain it", 91, worked(90, 110), { percent: -9, margin: 10, way: "unclear" }],
    ["is below the middle, beyond its lag", 78, worked(95, 105), { percent: -22, margin: 5, way: "below" }],
    ["is not worth a word where it is cents", 0.2, worked(0.9, 1), { percent: -79, margin: 5, way: "agrees" }],
  ])("%s", (_, billed, should, difference) => {
    const found = differenceOf(billed, should);
    expect(found && { ...found, percent: Math.round(found.percent), margin: Math.round(found.margin) }).toEqual(
      difference,
    );
  });

  it.each([
    ["usage is unknown", { status: "unknown" as const, why: "the log is off" }],
    ["nothing is surely on the bill yet", worked(0, 50)],
  ])("is not compared where %s", (_, should) => {
    expect(differenceOf(10, should)).toBeUndefined();
  });

  it("never departs when prices are right, however usage goes and however long within a day the bill lags", () => {
    const hourly = fc.array(fc.double({ min: 0, max: 1_000, noNaN: true }), { minLength: 25, maxLength: 200 });
    const lag = fc.integer({ min: 0, max: 24 });
    fc.assert(
      fc.property(hourly, lag, fc.double({ min: 0.95, max: 1.05, noNaN: true }), (hours, lagging, factor) => {
        const upTo = (hour: number) => hours.slice(0, hour).reduce((sum, one) => sum + one, 0);
        const billed = factor * upTo(hours.length - lagging);
        const found = differenceOf(billed, worked(upTo(hours.length - 24), upTo(hours.length)));
        // What floating point makes of exactly 5 % is no difference either.
        expect((found?.way !== "below" && found?.way !== "above") || Math.abs(Math.abs(factor - 1) - 0.05) < 1e-9).toBe(
          true,
        );
      }),
    );
  });

  it("finds the factor on steady usage to within half a day's share of it, and departs the right way", () => {
    const factors = fc.oneof(
      fc.double({ min: 0.1, max: 0.8, noNaN: true }),
      fc.double({ min: 1.25, max: 5, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 31 }), fc.integer({ min: 0, max: 24 }), factors, (days, lag, factor) => {
        const billed = factor * 10 * (days * 24 - lag);
        const found = differenceOf(billed, worked((days - 1) * 240, days * 240));
        expect(found?.way).toBe(factor < 1 ? "below" : "above");
        const advice = priceAdvice("bedrock", ["*"], [], found ?? { percent: 0 });
        if ("lookAt" in advice) throw new Error("no factor was advised");
        expect(Math.abs(advice.multiplier - factor)).toBeLessThanOrEqual((0.5 / (days - 0.5)) * factor + 0.00501);
      }),
    );
  });
});

describe("a departure", () => {
  const below = { percent: -18, margin: 1, way: "below" as const };

  it("lasts from the first of the comparisons that found it, and after three days it is told, after one where nothing is billed", () => {
    const first = departureAfter(undefined, below, NOV_2);
    expect(first).toEqual({ way: "below", since: NOV_2 });
    const later = departureAfter(first, below, NOV_2 + 3 * DAY);
    expect(later).toEqual(first);
    const told = [3 * DAY - 1, 3 * DAY].map((ms) => later && isLasting(later, NOV_2 + ms, 5));
    expect(told).toEqual([false, true]);
    const nothing = [DAY - 1, DAY].map((ms) => later && isLasting(later, NOV_2 + ms, 0));
    expect(nothing).toEqual([false, true]);
  });

  it("ends when they agree, begins anew on the other side, and waits where nothing is learned", () => {
    const before = { way: "below" as const, since: NOV_2 };
    const at = NOV_2 + DAY;
    expect(departureAfter(before, { percent: -2, margin: 1, way: "agrees" }, at)).toBeUndefined();
    expect(departureAfter(before, { percent: 30, margin: 1, way: "above" }, at)).toEqual({ way: "above", since: at });
    expect(departureAfter(before, undefined, at)).toEqual(before);
    expect(departureAfter(before, { percent: -9, margin: 10, way: "unclear" }, at)).toEqual(before);
  });
});

describe("the advice on prices", () => {
  const by = { percent: -18 };
  const models = ["anthropic.*", "amazon.nova-*"];
  const rule = (name: string, multiplier: number, of = models) => ({ name, models: of, price: { multiplier } });

  it("is a rule of the limit's name where there is none yet", () => {
    const other = rule("gpt", 0.5, ["openai.*"]);
    expect(priceAdvice("bedrock", models, [other], by)).toEqual({ rule: "bedrock", models, multiplier: 0.82 });
  });

  it("is the factor of the rule that is there, times the new", () => {
    const own = rule("negotiated", 0.5, models.toReversed());
    expect(priceAdvice("bedrock", models, [own], by)).toEqual({ rule: "negotiated", models, multiplier: 0.41 });
  });

  it.each([
    ["several rules", [rule("a", 0.5), rule("b", 0.9, ["anthropic.claude-opus-*"])], ["a", "b"]],
    ["a rule for some of the models", [rule("a", 0.5, ["anthropic.*"])], ["a"]],
    ["a rule for one region", [{ ...rule("a", 0.5), region: "eu-west-1" }], ["a"]],
    ["prices per token", [{ name: "a", models, price: { perMillion: { inputTokens: 5 } } }], ["a"]],
  ])("is to look at them where there are %s", (_, rules, lookAt) => {
    expect(priceAdvice("bedrock", models, rules, by)).toEqual({ lookAt });
  });

  it("is no factor of nothing, and none that a rule may not have", () => {
    for (const percent of [-100, 2_000]) {
      expect(priceAdvice("bedrock", models, [], { percent })).toEqual({ lookAt: [] });
    }
  });
});
