import type { Cause } from "@bedrock-governor/core/enforcement/cause";
import type { Limit } from "@bedrock-governor/core/limit/limit";
import { explain } from "@bedrock-governor/core/words/explain";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limit as makeLimit } from "../../support/limit.ts";

const NOW = Date.parse("2026-01-09T20:30Z");
const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";

const limit = makeLimit("opus-daily", { steps: [{ at: 100, notify: true, deny: "counted", except: [] }] });
const rolling: Partial<Limit> = { period: { kind: "rolling", lengthMs: 900_000, text: "PT15M" } };

type LimitCause = Extract<Cause, { kind: "limit" }>;
const ofLimit = (changed: Partial<Limit> = {}, cause: Partial<LimitCause> = {}) =>
  explain(
    {
      kind: "limit",
      limit: { ...limit, ...changed },
      key: { principal: "role/batch" },
      step: 100,
      usage: 104.2,
      threshold: 100,
      span: { start: Date.parse("2026-01-08T23:00Z"), end: Date.parse("2026-01-09T23:00Z") },
      because: "usage",
      ...cause,
    },
    NOW,
  );

describe("a deny by a limit", () => {
  it("says how much of what was used, by whom, and when it lifts", () => {
    expect(ofLimit()).toEqual({
      reason: "$104.20 of $100 today for role/batch",
      ends: "lifts at 00:00 Europe/Berlin",
    });
  });

  it.each<[string, LimitCause["key"], string]>([
    ["one principal's", { principal: "role/batch" }, "for role/batch"],
    ["one model's", { model: OPUS }, `for everyone the limit selects on ${OPUS}`],
    ["one principal's on one model", { principal: "role/batch", model: OPUS }, `for role/batch on ${OPUS}`],
    ["everyone's together", {}, "for everyone the limit selects"],
  ])("says that the threshold is %s", (_, key, words) => {
    expect(ofLimit({}, { key }).reason).toBe(`$104.20 of $100 today ${words}`);
  });

  it("names a step that is not the threshold itself", () => {
    expect(ofLimit({}, { step: 80, usage: 84.2 }).reason).toBe("reached 80 %: $84.20 of $100 today for role/batch");
  });

  it("lifts a rolling limit when usage has fallen far enough below the step", () => {
    expect(ofLimit(rolling).ends).toBe("lifts when usage in the last 15 minutes is under $90");
    expect(ofLimit(rolling, { step: 80 }).ends).toBe("lifts when usage in the last 15 minutes is under $72");
    const calls: Partial<Limit> = { ...rolling, measure: "invocations" };
    expect(ofLimit(calls, { threshold: 333 }).ends).toBe("lifts when usage in the last 15 minutes is under 300 calls");
  });

  it("says why it lasts while usage of a rolling limit is under the step again", () => {
    expect(ofLimit(rolling, { usage: 95, because: "held-step" }).reason).toBe(
      "$95 of $100 in the last 15 minutes for role/batch, after reaching 100 %",
    );
  });

  it("waits for an operator where the limit says so, in whatever period it was reached", () => {
    expect(ofLimit({ reset: "manual" }, { because: "manual" })).toEqual({
      reason: "$104.20 of $100 in one day for role/batch, and not reset since",
      ends: "lifts when an operator resets it",
    });
    expect(ofLimit({ reset: "manual" }).ends).toBe("lifts when an operator resets it");
  });

  it("does not promise a moment that AWS Budgets cannot keep", () => {
    const span = { start: Date.parse("2026-01-01"), end: Date.parse("2026-02-01") };
    const budget: Partial<Limit> = { source: "budget:bedrock", period: { kind: "budget" } };
    expect(ofLimit(budget, { span, key: {} })).toEqual({
      reason: "$104.20 of $100 in the budget's period for everyone the limit selects",
      ends: "lifts some hours after 1 Feb 00:00 UTC, when AWS Budgets has new data",
    });
  });
});

describe("a deny by hand", () => {
  const deny = { name: "incident-7", principals: ["*"], models: ["*"], reason: "leaked key" };

  it("names its parameter and its reason, and lasts until the parameter goes", () => {
    expect(explain({ kind: "manual", deny }, NOW)).toEqual({
      reason: "denied by hand (parameter denies/incident-7): leaked key",
      ends: "lifts when parameter denies/incident-7 is removed",
    });
  });

  it("lasts until the time it names", () => {
    const until = Date.parse("2026-01-12T08:00Z");
    expect(explain({ kind: "manual", deny: { ...deny, until } }, NOW).ends).toBe("lifts at Mon 12 Jan 08:00 UTC");
  });
});

describe("a deny that is held", () => {
  it("says what is unknown", () => {
    expect(explain({ kind: "held", limit, why: "CloudWatch answered Forbidden in eu-west-1" }, NOW)).toEqual({
      reason: "usage is unknown (CloudWatch answered Forbidden in eu-west-1), so the deny is held",
      ends: "lifts when usage is known and below the limit",
    });
  });
});

describe("names that others chose", () => {
  it("stand in a reason as they are", () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.constantFrom("$&", "$`", "%s", "<!channel>", "$'", "role/$1", "__proto__"),
    );
    fc.assert(
      fc.property(hostile, hostile, (principal, other) => {
        const deny = { name: "x", principals: [], models: [], reason: other };
        expect(ofLimit({}, { key: { principal, model: other } }).reason).toBe(
          `$104.20 of $100 today for ${principal} on ${other}`,
        );
        expect(explain({ kind: "manual", deny }, NOW).reason.endsWith(`: ${other}`)).toBe(true);
        expect(explain({ kind: "held", limit, why: other }, NOW).reason).toContain(`(${other})`);
      }),
    );
  });
});
