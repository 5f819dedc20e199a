import type { Measure, Source } from "../limit/limit.ts";
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
  /** Ids and patterns of what stays open to the principal, of the models that the limit is about. */
  readonly stillOpen?: readonly string[];
  /** Why, in one sentence. */
  readonly reason: string;
  /** What ends it, as in "lifts at 00:00 Europe/Berlin". */
  readonly ends?: string;
  readonly change?: { readonly old?: string; readonly new?: string; readonly by: string };
}
