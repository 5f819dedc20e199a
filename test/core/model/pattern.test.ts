import { covers, matches, matchesAny, normalPattern, overlaps, remainders } from "@bedrock-governor/core/model/pattern";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("what a pattern stands for", () => {
  it.each([
    ["anthropic.claude-opus-4-5", "anthropic.claude-opus-4-5", true],
    ["anthropic.claude-opus-4-5", "anthropic.claude-opus-4-5x", false],
    ["anthropic.*", "anthropic.claude-v2:1", true],
    ["anthropic.*", "anthropic.", true],
    ["anthropic.*", "anthropic", false],
    ["*", "imported-model/abc", true],
    ["*", "", true],
    ["*opus*", "anthropic.claude-opus-4", true],
    ["*opus", "anthropic.claude-opus-4", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["*ab*ab", "ab", false],
    ["*ab*ab", "abab", true],
    ["a?c", "abc", false],
    ["a.c", "abc", false],
    ["(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false],
  ])("%s and %s: %s", (pattern, text, expected) => expect(matches(pattern, text)).toBe(expected));

  it("one of several patterns is enough", () => {
    expect(matchesAny(["amazon.*", "meta.*"], "meta.llama3")).toBe(true);
    expect(matchesAny([], "meta.llama3")).toBe(false);
  });

  it("a pattern made to be slow is as fast as any other", () => {
    const started = performance.now();
    expect(matches(`${"*a".repeat(2_000)}*b*`, "a".repeat(200_000))).toBe(false);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

const words = (alphabet: readonly string[], longest: number): readonly string[] =>
  longest === 0
    ? [""]
    : ["", ...words(alphabet, longest - 1).flatMap((word) => alphabet.map((letter) => letter + word))];

describe("compared with every text there is, up to six letters", () => {
  const patterns = [...new Set(words(["a", "b", "*"], 4))];
  // `c` is in no pattern: only a `*` matches it.
  const texts = [...new Set(words(["a", "b", "c"], 6))];
  const byDefinition = (pattern: string) => {
    const all = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
    return texts.map((text) => all.test(text));
  };
  const meaning = new Map(patterns.map((pattern) => [pattern, byDefinition(pattern)] as const));
  const pairs = patterns.flatMap((one) => patterns.map((other) => [one, other] as const));

  it("a pattern matches what it stands for", () => {
    for (const [pattern, expected] of meaning) {
      expect(
        texts.map((text) => matches(pattern, text)),
        pattern,
      ).toEqual(expected);
    }
  });

  it("a pattern covers another if everything the other stands for is its own", () => {
    const wrong = pairs.filter(([wide, narrow]) => {
      const [all, some] = [meaning.get(wide) ?? [], meaning.get(narrow) ?? []];
      return covers(wide, narrow) !== some.every((is, i) => !is || all[i] === true);
    });
    expect(wrong).toEqual([]);
  });

  it("two patterns overlap if some text is matched by both", () => {
    const wrong = pairs.filter(([one, other]) => {
      const [first, second] = [meaning.get(one) ?? [], meaning.get(other) ?? []];
      return overlaps(one, other) !== first.some((is, i) => is && second[i] === true);
    });
    expect(wrong).toEqual([]);
  });

  it("patterns of one meaning have one normal writing", () => {
    const writings = new Map<string, string>();
    for (const [pattern, all] of meaning) {
      const key = all.map(Number).join("");
      const normal = writings.get(key) ?? normalPattern(pattern);
      writings.set(key, normal);
      expect(normalPattern(pattern)).toBe(normal);
    }
  });

  it("what remains after a head is what may follow it, and nothing else", () => {
    for (const pattern of patterns) {
      for (const head of words(["a", "b"], 3)) {
        const rests = remainders(pattern, head);
        for (const text of texts) {
          if (matchesAny(rests, text) !== matches(pattern, head + text))
            expect.fail(`${pattern} after ${head}: ${rests}`);
        }
      }
    }
  });
});

it("covering and overlapping hold for long patterns too", () => {
  const pattern = fc
    .array(fc.constantFrom("*", "ab", "b", "-", "claude"), { maxLength: 8 })
    .map((parts) => parts.join(""));
  const filling = fc.string({ unit: fc.constantFrom("a", "b", "-", "z"), maxLength: 6 });
  fc.assert(
    fc.property(pattern, pattern, fc.array(filling, { minLength: 8, maxLength: 8 }), (one, other, fillings) => {
      let next = 0;
      const text = one.replace(/\*/g, () => fillings[next++ % fillings.length] ?? "");
      expect(matches(one, text)).toBe(true);
      if (covers(other, one)) expect(matches(other, text)).toBe(true);
      if (matches(other, text)) expect(overlaps(one, other)).toBe(true);
      expect(overlaps(one, other)).toBe(overlaps(other, one));
    }),
    { numRuns: 2_000 },
  );
});
