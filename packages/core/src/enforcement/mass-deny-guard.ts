import { createHash } from "node:crypto";
import type { EpochMs } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { type Mark, type MarkOf, marksOf } from "../reconcile/journal.ts";
import { common, type DenySet, denies, denySet, denySetKey } from "./deny-set.ts";
import { difference, type PlanInput, type PlannedChange } from "./plan.ts";

/** For how long a newly denied principal counts. */
export const GUARD_WINDOW_MS = 10 * 60_000;

export interface GuardInput extends PlanInput {
  readonly changes: readonly PlannedChange[];
  readonly marks: readonly Mark[];
  readonly maxNewDenies: number;
  readonly approval: Approval | undefined;
  readonly now: EpochMs;
}

/** An operator's approval of a held plan, and when it was given. */
export interface Approval {
  readonly id: string;
  readonly at: EpochMs;
}

export interface Guarded {
  /** What may go ahead; of a held change, its lifts. */
  readonly changes: readonly PlannedChange[];
  readonly held?: {
    readonly id: string;
    readonly pairs: readonly string[];
    readonly changes: readonly PlannedChange[];
  };
  /** The plan that an operator approved, as far as it was not carried out yet. */
  readonly approved?: { readonly plan: MarkOf<"held-plan">; readonly at: EpochMs };
  /** Principals that count as newly denied if their change is done. */
  readonly counted: ReadonlySet<PrincipalId>;
}

/**
 * Holds a plan that would newly deny more principals than people would expect from limits alone: a
 * mistaken limit must not close a whole account. Putting back what someone took off is not new, and
 * what an operator approved goes ahead.
 */
export function guardMassDeny(input: GuardInput): Guarded {
  const openEpisodes = new Set(
    marksOf(input.marks, "episode").flatMap((mark) => (mark.would ? [] : [`${mark.principal} ${mark.member}`])),
  );
  const approved = approvedPlan(input);
  const approvedPairs = new Set(approved?.plan.pairs);
  const fresh = input.changes.filter(
    (change) =>
      change.denied.some((member) => !openEpisodes.has(`${change.principal} ${member}`)) &&
      !approvedPairs.has(pairId(change.principal, change.to)),
  );
  const counted = new Set(fresh.map(({ principal }) => principal));
  const recent = marksOf(input.marks, "new-deny").filter(
    (mark) => mark.at > input.now - GUARD_WINDOW_MS && !counted.has(mark.principal),
  );
  if (counted.size === 0 || counted.size + recent.length <= input.maxNewDenies) {
    return { changes: input.changes, counted, ...(approved && { approved }) };
  }
  const pairs = fresh.map((change) => pairId(change.principal, change.to)).sort();
  return {
    changes: withoutDeniesOf(counted, input.changes, input),
    held: { id: planId(pairs), pairs, changes: fresh },
    ...(approved && { approved }),
    counted: new Set(),
  };
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

/** Names a principal with what it is denied. */
export const pairId = (principal: PrincipalId, set: DenySet): string => digest(`${principal} ${denySetKey(set)}`);

const planId = (sortedPairs: readonly string[]): string => digest(sortedPairs.join(" "));

/** An approval counts from when the plan was held: an old one does not let the same plan through again. */
function approvedPlan({ marks, approval }: GuardInput): Guarded["approved"] {
  if (approval === undefined) return undefined;
  const plan = marksOf(marks, "held-plan").find((mark) => mark.id === approval.id && approval.at >= mark.at);
  return plan && { plan, at: approval.at };
}

/** A plan without the denies of some principals: of theirs, what lifts. */
export function withoutDeniesOf(
  principals: ReadonlySet<PrincipalId>,
  changes: readonly PlannedChange[],
  input: PlanInput,
): readonly PlannedChange[] {
  return changes.flatMap((change) => (principals.has(change.principal) ? liftsOnly(change, input) : [change]));
}

function liftsOnly(change: PlannedChange, input: PlanInput): readonly PlannedChange[] {
  if (change.lifted.length === 0) return [];
  const stays = change.from.filter((member) => denies(change.to, member));
  const to = denySet([...stays, ...common(change.from, change.to, [])]);
  return [
    {
      principal: change.principal,
      ...difference(change.from, to, (member) => input.wanted.causesOf(change.principal, member)),
      target: input.policiesOf(to),
      attached: change.attached,
    },
  ];
}
