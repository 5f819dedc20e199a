import type { Measure, Mode, Source } from "../limit/limit.ts";
import type { EpochMs, Span } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";

export const EVENT_TYPES = [
  "Limit Warned",
  "Access Denied",
  "Access Lifted",
  "Would Deny",
  "Would Lift",
  "Plan Held",
  "Enforcement Failed",
  "Enforcement Recovered",
  "Attachment Contested",
  "Limit Changed",
  "Limit Invalid",
  "Mode Changed",
  "Exemption Granted",
  "Exemption Expired",
  "Usage Unknown",
  "Metering Drift",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** How many models `stillOpen` names at most: with that many there may be more. */
export const MOST_STILL_OPEN = 10;

/** One thing that happened, as people and machines are told of it. Amounts in the measure's unit. */
export interface GovernorEvent {
  /** The same whenever the same thing is told again. */
  readonly id: string;
  readonly type: EventType;
  readonly version: 1;
  readonly time: EpochMs;
  readonly stage: string;
  readonly account: string;
  readonly limit?: string;
  readonly owner?: string;
  readonly principal?: PrincipalId;
  readonly models?: readonly string[];
  readonly measure?: Measure;
  readonly usage?: number;
  readonly threshold?: number;
  readonly period?: Span & { readonly timeZone: string };
  /** Percent of the threshold. */
  readonly step?: number;
  /** All steps of the limit, the lowest first: percents of the threshold, and whether each denies. */
  readonly steps?: readonly { readonly at: number; readonly denies: boolean }[];
  readonly source?: Source;
  /**
   * Ids and patterns of what stays open to the principal, of the models that the limit is about: the first
   * `MOST_STILL_OPEN` of them. Empty: nothing does.
   */
  readonly stillOpen?: readonly string[];
  /**
   * When it began: of a lift, the deny (that deny's own `time`); of a deny to whom the same limit denies something
   * already, that first one; of a failure or its end, the failure.
   */
  readonly since?: EpochMs;
  /** Why, in one sentence. */
  readonly reason: string;
  /** What ends it, as in "lifts at 00:00 Europe/Berlin". */
  readonly ends?: string;
  /**
   * Of a `Mode Changed`, the mode in effect from now on. It is `observe` where `enforce` is written and the stage is
   * deployed without enforcement; not told by early versions of the governor.
   */
  readonly mode?: Mode;
  /**
   * What somebody wrote. The values as they stand in the parameter, of each at most 4,096 characters; neither
   * of a secret, nor of what is not valid. `by` of a removal: "unknown, see CloudTrail".
   */
  readonly change?: { readonly old?: string; readonly new?: string; readonly by: string };
}
