import { setTimeout as wait } from "node:timers/promises";
import { DeletePolicyCommand } from "@aws-sdk/client-iam";
import type { Place } from "../permission.ts";
import { denyPolicyArn } from "./deny-path.ts";
import { createHolders } from "./holders.ts";
import { isMissing, messageOf } from "./iam-error.ts";
import { createPatience, type Timing } from "./patience.ts";
import { createPolicyReader, type Iam, type ListedPolicy } from "./policy-reader.ts";

export interface RemovalOptions extends Timing {
  /** Made with `maxAttempts: 1`: what may pass is tried again here, within pace and deadline. */
  readonly iam: Iam;
  readonly place: Place;
  /** For how long nothing must have been found before it is over. Default: longer than a run of the reconciler lasts. */
  readonly watchMs?: number;
  /** @param holder `role/<name>` or `user/<name>` */
  readonly onLifted?: (holder: string, policy: string) => void;
  readonly onDeleted?: (policy: string) => void;
}

export interface Removed {
  /** Attachments taken off. */
  readonly lifted: number;
  /** Policies deleted. */
  readonly deleted: number;
}

export interface Removal {
  /**
   * Takes every deny policy of the stage off every role and user, and deletes it. Resolves once nothing was
   * left for a while. Rejects in one sentence, with what to do, if something cannot be removed or time is over.
   */
  remove(): Promise<Removed>;
}

/** A run of the reconciler is over within 60 s. */
const WATCH_MS = 70_000;
const BETWEEN_LOOKS_MS = 5_000;

/**
 * Removes what the stage put into IAM. A run of the reconciler may be under way and attach more: so it looks
 * again until nothing new was found for as long as a run can last. Doing it twice is as good as once.
 */
export function createRemoval(options: RemovalOptions): Removal {
  const { iam, place, watchMs = WATCH_MS, now = Date.now, sleep = wait, onLifted, onDeleted } = options;
  const { deadline = () => Number.POSITIVE_INFINITY } = options;
  const patience = createPatience(options);
  const policies = createPolicyReader(iam, place, patience);
  const holdersOf = createHolders(iam, place, patience);

  return {
    async remove() {
      let [lifted, deleted] = [0, 0];
      for (let quietSince = now(); ; ) {
        const round = await removeAll();
        lifted += round.lifted;
        deleted += round.deleted;
        if (round.lifted + round.deleted > 0) quietSince = now();
        if (round.late > 0) throw new Error(lateMessage(round.late));
        if (now() - quietSince >= watchMs) {
          if (round.left.length > 0) throw new Error(leftMessage(round.left));
          return { lifted, deleted };
        }
        if (now() + BETWEEN_LOOKS_MS >= deadline()) {
          throw new Error(round.left.length > 0 ? leftMessage(round.left) : UNWATCHED);
        }
        await sleep(BETWEEN_LOOKS_MS);
      }
    },
  };

  /** One look at everything, and what it found removed. */
  async function removeAll(): Promise<Round> {
    const round: Round = { lifted: 0, deleted: 0, late: 0, left: [] };
    for (const policy of await policies.list()) {
      const before = round.left.length;
      if (!isOver()) await liftAll(policy, round);
      if (isOver()) round.late++;
      else if (round.left.length === before) {
        await attempt(round, `policy ${policy.name}`, DELETE_REMEDY, () => remove(policy.name, round));
      }
    }
    return round;
  }

  async function liftAll(policy: ListedPolicy, round: Round): Promise<void> {
    const { name } = policy;
    const { holders, others } = await holdersOf(policy);
    for (const other of others) round.left.push(`${other}, ${name}: ${OTHERS_REMEDY}`);
    for (const holder of holders) {
      if (isOver()) return;
      await attempt(round, `${holder.id}, ${name}`, LIFT_REMEDY, async () => {
        if (!(await unlessMissing(() => patience.write(() => holder.detach(denyPolicyArn(place, name)))))) return;
        round.lifted++;
        onLifted?.(holder.id, name);
      });
    }
  }

  async function remove(name: string, round: Round): Promise<void> {
    const command = new DeletePolicyCommand({ PolicyArn: denyPolicyArn(place, name) });
    if (!(await unlessMissing(() => patience.write(() => iam.send(command))))) return;
    round.deleted++;
    onDeleted?.(name);
  }

  function isOver(): boolean {
    return now() >= deadline();
  }
}

interface Round {
  lifted: number;
  deleted: number;
  /** Policies for which there was no time. */
  late: number;
  /** What stays although it was tried, with the remedy. */
  readonly left: string[];
}

const OTHERS_REMEDY = "take the policy off there, where somebody else put it";
const LIFT_REMEDY = "detach the policy by hand";
const DELETE_REMEDY = "delete its other versions and then it, by hand";
const UNWATCHED =
  "everything found was removed, but there was no time to see whether a run under way attaches more: run the removal again";

const lateMessage = (policies: number): string =>
  `the removal ran out of time with ${policies} of the stage's deny policies left: run it again`;

const MOST_NAMED = 20;

function leftMessage(left: readonly string[]): string {
  const named = left.slice(0, MOST_NAMED).join("\n");
  const more = left.length > MOST_NAMED ? `\nand ${left.length - MOST_NAMED} more` : "";
  return `${left.length} could not be removed; do what stands beside each, and run the removal again:\n${named}${more}`;
}

/** One that cannot be removed never stops the others. */
async function attempt(round: Round, what: string, remedy: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    round.left.push(`${what}: ${messageOf(error)}; ${remedy}`);
  }
}

/** Whether it took effect now: what is gone already is as it should be. */
async function unlessMissing(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (error) {
    if (!isMissing(error)) throw error;
    return false;
  }
}
