import { agreementOf } from "@bedrock-governor/core/usage/drift";
import { describe, expect, it } from "vitest";

const sums = (invocations: number, totalTokens: number) => ({ invocations, totalTokens });

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
    ["one long call more than an edge explains", sums(5, 40_000), sums(6, 90_001), "short"],
    ["calls that could not be read", sums(1_000, 1e7), sums(Number.NaN, 1e7), "unknown"],
  ] as const)("%s", (_, logged, measured, agreement) => {
    expect(agreementOf(logged, measured)).toBe(agreement);
  });
});
