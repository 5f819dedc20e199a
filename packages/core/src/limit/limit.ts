import type { Pattern } from "../model/pattern.ts";
import type { Period } from "../period/period.ts";
import type { Selector } from "../principal/selector.ts";

/** What is counted. Tokens and invocations are whole numbers; `usd` is in dollars. */
export const MEASURES = [
  "invocations",
  "inputTokens",
  "outputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "totalTokens",
  "images",
  "usd",
] as const;
export type Measure = (typeof MEASURES)[number];

/** Where usage is read: CloudWatch per model, the invocation log per principal, or AWS Budgets. */
export type Source = "metrics" | "logs" | `budget:${string}`;

export const isBudget = (source: Source): source is `budget:${string}` => source.startsWith("budget:");

/** `observe` only says what it would do; `paused` touches nothing in either direction. */
export type Mode = "observe" | "enforce" | "paused";

/** A share of the threshold at which people are told, or models are denied. */
export interface Step {
  /** Percent of the threshold; 0 < at ≤ 1000. Reaching it counts as exceeding it. */
  readonly at: number;
  /** Whether reaching it is told. Always true for a step that denies. */
  readonly notify: boolean;
  /** `counted`: the key's model if the threshold is per model, else every model of the limit. */
  readonly deny?: "counted" | readonly Pattern[];
  /** Models this step leaves open. */
  readonly except: readonly Pattern[];
}

export interface Override {
  readonly principals: readonly Selector[];
  readonly threshold: number;
}

/** One `/limits/<name>` parameter, validated, with its defaults filled in. */
export interface Limit {
  readonly name: string;
  readonly description?: string;
  readonly owner?: string;
  /** What is counted; canonical ids and patterns. */
  readonly models: readonly Pattern[];
  readonly principals: readonly Selector[];
  readonly exceptPrincipals: readonly Selector[];
  readonly source: Source;
  /** Always `usd` for a budget. */
  readonly measure: Measure;
  /** Each combination of these has the threshold to itself; none of them: one shared threshold. */
  readonly per: { readonly principal: boolean; readonly model: boolean };
  readonly period: Period;
  /** Undefined only for a budget, whose own amount then holds. */
  readonly threshold?: number;
  readonly bounds?: { readonly min: number; readonly max: number };
  /** The first that selects a principal holds for it. */
  readonly overrides: readonly Override[];
  /** Ascending by `at`. */
  readonly steps: readonly Step[];
  readonly reset: "period" | "manual";
  /** Rolling periods: a step, once reached, holds until usage is under this percent of it. */
  readonly liftBelow: number;
  readonly mode: "enforce" | "observe";
}
