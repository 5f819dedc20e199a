import type { z } from "zod";
import { showValue } from "./describe-problem.ts";
import { nearest } from "./nearest.ts";
import type { Fault, Problem } from "./problem.ts";
import { pathText, valueAt } from "./problem-path.ts";

/** One value per key, to show how it is written; a key of a list's objects follows the list's. */
const EXAMPLES: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["description", "Opus for data science"],
  ["owner", "ml-platform"],
  ["models", ["anthropic.claude-opus-*"]],
  ["principals", ["role/data-science/*"]],
  ["exceptPrincipals", ["role/data-science/lead"]],
  ["source", "logs"],
  ["measure", "usd"],
  ["per", ["principal"]],
  ["period", "day"],
  ["timeZone", "Europe/Berlin"],
  ["threshold", 100],
  ["bounds", { min: 20, max: 300 }],
  ["bounds.min", 20],
  ["bounds.max", 300],
  ["overrides", [{ principals: ["role/data-science/batch"], threshold: 400 }]],
  ["overrides.principals", ["role/data-science/batch"]],
  ["overrides.threshold", 400],
  [
    "steps",
    [
      { at: 80, notify: true },
      { at: 100, deny: true },
    ],
  ],
  ["steps.at", 80],
  ["steps.notify", true],
  ["steps.deny", true],
  ["steps.except", ["anthropic.*haiku*"]],
  ["reset", "period"],
  ["liftBelow", 90],
  ["mode", "enforce"],
  ["limits", ["opus-daily"]],
  ["from", "2026-03-01T08:00:00+01:00"],
  ["until", "2026-03-31T18:00:00+02:00"],
  ["upTo", 200],
  ["reason", "quarterly report"],
  ["limit", "opus-daily"],
  ["at", "2026-03-01T08:00:00+01:00"],
  ["keys", [{ principal: "role/data-science/batch" }]],
  ["keys.principal", "role/data-science/batch"],
  ["keys.model", "anthropic.claude-opus-*"],
  ["region", "eu-central-1"],
  ["perMillion", { inputTokens: 5, outputTokens: 25 }],
  ["perMillion.inputTokens", 5],
  ["perMillion.outputTokens", 25],
  ["perMillion.cacheReadTokens", 0.5],
  ["perMillion.cacheWriteTokens", 6.25],
  ["perMillion.images", 0.04],
  ["multiplier", 0.85],
]);

/** Says what zod found wrong with a shape in words an operator understands. */
export function problemsOf(issue: z.core.$ZodIssue, whole: unknown): readonly Problem[] {
  const value = valueAt(whole, issue.path);
  const path = pathText(issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => unknownKey([...issue.path, key], whole, issue.message.split(", ")));
  }
  if (issue.code === "custom" && isFault(issue.params)) return [{ path, value, ...issue.params }];
  if (value === undefined) return [missing(issue.path, issue.message)];
  return [{ path, value, problem: issue.message, remedy: remedyFor(issue, value) }];
}

/** A required key that is not there. */
export function missing(path: readonly PropertyKey[], must: string): Problem {
  return { path: pathText(path), problem: `is missing: it ${must}`, remedy: `add it${asIn(path)}` };
}

function unknownKey(path: readonly PropertyKey[], whole: unknown, known: readonly string[]): Problem {
  const meant = nearest(String(path.at(-1)), known);
  return {
    path: pathText(path),
    value: valueAt(whole, path),
    problem: meant === undefined ? `is no key known here, which are ${known.join(", ")}` : "is no key known here",
    remedy: meant === undefined ? "remove it" : `rename it to ${meant}, or remove it`,
  };
}

function remedyFor(issue: z.core.$ZodIssue, value: unknown): string {
  const expected = issue.code === "invalid_type" ? issue.expected : issue.code;
  if (typeof value === "string") {
    if (expected === "number" && isNumber(value)) return `write ${value.trim()} without the quotes`;
    if (TAKES_BOOLEAN.has(expected) && /^(true|false)$/.test(value)) return `write ${value} without the quotes`;
    if (TAKES_LIST.has(expected) && value !== "") return `put it in a list: ${JSON.stringify([value])}`;
    const meant = issue.code === "invalid_value" ? nearest(value, issue.values.map(String)) : undefined;
    if (meant !== undefined) return `write "${meant}"`;
  }
  return `write it${asIn(issue.path)}`;
}

/** The only union is a step's deny: true, false or a list. */
const TAKES_BOOLEAN: ReadonlySet<string> = new Set(["boolean", "invalid_union"]);
const TAKES_LIST: ReadonlySet<string> = new Set(["array", "invalid_union"]);

const isNumber = (text: string): boolean => text.trim() !== "" && Number.isFinite(Number(text));

function asIn(path: readonly PropertyKey[]): string {
  const keys = path.filter((part) => typeof part === "string");
  const example = EXAMPLES.get(keys.join("."));
  return example === undefined ? " in that form" : `, as in "${keys.at(-1)}": ${showValue(example)}`;
}

const isFault = (params: unknown): params is Fault =>
  typeof params === "object" && params !== null && "problem" in params && "remedy" in params;
