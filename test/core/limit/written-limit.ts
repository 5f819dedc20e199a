import { describeProblem } from "@bedrock-governor/core/limit/describe-problem";
import type { Limit } from "@bedrock-governor/core/limit/limit";
import type { Checked } from "@bedrock-governor/core/limit/problem";
import { readLimit } from "@bedrock-governor/core/limit/read-limit";

/** A limit as an operator writes it; tests change some keys and leave some out (undefined). */
export const WRITTEN = {
  models: ["anthropic.*"],
  principals: ["role/data-science/*", "user/ci"],
  source: "logs",
  measure: "usd",
  per: ["principal"],
  period: "day",
  threshold: 100,
};

export const BUDGET = {
  measure: undefined,
  per: undefined,
  period: undefined,
  threshold: undefined,
  source: "budget:bedrock",
};

export const written = (changes: object = {}): string => JSON.stringify({ ...WRITTEN, ...changes });

/** The limit that is read, or a failure of the test. */
export const limit = (changes: object = {}): Limit => valid(readLimit("opus-daily", written(changes)));

/** What an operator is told. */
export const told = (changes: object): readonly string[] => sentences(readLimit("opus-daily", written(changes)));

export function valid<T>(checked: Checked<T>): T {
  if (!checked.ok) throw new Error(sentences(checked).join("\n"));
  return checked.value;
}

export function sentences(checked: Checked<unknown>): readonly string[] {
  return checked.ok ? [] : checked.problems.map((problem) => describeProblem(problem, "it"));
}
