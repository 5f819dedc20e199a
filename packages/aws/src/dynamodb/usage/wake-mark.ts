import { ConditionalCheckFailedException, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { keyAttributes } from "../journal-items.ts";
import type { Store } from "./store.ts";

export const WAKE_PARTITION = "usage#wake";
const KEY = keyAttributes({ pk: WAKE_PARTITION, sk: "mark" });

/** Wakes are at least so far apart. */
const APART_MS = 1_000;

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
  async function put(wakeAt: EpochMs, condition: string, seen: EpochMs): Promise<boolean> {
    const command = new UpdateItemCommand({
      TableName: table,
      Key: KEY,
      UpdateExpression: "SET wakeAt = :wake",
      ConditionExpression: condition,
      ExpressionAttributeValues: { ":wake": { N: String(wakeAt) }, ":seen": { N: String(seen) } },
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

  return {
    async claim() {
      const at = now();
      const isLongAgo = known === undefined || known <= at - APART_MS;
      if (isLongAgo && (await put(at, "attribute_not_exists(wakeAt) OR wakeAt <= :seen", at - APART_MS))) return 0;
      if (known === undefined || known > at) return undefined;
      const next = known + APART_MS;
      return (await put(next, "wakeAt = :seen", known)) ? next - at : undefined;
    },
  };
}
