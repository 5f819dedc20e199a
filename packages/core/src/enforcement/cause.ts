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

/** The cause to tell first. */
export function worstCause(causes: readonly Cause[]): Cause | undefined {
  return causes.reduce<Cause | undefined>(
    (first, cause) => (first === undefined || overspendOf(cause) > overspendOf(first) ? cause : first),
    undefined,
  );
}
