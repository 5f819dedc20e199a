import type { KeyOverview, LimitOverview } from "@bedrock-governor/core/enforcement/overview";
import type { Measure, Mode } from "@bedrock-governor/core/limit/limit";
import type { SettingsProblem } from "@bedrock-governor/core/limit/settings";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import type { Money } from "@bedrock-governor/core/reconcile/money";
import type { Blocked } from "@bedrock-governor/core/reconcile/report";
import type { Forecast } from "./forecast.ts";
import type { FormName } from "./forms.ts";

/**
 * Everything the page shows, as plain data: any host can fill it. `stateFromReport` fills it from a
 * run's report.
 */
export interface ConsoleState {
  readonly now: EpochMs;
  readonly stage: string;
  readonly account: string;
  /** In which times are shown that belong to no limit. */
  readonly timeZone: string;
  /** Where the host knows better than the browser, such as on a CloudWatch dashboard. */
  readonly theme?: "light" | "dark";
  readonly mode: Mode;
  /** In an order that stays the same, such as by name: cards should not jump about. */
  readonly limits: readonly LimitState[];
  /** Of each limit on a budget. */
  readonly money: readonly Money[];
  readonly denied: readonly DeniedState[];
  readonly heldPlan?: HeldPlanState;
  readonly unknown: readonly UnknownState[];
  readonly problems: readonly SettingsProblem[];
  /** What IAM refused for a reason that needs a person. */
  readonly blocked: readonly Blocked[];
  readonly protectedPrincipals: readonly PrincipalId[];
  /** Denies and exemptions that people set and that have not ended. */
  readonly byHand: readonly ByHandState[];
  /** Newest first. */
  readonly events: readonly GovernorEvent[];
  /** The most telling first. */
  readonly charts: readonly ChartState[];
  /** Where time is simulated. */
  readonly clock?: ClockState;
  /** Absent where the page is only looked at: then there are no forms on it. */
  readonly forms?: FormsState;
}

/** One limit and where it stands. */
export interface LimitState extends LimitOverview {
  /** Those nearest to their threshold first, unknown ones before all. */
  readonly keys: readonly KeyState[];
}

export interface KeyState extends KeyOverview {
  /** At the end of the limit's span; null if nothing can be said, as in rolling periods. */
  readonly forecast: Forecast | null;
}

/** One principal's models that are denied for one reason. */
export interface DeniedState {
  readonly principal: PrincipalId;
  readonly models: readonly string[];
  /** `propagating`: attached less than a minute ago, IAM may not act on it everywhere. `would`: only observed. */
  readonly state: "denied" | "propagating" | "would";
  readonly reason: string;
  /** Undefined where nobody wrote it down. */
  readonly since?: EpochMs;
  /** What ends it, as in "lifts at 00:00 Europe/Berlin". */
  readonly ends?: string;
}

/** A deny or an exemption that somebody set. */
export interface ByHandState {
  /** As in `denies/incident-42`. */
  readonly parameter: string;
  readonly principals: readonly string[];
  /** What it does to them, as in "denied anthropic.*". */
  readonly what: string;
  readonly until?: EpochMs;
  readonly reason: string;
}

export interface HeldPlanState {
  readonly id: string;
  readonly changes: readonly { readonly principal: PrincipalId; readonly models: readonly string[] }[];
}

/** A limit of which some usage is unknown. */
export interface UnknownState {
  readonly limit: string;
  readonly why: string;
  readonly since?: EpochMs;
}

/** Usage over time of one principal, or of one model. */
export interface ChartState {
  readonly kind: "principal" | "model";
  readonly name: string;
  readonly measure: Measure;
  /** Where the first bucket starts and the last one ends; may reach beyond now. */
  readonly span: Span;
  readonly bucketMs: number;
  /** At most four, of what the chart's principal used or of who used its model; put on top of each other. */
  readonly series: readonly SeriesState[];
  readonly denied: readonly DeniedSpan[];
  /** Refused calls per bucket. */
  readonly refused: readonly number[];
  readonly forecast: Forecast | null;
}

export interface SeriesState {
  readonly name: string;
  /** One per bucket that has begun; null where it is unknown. */
  readonly amounts: readonly (number | null)[];
}

/** `end` is undefined while the deny is in force. */
export interface DeniedSpan {
  readonly start: EpochMs;
  readonly end?: EpochMs;
  readonly what: readonly string[];
}

export interface ClockState {
  readonly paused: boolean;
  /** Simulated seconds in a second. */
  readonly speed: number;
  /** What may be chosen; `speed` is one of them. */
  readonly speeds: readonly number[];
}

export interface FormsState {
  /** Sent back in the field `token` of every form, so that no other site can post one. */
  readonly token: string;
  /** What came of forms that were sent, at most one per form. */
  readonly answers: readonly FormAnswer[];
}

/** Says, where a form stands, what came of it. */
export interface FormAnswer {
  readonly form: FormName;
  /** The limit whose form it was, for `threshold` and `lift`. */
  readonly limit?: string;
  /** Why it was refused, a sentence such as core's `describeProblem` makes; or what was done. */
  readonly outcome: { readonly refused: string; readonly field?: string } | { readonly done: string };
  /** What had been filled in: put back if it was refused. */
  readonly values: Readonly<Record<string, string>>;
}
