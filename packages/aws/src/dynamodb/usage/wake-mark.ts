import { ConditionalCheckFailedException, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { keyAttributes } from "../journal-items.ts";
import type { Store } from "./store.ts";

export const WAKE_PARTITION = "usage#wake";
const KEY = keyAttributes({ pk: WAKE_PARTITION, sk: "mark" });

/** Wakes are at least so far apart. */
const APART_MS = 1_000;
/**
 * Meters' clocks differ by less. A mark that is further ahead is of a clock that was wrong: waiting for it would leave
 * all wakes to the schedule for as long.
 */
const NEVER_AHEAD_MS = 5_000;

export interface WakeMark {
  /**
   * Asks, after something was written, who wakes the reconciler for it. Resolves with the milliseconds after
   * which the asker is to wake it: 0 if the last wake was a second ago or more, else what is left of
   * that second. Undefined: a wake that will see what was written is to come already.
   */
  claim(): Promise<number | undefined>;
}

/**
 * At most one wake a second in a stage, and one after everything that is written. The wake that comes
 * last is claimed in advance by one meter, on which the others rely: if it is killed in that second, the next
 * batch or the schedule wakes the reconciler.
 */
export function createWakeMark({
  dynamodb,
  table,
  now,
}: Omit<Store, "wait"> & { readonly now: () => EpochMs }): WakeMark {
  // The last wake that this process knows of; it may be still to come.
  let known: EpochMs | undefined;

  /** Puts a wake on the mark if its condition holds, and remembers the one that stands there then. Resolves with whether it did. */
  async function put(wakeAt: EpochMs, condition: string, values: Readonly<Record<string, EpochMs>>): Promise<boolean> {
    const numbers = Object.entries({ ":wake": wakeAt, ...values }).map(([name, ms]) => [name, { N: String(ms) }]);
    const command = new UpdateItemCommand({
      TableName: table,
      Key: KEY,
      UpdateExpression: "SET wakeAt = :wake",
      ConditionExpression: condition,
      ExpressionAttributeValues: Object.fromEntries(numbers),
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    try {
      await dynamodb.send(command);
      known = wakeAt;
      return true;
    } catch (error) {
      const there = error instanceof ConditionalCheckFailedException ? error.Item?.wakeAt?.N : undefined;
      if (there === undefined) throw error;
      known = Number(there);
      return false;
    }
  }

  async function claim(): Promise<number | undefined> {
    const at = now();
    const [past, ahead] = [at - APART_MS, at + NEVER_AHEAD_MS];
    if (known === undefined || known <= past || known > ahead) {
      if (await put(at, OVER, { ":past": past, ":ahead": ahead })) return 0;
    }
    if (known === undefined || known > at) return undefined;
    const next = known + APART_MS;
    if (await put(next, "wakeAt = :seen", { ":seen": known })) return next - at;
    // Mostly another meter claimed this very wake. Where it corrected the mark instead, that wake may be over.
    return known > at && known <= ahead ? undefined : claim();
  }

  return { claim };
}

/** No wake was within the last second, nor is one to come. */
const OVER = "attribute_not_exists(wakeAt) OR wakeAt <= :past OR wakeAt > :ahead";
