import { differences } from "@bedrock-governor/core/words/differences";
import { describe, expect, it } from "vitest";

const LIMIT = { models: ["anthropic.*"], threshold: 100, mode: "observe", owner: "ml", description: "for the team" };
const told = (before: unknown, after: unknown) => differences(JSON.stringify(before), JSON.stringify(after));

describe("what differs between two values of a parameter", () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      "numbers and words with both values",
      { threshold: 150, mode: "enforce" },
      'threshold from 100 to 150, mode from "observe" to "enforce"',
    ],
    [
      "what is too long for a sentence without",
      { models: ["*"], description: "for all teams" },
      "models changed, description changed",
    ],
    ["what is new", { liftBelow: 80, steps: [{ at: 100, deny: true }] }, "liftBelow set to 80, steps added"],
    ["what is gone", { owner: undefined }, "owner removed"],
  ])("tells %s", (_, change, words) => {
    expect(told(LIMIT, { ...LIMIT, ...change })).toBe(words);
  });

  it("is nothing where only the writing differs", () => {
    expect(differences('{"a": 1}', '{ "a": 1 }')).toBeUndefined();
  });

  it("is not told of what is no JSON object", () => {
    for (const [before, after] of [
      ["100", "150"],
      ["enforce", "paused"],
      ["{", '{"a":1}'],
      ["[1]", "[2]"],
      ["null", "{}"],
    ] as const) {
      expect(differences(before, after)).toBeUndefined();
    }
  });
});
