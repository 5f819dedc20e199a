import type { Pattern } from "../model/pattern.ts";
import type { DenyPolicy } from "../policy/deny-policy.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { type Cause, overspendOf } from "./cause.ts";
import { type DenySet, denies, denySetKey } from "./deny-set.ts";
import type { Wanted } from "./wanted.ts";

/** A principal's denies before and after. */
export interface Change {
  readonly principal: PrincipalId;
  readonly from: DenySet;
  readonly to: DenySet;
  /** Members of `to` that nothing in `from` covers. */
  readonly denied: readonly Pattern[];
  /** Members of `from` that nothing in `to` covers. */
  readonly lifted: readonly Pattern[];
  /** Why, per member of `to`. */
  readonly causes: ReadonlyMap<Pattern, readonly Cause[]>;
}

/** A change with the policies that bring it about: a plan is printed, filtered and tested before it is done. */
export interface PlannedChange extends Change {
  /** Policies the principal should hold. */
  readonly target: readonly DenyPolicy[];
  /** Names of our policies it holds now. */
  readonly attached: readonly string[];
}

/** What one principal holds of ours. */
export interface Held {
  readonly set: DenySet;
  /** Names of policies. */
  readonly attached: readonly string[];
}

/** What a plan is made from. */
export interface PlanInput {
  readonly wanted: Wanted;
  readonly held: ReadonlyMap<PrincipalId, Held>;
  /** Who is never denied: what they hold of ours is taken off. */
  readonly isProtected: (principal: PrincipalId) => boolean;
  /** Those with whom something has been wrong for a while: they come last, so that they keep nobody waiting. */
  readonly troubled?: ReadonlySet<PrincipalId>;
  readonly policiesOf: (set: DenySet) => readonly DenyPolicy[];
  /** Whether the catalogue was read: without it, a set that stays the same keeps the policies it has. */
  readonly catalogueKnown: boolean;
}

/**
 * The difference between what is wanted and what is: lifts first, then denies by overspend, the
 * largest first; with those behind that IAM refused before.
 */
export function plan(input: PlanInput): readonly PlannedChange[] {
  const { wanted, held } = input;
  const changes: PlannedChange[] = [];
  for (const principal of new Set([...held.keys(), ...wanted.principals])) {
    const { set: from, attached } = held.get(principal) ?? NOTHING_HELD;
    const to = input.isProtected(principal) ? [] : wanted.setOf(principal);
    const target = input.policiesOf(to);
    const causesOf = (member: Pattern) => wanted.causesOf(principal, member);
    const sameSet = denySetKey(from) === denySetKey(to);
    if (sameSet && (!input.catalogueKnown || sameNames(target, attached))) continue;
    changes.push({ principal, ...difference(from, to, causesOf), target, attached });
  }
  const overspends = new Map(changes.map((change) => [change, overspend(change)]));
  return changes.sort((a, b) => byTrouble(a, b, input.troubled) || byUrgency(a, b, overspends));
}

const NOTHING_HELD: Held = { set: [], attached: [] };

/** What changes between two sets, in a principal's terms. */
export function difference(
  from: DenySet,
  to: DenySet,
  causesOf: (member: Pattern) => readonly Cause[],
): Omit<Change, "principal"> {
  const denied = to.filter((member) => !denies(from, member));
  const lifted = from.filter((member) => !denies(to, member));
  return { from, to, denied, lifted, causes: new Map(to.map((member) => [member, causesOf(member)])) };
}

const sameNames = (target: readonly DenyPolicy[], attached: readonly string[]): boolean =>
  target.length === attached.length && target.every(({ name }) => attached.includes(name));

/** How far the worst cause of a change is over its threshold. */
function overspend(change: Change): number {
  let worst = 0;
  for (const causes of change.causes.values()) {
    for (const cause of causes) worst = Math.max(worst, overspendOf(cause));
  }
  return worst;
}

const byTrouble = (a: PlannedChange, b: PlannedChange, troubled: PlanInput["troubled"]): number =>
  Number(troubled?.has(a.principal) ?? false) - Number(troubled?.has(b.principal) ?? false);

function byUrgency(a: PlannedChange, b: PlannedChange, overspends: ReadonlyMap<PlannedChange, number>): number {
  const lifts = Number(a.denied.length > 0) - Number(b.denied.length > 0);
  if (lifts !== 0) return lifts;
  const [overA = 0, overB = 0] = [overspends.get(a), overspends.get(b)];
  if (overA !== overB) return overB - overA;
  return a.principal < b.principal ? -1 : 1;
}
