import { type DenySet, denies, denySet } from "../enforcement/deny-set.ts";
import type { PlannedChange } from "../enforcement/plan.ts";
import type { EpochMs } from "../period/period.ts";
import type { Principal, PrincipalId } from "../principal/principal.ts";
import type { AccessPort, ObservedAccess, PublisherPort, WriteOutcome } from "./ports.ts";
import type { Blocked, Failure } from "./report.ts";

/** What a principal holds after we wrote on it. */
export interface Written {
  readonly change: PlannedChange;
  readonly attached: readonly string[];
  readonly denied: DenySet;
  /** Whether all of the change was done. */
  readonly complete: boolean;
}

export interface Applied {
  /** Every principal on which a write took effect. */
  readonly written: readonly Written[];
  readonly blocked: readonly Blocked[];
  readonly passing: readonly Failure[];
  /** Changes that the deadline left for the next run. */
  readonly postponed: readonly PlannedChange[];
}

export interface ApplyInput {
  readonly changes: readonly PlannedChange[];
  readonly access: AccessPort;
  readonly publisher: PublisherPort;
  readonly published: ObservedAccess["published"];
  readonly principalOf: (id: PrincipalId) => Principal | undefined;
  readonly now: () => EpochMs;
  readonly deadline: EpochMs;
}

/** Carries out a plan in its order. One principal's failure never stops the others. */
export async function apply(input: ApplyInput): Promise<Applied> {
  const written: Written[] = [];
  const blocked: Blocked[] = [];
  const passing: Failure[] = [];
  const available = await publish(input, passing);
  for (const [index, change] of input.changes.entries()) {
    if (input.now() >= input.deadline) return { written, blocked, passing, postponed: input.changes.slice(index) };
    const result = await applyOne(change, available, input);
    if (result.written !== undefined) written.push(result.written);
    if (result.blocked !== undefined) blocked.push(result.blocked);
    if (result.error !== undefined) {
      passing.push({
        what: `changing the denies of ${change.principal}`,
        principal: change.principal,
        error: result.error,
      });
    }
  }
  return { written, blocked, passing, postponed: [] };
}

/** Names of policies that can be attached; what cannot be published now is left for the next run. */
async function publish(input: ApplyInput, passing: Failure[]): Promise<ReadonlyMap<string, DenySet>> {
  const available = new Map<string, DenySet>();
  for (const [name, set] of input.published) if (set !== undefined) available.set(name, set);
  const wanted = new Map(input.changes.flatMap(({ target }) => target.map((policy) => [policy.name, policy])));
  const missing = [...wanted.values()].filter(({ name }) => !available.has(name));
  if (missing.length === 0) return available;
  try {
    const names = await input.publisher.publish(missing);
    for (const policy of missing) if (names.has(policy.name)) available.set(policy.name, policy.members);
  } catch (error) {
    passing.push({ what: `publishing ${missing.length} deny policies`, error });
  }
  return available;
}

interface OneResult {
  readonly written?: Written;
  readonly blocked?: Blocked;
  readonly error?: unknown;
}

/**
 * Attaches what is missing, then detaches what is left over, so that a principal is never open in
 * between. Only on a full role is our own old policy taken off first, to make room.
 */
async function applyOne(
  change: PlannedChange,
  available: ReadonlyMap<string, DenySet>,
  input: ApplyInput,
): Promise<OneResult> {
  const target = change.target.map(({ name }) => name);
  const ready = target.every((name) => available.has(name));
  const names = ready ? target : standIns(change.to, available);
  const holds = new Set(change.attached);
  const leftOver = change.attached.filter((name) => !target.includes(name));
  let wrote = false;
  let stopped: { blocked?: Blocked; error?: unknown } = {};
  const note = (outcome: WriteOutcome, name: string, off: boolean) => {
    if (outcome.status === "blocked") return outcome;
    if (off || outcome.status === "gone") holds.delete(name);
    else holds.add(name);
    wrote = true;
    return undefined;
  };
  const detach = async (name: string) => note(await input.access.detach(change.principal, name), name, true);
  const attach = async (name: string) => {
    const principal = input.principalOf(change.principal);
    // Gone from the directory since: there is nothing to deny.
    if (principal === undefined) return undefined;
    return note(await input.access.attach(principal, name), name, false);
  };
  try {
    for (const name of names.filter((wanted) => !holds.has(wanted))) {
      let refusal = await attach(name);
      if (refusal?.full && leftOver.length > 0) {
        await detach(leftOver.shift() as string);
        refusal = await attach(name);
      }
      if (refusal !== undefined) {
        stopped = { blocked: { principal: change.principal, why: refusal.why, remedy: refusal.remedy } };
        break;
      }
    }
    // What replaces the old policies is not there yet: they stay, unless they deny too much.
    const keep = stopped.blocked !== undefined || !ready;
    for (const name of leftOver) {
      if (keep && !deniesTooMuch(available.get(name), change.to)) continue;
      const refusal = await detach(name);
      if (refusal !== undefined) {
        stopped = { blocked: { principal: change.principal, why: refusal.why, remedy: refusal.remedy } };
      }
    }
  } catch (error) {
    stopped = { ...stopped, error };
  }
  if (!wrote) return stopped;
  const attached = [...holds];
  const sets = new Map([...available, ...change.target.map((policy) => [policy.name, policy.members] as const)]);
  const denied = denySet(attached.flatMap((name) => sets.get(name) ?? []));
  const complete = stopped.blocked === undefined && stopped.error === undefined && ready;
  return { ...stopped, written: { change, attached, denied, complete } };
}

/** Published policies that deny a part of a set and nothing else: better than nothing until its own is there. */
function standIns(set: DenySet, available: ReadonlyMap<string, DenySet>): readonly string[] {
  const within = [...available].filter(([, members]) => members.every((member) => denies(set, member)));
  const names: string[] = [];
  let covered: DenySet = [];
  for (const [name, members] of within.sort(([, a], [, b]) => b.length - a.length)) {
    if (members.every((member) => denies(covered, member))) continue;
    names.push(name);
    covered = denySet([...covered, ...members]);
  }
  return names;
}

const deniesTooMuch = (members: DenySet | undefined, wanted: DenySet): boolean =>
  members === undefined || members.some((member) => !denies(wanted, member));
