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
