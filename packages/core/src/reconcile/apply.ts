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
  /** When the last write was answered. */
  readonly at: EpochMs;
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
  const available = new Map<string, DenySet>();
  for (const [name, set] of input.published) if (set !== undefined) available.set(name, set);
  let asked = false;
  for (const [index, change] of input.changes.entries()) {
    if (input.now() >= input.deadline) return { written, blocked, passing, postponed: input.changes.slice(index) };
    // Not before it is needed: lifts come first, and a publisher that hangs must not hold them.
    if (!asked && change.target.some(({ name }) => !available.has(name))) {
      asked = true;
      await publish(input, available, passing);
    }
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

/** Publishes every policy of the plan that is missing; what cannot be published now is left for the next run. */
async function publish(input: ApplyInput, available: Map<string, DenySet>, passing: Failure[]): Promise<void> {
  const wanted = new Map(input.changes.flatMap(({ target }) => target.map((policy) => [policy.name, policy])));
  const missing = [...wanted.values()].filter(({ name }) => !available.has(name));
  try {
    const names = await input.publisher.publish(missing);
    for (const policy of missing) if (names.has(policy.name)) available.set(policy.name, policy.members);
  } catch (error) {
    passing.push({ what: `publishing ${missing.length} deny policies`, error });
  }
}

interface OneResult {
  readonly written?: Written;
  readonly blocked?: Blocked;
  readonly error?: unknown;
}

/**
 * Attaches what is missing, then detaches what is left over, so that a principal is never open in
 * between. Only on a full role is our own old policy taken off first, to make room; it comes back if
 * that was in vain. While what replaces the old policies is not there they stay, unless they deny more
 * than they should. A policy whose document is not what its name says is taken off in any case.
 */
async function applyOne(
  change: PlannedChange,
  available: ReadonlyMap<string, DenySet>,
  input: ApplyInput,
): Promise<OneResult> {
  const { principal } = change;
  const holds = new Set(change.attached);
  const tampered = change.attached.filter((name) => isTampered(name, input.published));
  const target = change.target.map(({ name }) => name).filter((name) => !tampered.includes(name));
  const ready = target.length === change.target.length && target.every((name) => available.has(name));
  const names = ready ? target : standIns(change.to, available);
  const leftOver = change.attached.filter((name) => !target.includes(name));
  const first = tampered[0];
  let blocked = first === undefined ? undefined : tamperedWith(principal, first);
  let at: EpochMs | undefined;

  const put = async (name: string): Promise<WriteOutcome> => {
    const who = input.principalOf(principal);
    // Gone from the directory since: there is nothing to deny.
    const outcome: WriteOutcome = who === undefined ? { status: "gone" } : await input.access.attach(who, name);
    if (outcome.status === "done") holds.add(name);
    if (outcome.status === "done") at = input.now();
    return outcome;
  };
  const take = async (name: string): Promise<WriteOutcome> => {
    const outcome = await input.access.detach(principal, name);
    if (outcome.status !== "blocked") holds.delete(name);
    if (outcome.status !== "blocked") at = input.now();
    return outcome;
  };
  const putInPlaceOf = async (old: string, name: string): Promise<WriteOutcome> => {
    await take(old);
    const outcome = await put(name).catch(async (error: unknown) => {
      await put(old);
      throw error;
    });
    if (outcome.status !== "done" && !deniesTooMuch(available.get(old), change.to)) await put(old);
    return outcome;
  };

  let inPlace = ready;
  const finish = (error?: unknown): OneResult => {
    const result = { ...(blocked !== undefined && { blocked }), ...(error !== undefined && { error }) };
    if (at === undefined) return result;
    const sets = new Map([...available, ...change.target.map((policy) => [policy.name, policy.members] as const)]);
    const attached = [...holds];
    const denied = denySet(attached.flatMap((name) => sets.get(name) ?? []));
    return { ...result, written: { change, attached, denied, at } };
  };
  try {
    for (const name of names.filter((wanted) => !holds.has(wanted))) {
      let outcome = await put(name);
      const old = leftOver.find((one) => holds.has(one));
      if (outcome.status === "blocked" && outcome.full && old !== undefined) outcome = await putInPlaceOf(old, name);
      if (outcome.status === "done") continue;
      inPlace = false;
      if (outcome.status === "blocked") blocked ??= { principal, why: outcome.why, remedy: outcome.remedy };
      break;
    }
    for (const name of leftOver.filter((one) => holds.has(one))) {
      if (!inPlace && !tampered.includes(name) && !deniesTooMuch(available.get(name), change.to)) continue;
      const outcome = await take(name);
      if (outcome.status === "blocked") blocked ??= { principal, why: outcome.why, remedy: outcome.remedy };
    }
    return finish();
  } catch (error) {
    return finish(error);
  }
}

const isTampered = (name: string, published: ObservedAccess["published"]): boolean =>
  published.has(name) && published.get(name) === undefined;

const tamperedWith = (principal: PrincipalId, name: string): Blocked => ({
  principal,
  why: `the document of ${name} is not what its name says`,
  remedy: `delete the policy ${name} and find out who changed it`,
});

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
