import { isBudget, type Limit } from "@bedrock-governor/core/limit/limit";
import type { ModelId } from "@bedrock-governor/core/model/model-id";
import { matchesAny } from "@bedrock-governor/core/model/pattern";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Calendar } from "@bedrock-governor/core/period/span-at";
import type { UsageQuery } from "@bedrock-governor/core/reconcile/ports";
import type { UsageTable } from "@bedrock-governor/core/usage/usage-table";

/** How far a limit's key was on its way to the first step, when it was last read. */
export interface Sample {
  readonly at: EpochMs;
  /** 1 is reached; NaN is unknown. */
  readonly share: number;
}

const NEAR_SHARE = 0.5;
const FORECAST_MS = 15 * 60_000;
const QUIET_EVERY_MS = 5 * 60_000;
const NEAR_EVERY_MS = 60_000;
/** A schedule is late or early by seconds; without this a five-minute rhythm becomes one of six. */
const SLACK_MS = 30_000;
/** Metrics of one call are not published at one moment: what moved is read again after this time. */
const SETTLE_MS = 5 * 60_000;

/** Says whether a key is at half of its first step, or on the way to it within 15 minutes. What is unknown is near. */
export function isNear(samples: readonly Sample[]): boolean {
  const last = samples.at(-1);
  const before = samples.at(-2);
  if (last === undefined || Number.isNaN(last.share) || last.share >= NEAR_SHARE) return true;
  if (before === undefined || last.at <= before.at) return false;
  const rate = (last.share - before.share) / (last.at - before.at);
  return Number.isNaN(rate) || last.share + rate * FORECAST_MS >= 1;
}

/** Says whether a series is read again: each minute near a step, each five otherwise. */
export const isDue = (readAt: EpochMs, now: EpochMs, near: boolean): boolean =>
  now - readAt >= (near ? NEAR_EVERY_MS : QUIET_EVERY_MS) - SLACK_MS;

/** Says whether tokens were read late enough after the calls that moved them. */
export const isSettled = (movedAt: EpochMs, readAt: EpochMs): boolean => readAt >= movedAt + SETTLE_MS;

/**
 * Says whether a limit is judged by the answer to a query: its own span, or one since a reset. Usage up to
 * a reset is asked until it is written down, and never as it was some minutes ago.
 */
export function asksFor(limit: Limit, query: UsageQuery, now: EpochMs, spanAt: Calendar["spanAt"]): boolean {
  const { period, source, measure, models } = limit;
  if (isBudget(source) || source !== query.source || measure !== query.measure || query.span === undefined)
    return false;
  if (period.kind === "budget" || !models.every((model) => query.models.includes(model))) return false;
  const { start, end } = query.span;
  if (period.kind === "rolling") return end - start <= period.lengthMs;
  const whole = spanAt(period, now);
  return start === whole.start && end === whole.end;
}

/**
 * Each key's way to the first step: a key is a model if the threshold is per model, else the empty text.
 * What has no price is left out: reading it more often would not tell.
 */
export function sharesOf(limit: Limit, table: UsageTable, unpriced: ReadonlySet<ModelId>): ReadonlyMap<string, number> {
  const firstStep = ((limit.threshold ?? Number.NaN) * (limit.steps[0]?.at ?? 100)) / 100;
  const shares = new Map<string, number>();
  if (!limit.per.model) shares.set("", 0);
  for (const [column, model] of table.models.entries()) {
    if (!matchesAny(limit.models, model)) continue;
    const amount = unpriced.has(model) ? 0 : (table.amounts[column] ?? Number.NaN);
    const key = limit.per.model ? model : "";
    shares.set(key, (shares.get(key) ?? 0) + amount / firstStep);
  }
  return shares;
}
