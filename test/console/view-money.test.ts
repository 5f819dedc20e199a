import type { ConsoleState } from "@bedrock-governor/console/state";
import { view } from "@bedrock-governor/console/view";
import { describe, expect, it } from "vitest";
import { limit } from "../support/limit.ts";
import { byId, type Element, elements, named, parseHtml, wordsOf } from "./fixtures/parse-html.ts";
import { consoleState, key, limitState, NOW } from "./fixtures/state.ts";

const section = (id: string, changes: Partial<ConsoleState> = {}) => byId(parseHtml(view(consoleState(changes))), id);

const cells = (row: Element | undefined): readonly string[] =>
  row === undefined ? [] : [...elements(row)].filter(({ name }) => name === "th" || name === "td").map(wordsOf);
const rows = () => named(section("bg-money"), "tr").map(cells);

describe("money side by side", () => {
  it("shows what the log, CloudWatch and the bill say, and how far they are apart", () => {
    expect(rows()[0]).toEqual(["Limit", "Estimate, by the invocation log", "Metered, by CloudWatch", "Billed"]);
    expect(rows()[2]).toEqual([
      "opus-billed",
      "$1,000 billed 18 % below (± 2 %) without calls through bedrock-mantle",
      "$1,030 billed 20 % below (± 2 %)",
      "$820 billed as of 5 Jan 06:32 UTC (7 h ago), healthy",
    ]);
  });

  it("says what is unknown, and why", () => {
    expect(rows()[1]).toEqual([
      "bedrock-monthly",
      "unknown not compared yet",
      "unknown not compared yet",
      "unknown AWS Budgets answered with an error: throttled",
    ]);
  });

  it("says what a difference that lasts suggests", () => {
    expect(named(section("bg-money"), "p").map(wordsOf).at(-1)).toBe(
      'opus-billed billed is 18 % below what was metered since 2026-01-02: if the budget is for these models and no others, set /prices/opus-billed {"models":["anthropic.claude-opus-*"],"multiplier":0.82}.',
    );
  });

  it("is not there where no limit is on a budget", () => {
    expect(wordsOf(section("bg-money", { money: [] }))).toBe("");
  });
});

it("a budget's card says as of when it is billed", () => {
  const rule = limit("monthly", { source: "budget:bedrock", period: { kind: "budget" } });
  const limits = [limitState(rule, [key({}, 40, 100)], { asOf: NOW - 50 * 60_000 })];
  expect(wordsOf(section("bg-limit-monthly", { limits }))).toContain(
    "spend from AWS Budgets, budget bedrock, billed as of 5 Jan 12:42 UTC (50 m ago), healthy",
  );
});
