import { common, denies, denySet, denySetKey, without } from "@bedrock-governor/core/enforcement/deny-set";
import { matchesAny } from "@bedrock-governor/core/model/pattern";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** Few letters, so that patterns often cover and overlap each other and stand for models that exist. */
const LETTERS = ["a", "b", "."];
const known = ["", "a", "b"].flatMap((x) =>
  ["a", "b", ".", "ab"].flatMap((y) => ["", "a", "b", ".a"].map((z) => x + y + z)),
);
const text = (units: readonly string[], maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...units), minLength: 1, maxLength });
const pattern = text([...LETTERS, "*"], 5);
const patterns = fc.array(pattern, { maxLength: 8 });
const model = fc.oneof(fc.constantFrom(...known), text([...LETTERS, "z"], 6));

describe("a deny set", () => {
  it("leaves out what another member covers, and is sorted", () => {
    expect(denySet(["meta.*", "anthropic.claude-opus-4", "anthropic.*", "anthropic.*opus*", "meta.*"])).toEqual([
      "anthropic.*",
      "meta.*",
    ]);
  });

  it("keeps one of two writings of the same pattern", () => {
    expect(denySet(["anthropic.**", "anthropic.*"])).toEqual(["anthropic.*"]);
    expect(denySet(["***"])).toEqual(["*"]);
  });

  it("denies the models that what it was made of denies", () => {
    fc.assert(
      fc.property(patterns, model, (some, one) => {
        expect(denies(denySet(some), one)).toBe(matchesAny(some, one));
      }),
    );
  });

  it("is made once: making it again changes nothing, and order and repetition do not matter", () => {
    fc.assert(
      fc.property(patterns, fc.infiniteStream(fc.nat()), (some, dice) => {
        const set = denySet(some);
        const shuffled = [...some, ...some]
          .map((one) => [dice.next().value ?? 0, one] as const)
          .sort(([a], [b]) => a - b);
        expect(denySet(set)).toEqual(set);
        expect(denySetKey(denySet(shuffled.map(([, one]) => one)))).toBe(denySetKey(set));
      }),
    );
  });

  it("has no member that another covers", () => {
    fc.assert(
      fc.property(patterns, (some) => {
        const set = denySet(some);
        for (const member of set)
          expect(
            denies(
              set.filter((other) => other !== member),
              member,
            ),
          ).toBe(false);
      }),
    );
  });

  it("covers every pattern it was made of", () => {
    fc.assert(
      fc.property(patterns, (some) => {
        expect(some.filter((one) => !denies(denySet(some), one))).toEqual([]);
      }),
    );
  });
});

describe("taking exceptions out", () => {
  it("keeps a pattern that no exception touches, and with it models that do not exist yet", () => {
    expect(
      without(["anthropic.*", "meta.*"], ["anthropic.*haiku*"], ["anthropic.opus", "anthropic.haiku", "meta.llama"]),
    ).toEqual(["anthropic.opus", "meta.*"]);
    expect(without(["anthropic.*"], ["*"], known)).toEqual([]);
    expect(without(["anthropic.opus"], ["anthropic.haiku"], known)).toEqual(["anthropic.opus"]);
  });

  it("leaves no excepted model denied, and every other known model as it was", () => {
    fc.assert(
      fc.property(patterns, patterns, (some, except) => {
        const left = without(some, except, known);
        for (const one of known) {
          expect(denies(left, one), one).toBe(matchesAny(some, one) && !matchesAny(except, one));
        }
      }),
    );
  });

  it("denies nothing that was not denied, known or not", () => {
    fc.assert(
      fc.property(patterns, patterns, model, (some, except, one) => {
        if (denies(without(some, except, known), one)) expect(matchesAny(some, one)).toBe(true);
      }),
    );
  });
});

describe("what a set and patterns have in common", () => {
  it("is the narrower of two that cover each other, and else model by model", () => {
    expect(common(["anthropic.*"], ["anthropic.*opus*"], [])).toEqual(["anthropic.*opus*"]);
    expect(common(["anthropic.*opus*"], ["*"], [])).toEqual(["anthropic.*opus*"]);
    expect(common(["anthropic.*"], ["*opus*"], ["anthropic.opus", "meta.opus"])).toEqual(["anthropic.opus"]);
    expect(common(["anthropic.*"], ["meta.*"], ["anthropic.opus"])).toEqual([]);
  });

  it("denies exactly the known models that both deny, and no unknown one that only one does", () => {
    fc.assert(
      fc.property(patterns, patterns, model, (some, others, one) => {
        const shared = common(denySet(some), others, known);
        for (const each of known)
          expect(denies(shared, each), each).toBe(matchesAny(some, each) && matchesAny(others, each));
        if (denies(shared, one)) expect(matchesAny(some, one) && matchesAny(others, one)).toBe(true);
      }),
    );
  });
});
