import type { Cause } from "../enforcement/cause.ts";
import type { DenySet } from "../enforcement/deny-set.ts";
import type { LimitOverview } from "../enforcement/overview.ts";
import type { Change } from "../enforcement/plan.ts";
import type { Mode } from "../limit/limit.ts";
import type { SettingsProblem } from "../limit/settings.ts";
import type { Pattern } from "../model/pattern.ts";
import type { EpochMs } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import type { GovernorEvent } from "./event.ts";
import type { Money } from "./money.ts";

/** Something IAM refused for a reason that needs a person. */
export interface Blocked {
  readonly principal: PrincipalId;
  readonly why: string;
  readonly remedy: string;
}

/** Something that failed and may work the next time. */
export interface Failure {
  readonly what: string;
  readonly principal?: PrincipalId;
  readonly error: unknown;
}

/** What one run found and did. */
export interface Report {
  readonly at: EpochMs;
  /** When settings and denies were read: earlier than `at` in a gentle run. */
  readonly observedAt: EpochMs;
  readonly mode: Mode;
  /** Done, in the order in which it was done. */
  readonly changed: readonly Change[];
  /** What limits and modes that only observe would deny, beyond what is denied. */
  readonly would: ReadonlyMap<PrincipalId, DenySet>;
  /** Held back by the mass-deny guard, with the id that approves it. */
  readonly heldPlan?: { readonly id: string; readonly changes: readonly Change[] };
  readonly blocked: readonly Blocked[];
  readonly passing: readonly Failure[];
  /** Changes left for the next run, by the deadline or because their policies are still to be published. */
  readonly postponed: number;
  /** Limits whose usage is unknown, and why. */
  readonly unknown: ReadonlyMap<string, string>;
  /** Those of them of which nothing has failed: a budget tells nothing of the first hours of its period. */
  readonly expected: ReadonlySet<string>;
  /** Limits that do not count every call, because their source does not see it, and which. */
  readonly unseen: ReadonlyMap<string, string>;
  /** What each limit on a budget is billed, beside what its models should have cost. */
  readonly money: readonly Money[];
  /** Principals that limits select and that are never denied. */
  readonly protectedPrincipals: readonly PrincipalId[];
  /** Principals that would be denied now if this stage governed them. */
  readonly ungoverned: readonly PrincipalId[];
  readonly problems: readonly SettingsProblem[];
  /** Events journalled by this run. */
  readonly events: readonly GovernorEvent[];
  /** What each principal is denied after this run, as far as we know. */
  readonly denied: ReadonlyMap<PrincipalId, DenySet>;
  /** Why a member of a principal's denies is in force now, or would be. */
  readonly causesOf: (principal: PrincipalId, member: Pattern) => readonly Cause[];
  /** Where every limit stands, worked out when it is asked for; of each at most so many keys. */
  readonly overview: (mostKeys: number) => readonly LimitOverview[];
}
