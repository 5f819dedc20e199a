import { describeProblem } from "@bedrock-governor/core/limit/describe-problem";
import { MEASURES } from "@bedrock-governor/core/limit/limit";
import { limitSchema } from "@bedrock-governor/core/limit/limit-schema";
import { readLimit } from "@bedrock-governor/core/limit/read-limit";
import { readPeriod } from "@bedrock-governor/core/limit/read-period";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MODELS } from "../../support/models.ts";
import { valid, WRITTEN } from "./written-limit.ts";

const KEYS = Object.keys(limitSchema.shape);

/** Reads it, and holds every sentence to what an operator is promised. */
function problems(text: string) {
  const read = readLimit("any", text);
  for (const problem of read.ok ? [] : read.problems) {
    expect(problem.problem).not.toMatch(/^\s*$|\.$|Invalid input|undefined/);
    expect(problem.remedy).not.toMatch(/^\s*$|\.$|undefined/);
    expect(describeProblem(problem, "x.json")).not.toMatch(/[\n\r]/);
  }
  return read.ok ? [] : read.problems;
}

describe("whatever is written is either a limit or has problems in words", () => {
  it("any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(problems(text)).not.toEqual([]);
      }),
    );
  });

  it("any JSON value", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(problems(text)).not.toEqual([]);
      }),
    );
  });

  it("a limit with anything in any of its keys", () => {
    const anything = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(WRITTEN)), fc.array(fc.object()));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...KEYS), anything, { maxKeys: 4 }), (changes) => {
        problems(JSON.stringify({ ...WRITTEN, ...changes }));
      }),
      { numRuns: 500 },
    );
  });
});

it("a key with one letter wrong is told a known key", () => {
  const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz");
  const mistyped = fc.tuple(fc.constantFrom(...KEYS), fc.nat(), fc.nat(3), letter).map(([key, place, how, other]) => {
    const at = place % key.length;
    const swapped =
      key.slice(0, at) +
      key
        .slice(at, at + 2)
        .split("")
        .reverse()
        .join("") +
      key.slice(at + 2);
    const inserted = key.slice(0, at) + other + key.slice(at);
    return (
      [swapped, inserted, key.slice(0, at) + key.slice(at + 1), key.slice(0, at) + other + key.slice(at + 1)][how] ??
      key
    );
  });
  fc.assert(
    fc.property(
      mistyped.filter((key) => !KEYS.includes(key)),
      (key) => {
        const named = problems(JSON.stringify({ ...WRITTEN, [key]: 1 })).map(
          ({ remedy }) => /^rename it to (\w+)/.exec(remedy)?.[1],
        );
        expect(KEYS).toContain(named[0]);
      },
    ),
  );
});

it("a valid limit is read as it was written", () => {
  const threshold = fc.double({ min: 0.01, max: 1e15, noNaN: true });
  const writtenLimit = fc.record({
    models: fc.uniqueArray(fc.constantFrom("*", "anthropic.*", ...MODELS), { minLength: 1, maxLength: 5 }),
    principals: fc.uniqueArray(fc.constantFrom("*", "role/*", "user/ci", "sso/Data/*"), { minLength: 1 }),
    source: fc.constantFrom("logs", "metrics"),
    measure: fc.constantFrom(...MEASURES),
    per: fc.constantFrom([], ["model"]),
    period: fc.constantFrom("hour", "day", "week", "month", "rolling PT15M", "rolling P7D"),
    threshold,
    steps: fc.uniqueArray(fc.record({ at: fc.integer({ min: 1, max: 1000 }), notify: fc.constant(true) }), {
      minLength: 1,
      selector: ({ at }) => at,
    }),
    reset: fc.constantFrom("period", "manual"),
    mode: fc.constantFrom("enforce", "observe"),
  });
  fc.assert(
    fc.property(writtenLimit, (written) => {
      const { per, period, steps, ...same } = written;
      const limit = valid(readLimit("any", JSON.stringify(written)));
      expect(limit).toMatchObject(same);
      expect(limit.per).toEqual({ principal: false, model: per.length > 0 });
      expect(readPeriod(period)).toEqual({ value: expect.objectContaining({ kind: limit.period.kind }) });
      expect(limit.steps.map(({ at }) => at)).toEqual(steps.map(({ at }) => at).sort((a, b) => a - b));
    }),
  );
});
