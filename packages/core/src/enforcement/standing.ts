import type { Limit, Step } from "../limit/limit.ts";
import type { EpochMs, Span } from "../period/period.ts";
import type { Key } from "../reconcile/journal.ts";
import type { Declared } from "./declared.ts";

/** Where one key's usage is, relative to its limit's steps. */
export interface Standing {
  readonly limit: Limit;
  readonly key: Key;
  /** What counts: usage less what a reset forgave, or the peak that a manual reset waits for. */
  readonly usage: number;
  readonly threshold: number;
  readonly span: Span;
  readonly reached: readonly ReachedStep[];
}

export interface ReachedStep {
  readonly step: Step;
  /** `held-step`: reached earlier in a rolling period and not yet under its lift mark. */
  readonly because: "usage" | "manual" | "held-step";
}

/**
 * Says which steps a key has reached. Reaching a threshold counts as exceeding it, and every step
 * below is reached with it, so a jump past a warning denies.
 */
export function standing(
  limit: Limit,
  key: Key,
  measured: number,
  threshold: number,
  span: Span,
  declared: Declared | undefined,
): Standing {
  const counted = Math.max(0, measured - baseline(limit, declared, span.start));
  const peak = limit.reset === "manual" ? declared?.peak : undefined;
  const byPeak = peak !== undefined && peak.amount > counted;
  const usage = byPeak ? peak.amount : counted;
  let passed = 0;
  for (const step of limit.steps) if (usage >= stepAmount(threshold, step.at)) passed++;
  const reached = firstSteps(limit, passed, byPeak ? "manual" : "usage");
  if (limit.period.kind !== "rolling" || declared === undefined) return { limit, key, usage, threshold, span, reached };
  const held = stillHeld(limit, passed, usage, threshold, declared);
  return { limit, key, usage, threshold, span, reached: [...reached, ...held] };
}

/** Steps of a rolling limit beyond those that usage passes. */
const stillHeld = (
  limit: Limit,
  passed: number,
  usage: number,
  threshold: number,
  declared: Declared,
): readonly ReachedStep[] =>
  limit.steps.slice(passed).flatMap((step) => {
    const holds = declared.heldSteps.includes(step.at) && usage >= liftAmount(limit, stepAmount(threshold, step.at));
    return holds ? [{ step, because: "held-step" as const }] : [];
  });

const known = new WeakMap<Limit, Map<number, readonly ReachedStep[]>>();

/** One list for all keys that are as far: in a large account 100,000 may be over a limit of theirs. */
function firstSteps(limit: Limit, count: number, because: "usage" | "manual"): readonly ReachedStep[] {
  const lists = known.get(limit) ?? new Map<number, readonly ReachedStep[]>();
  known.set(limit, lists);
  const id = because === "usage" ? count : -count;
  const list = lists.get(id) ?? limit.steps.slice(0, count).map((step) => ({ step, because }));
  lists.set(id, list);
  return list;
}

/** The usage at which a step is reached. */
export const stepAmount = (threshold: number, at: number): number => (threshold * at) / 100;

/** The usage under which a rolling limit's step no longer holds. */
export const liftAmount = (limit: Limit, line: number): number => (line * limit.liftBelow) / 100;

function baseline(limit: Limit, declared: Declared | undefined, periodStart: EpochMs): number {
  // A rolling period has no start to stay at: its resets shorten the span that is read instead.
  const forgiven = limit.period.kind === "rolling" ? undefined : declared?.baselines?.get(periodStart);
  return forgiven === undefined ? 0 : forgiven;
}
