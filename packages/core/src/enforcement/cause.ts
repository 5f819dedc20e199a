import type { Limit } from "../limit/limit.ts";
import type { ManualDeny } from "../limit/settings.ts";
import type { Span } from "../period/period.ts";
import type { Key } from "../reconcile/journal.ts";

/** Why a model is denied. Its sentence is made by `explain`, where someone reads it. */
export type Cause =
  | {
      readonly kind: "limit";
      readonly limit: Limit;
      readonly key: Key;
      /** Percent of the threshold that was reached. */
      readonly step: number;
      readonly usage: number;
      readonly threshold: number;
      readonly span: Span;
      /** `manual` and `held-step`: usage as it was when the step was reached still counts. */
      readonly because: "usage" | "manual" | "held-step";
    }
  | { readonly kind: "manual"; readonly deny: ManualDeny }
  /** Usage is unknown, so what was denied stays denied. */
  | { readonly kind: "held"; readonly limit: Limit; readonly why: string };

/** How far a cause is over its threshold; a deny by hand comes before all, one that is only held last. */
export function overspendOf(cause: Cause): number {
  if (cause.kind === "manual") return Number.POSITIVE_INFINITY;
  return cause.kind === "limit" ? cause.usage / cause.threshold : 0;
}

/**
 * The cause to tell: the one that lasts longest, since a deny is lifted only with the last of its
 * causes; of several, that of the highest step.
 */
export function mainCause(causes: readonly Cause[]): Cause | undefined {
  return causes.reduce<Cause | undefined>(
    (first, cause) => (first === undefined || outranks(cause, first) ? cause : first),
    undefined,
  );
}

function outranks(a: Cause, b: Cause): boolean {
  if (a.kind === "held" || b.kind === "held") return a.kind !== "held" && b.kind === "held";
  const [endA, endB] = [endOf(a), endOf(b)];
  if (endA !== endB) return endA > endB;
  if (a.kind === "limit" && b.kind === "limit" && a.step !== b.step) return a.step > b.step;
  return overspendOf(a) > overspendOf(b);
}

function endOf(cause: Exclude<Cause, { kind: "held" }>): number {
  if (cause.kind === "manual") return cause.deny.until ?? Number.POSITIVE_INFINITY;
  return cause.limit.reset === "manual" ? Number.POSITIVE_INFINITY : cause.span.end;
}
