import { agreements } from "@bedrock-governor/core/usage/drift";
import { describe, expect, it } from "vitest";

const sums = (invocations: number, totalTokens: number) => ({ invocations, totalTokens });
type Sums = ReturnType<typeof sums>;

/** Hours of the log and of CloudWatch, one after the other. */
const compare = (...hours: readonly (readonly [logged: Sums, measured: Sums])[]) =>
  agreements(hours.map(([logged, measured]) => ({ logged, measured })));
const QUIET = [sums(0, 0), sums(0, 0)] as const;

describe("the log and CloudWatch", () => {
  it.each([
    ["the same numbers", sums(1_000, 1e7), sums(1_000, 1e7), "agrees"],
    ["nobody called", sums(0, 0), sums(0, 0), "agrees"],
    ["two percent less", sums(980, 9.8e6), sums(1_000, 1e7), "agrees"],
    ["more than two percent of the calls less", sums(979, 1e7), sums(1_000, 1e7), "short"],
    ["more than two percent of the tokens less", sums(1_000, 9.79e6), sums(1_000, 1e7), "short"],
    ["nothing at all in the log", sums(0, 0), sums(1_000, 1e7), "short"],
    ["calls that nobody made", sums(1_100, 1.1e7), sums(1_000, 1e7), "over"],
    ["calls missing, and tokens made up", sums(900, 2e7), sums(1_000, 1e7), "short"],
    ["a few calls on the edge of the hour", sums(5, 40_000), sums(12, 90_000), "agrees"],
    ["one long call among forty on the edge of the hour", sums(39, 39 * 150_000), sums(40, 40 * 150_000), "agrees"],
    ["one call that tells of more than anyone used", sums(1_001, 1e9), sums(1_000, 1e7), "over"],
    ["tokens of many calls more than an edge explains", sums(1_000, 2e6), sums(1_011, 2.1e6), "short"],
    ["calls that could not be read", sums(1_000, 1e7), sums(Number.NaN, 1e7), "unknown"],
    ["tokens that could not be read", sums(1_000, 1e7), sums(1_000, Number.NaN), "unknown"],
    ["calls missing, and tokens that could not be read", sums(900, Number.NaN), sums(1_000, 1e7), "short"],
  ] as const)("%s", (_, logged, measured, agreement) => {
    expect(compare(QUIET, [logged, measured], QUIET)[1]).toBe(agreement);
  });

  it("take a single long call that each has in another hour for one on the edge", () => {
    const [none, one] = [sums(0, 0), sums(1, 60_000)];
    expect(compare([none, one], [one, none])).toEqual(["agrees", "agrees"]);
    expect(compare(QUIET, [one, none], [none, one], QUIET)).toEqual(new Array(4).fill("agrees"));
  });

  it("take a long call among many short ones for one on the edge once the next hour has it", () => {
    const [short, long] = [sums(400, 400_000), sums(401, 600_000)];
    expect(compare([short, short], [short, long])).toEqual(["agrees", "unknown"]);
    expect(compare([short, short], [short, long], [long, short])).toEqual(["agrees", "agrees", "agrees"]);
  });

  it("miss a few long calls that are in no hour of the log, an hour later", () => {
    const [short, long] = [sums(400, 400_000), sums(403, 1_000_000)];
    expect(compare([short, short], [short, long])).toEqual(["agrees", "unknown"]);
    expect(compare([short, short], [short, long], [short, short])).toEqual(["agrees", "short", "agrees"]);
    expect(compare([short, long], [short, long], [short, long])).toEqual(["short", "short", "unknown"]);
  });

  it("do not believe the log how long calls are", () => {
    const forged = sums(1, 1e9);
    expect(compare([forged, sums(0, 0)], QUIET)).toEqual(["over", "agrees"]);
  });
});
