import { distance, nearest } from "@bedrock-governor/core/limit/nearest";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const KEYS = ["models", "mode", "per", "period", "threshold", "timeZone", "exceptPrincipals", "principals", "at"];

describe("a misspelt word is recognised", () => {
  it.each([
    ["thresold", "threshold"],
    ["treshhold", "threshold"],
    ["time_zone", "timeZone"],
    ["timezone", "timeZone"],
    ["except-principals", "exceptPrincipals"],
    ["Principal", "principals"],
    ["pre", "per"],
    ["model", "models"],
    ["perPrincipal", "per"],
    ["thresholdInUsd", "threshold"],
  ])("%s is %s", (word, expected) => expect(nearest(word, KEYS)).toBe(expected));

  it.each(["budget", "x", "", "constructor", "approximately"])("%j is none", (word) =>
    expect(nearest(word, KEYS)).toBeUndefined(),
  );
});

describe("the distance between words", () => {
  it.each([
    ["", "abc", 3],
    ["abc", "abc", 0],
    ["abc", "acb", 1],
    ["kitten", "sitting", 3],
    ["ca", "abc", 3],
  ])("%s to %s is %i", (a, b, expected) => expect(distance(a, b)).toBe(expected));

  it("is the same in both directions, and 0 only to itself", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(distance(a, b)).toBe(distance(b, a));
        expect(distance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});
