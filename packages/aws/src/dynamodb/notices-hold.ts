import { randomUUID } from "node:crypto";
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
  type UpdateItemCommandInput,
  type UpdateItemCommandOutput,
} from "@aws-sdk/client-dynamodb";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { chunks } from "./chunks.ts";
import { keyAttributes } from "./journal-items.ts";
import { put } from "./journal-writes.ts";
import { noticesPartition, toldItem } from "./notices.ts";
import { isPassing } from "./passing.ts";
import { pass, retrying, type Wait } from "./retrying.ts";
import { transact } from "./transact.ts";

/** A channel that one notifier alone may tell on, until it lets go or its time is over. */
export interface ChannelHold {
  /** What the last holder wrote down; undefined: nobody held the channel before. */
  readonly notes: string | undefined;
  /**
   * Writes down notes, and holds the channel for so many milliseconds from now; 0 lets go of it. Resolves with false,
   * and without having written anything, if somebody else has taken the channel. Rejects if that is unknown.
   */
  keep(notes: string, forMs: number): Promise<boolean>;
  /**
   * Puts events into a parcel, and takes them out of any other. Resolves with false if somebody else has taken the
   * channel: nothing more is in it then. Where it rejects, some may be in it and others not.
   */
  put(parcel: string, events: readonly GovernorEvent[]): Promise<boolean>;
}

export interface ChannelHolds {
  /** Undefined: somebody else holds the channel. Rejects if that is unknown, and nobody may hold it for that time then. */
  take(channel: string, forMs: number): Promise<ChannelHold | undefined>;
}

export interface ChannelHoldsOptions {
  readonly dynamodb: DynamoDBClient;
  /** The name of a table with keys `pk` and `sk` and TTL attribute `expires`. */
  readonly table: string;
  now(): EpochMs;
  /** How long the journal keeps what was told. */
  readonly retentionDays: number;
  /** How to wait between attempts; a timer if not said. */
  readonly wait?: Wait;
}

export function createChannelHolds(options: ChannelHoldsOptions): ChannelHolds {
  const { dynamodb, table, now, retentionDays, wait = pass } = options;

  /** Undefined: the condition does not hold. */
  async function update(
    channel: string,
    input: Omit<UpdateItemCommandInput, "TableName" | "Key">,
  ): Promise<UpdateItemCommandOutput | undefined> {
    const command = new UpdateItemCommand({ TableName: table, Key: keyOf(channel), ...input });
    try {
      // The holder's own transactions check the same item, and may be in the way.
      return await retrying(() => dynamodb.send(command), isPassing, wait);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  return {
    async take(channel, forMs) {
      const holder = { S: randomUUID() };
      const taken = await update(channel, {
        UpdateExpression: "SET holder = :holder, heldUntil = :until",
        // Our own name stands there where an answer was lost and the SDK asks again.
        ConditionExpression: "attribute_not_exists(holder) OR heldUntil <= :now OR holder = :holder",
        ExpressionAttributeValues: { ":holder": holder, ":until": number(now() + forMs), ":now": number(now()) },
        ReturnValues: "ALL_NEW",
      });
      if (taken === undefined) return undefined;
      return {
        notes: taken.Attributes?.notes?.S,
        async keep(notes, ms) {
          const kept = await update(channel, {
            UpdateExpression: "SET notes = :notes, heldUntil = :until",
            ConditionExpression: OURS,
            ExpressionAttributeValues: {
              ":holder": holder,
              ":notes": { S: notes },
              ":until": number(ms === 0 ? 0 : now() + ms),
            },
          });
          return kept !== undefined;
        },

        /** A holder that stood still must not put into a parcel what another has found not to be in it. */
        async put(parcel, events) {
          const values = { ":holder": holder };
          const condition = { ConditionExpression: OURS, ExpressionAttributeValues: values };
          const isOurs = { ConditionCheck: { TableName: table, Key: keyOf(channel), ...condition } };
          for (const some of chunks(events, PUT_TOGETHER)) {
            const puts = some.map((event) => put(table, toldItem(channel, parcel, event, retentionDays)));
            if (!(await transact(dynamodb, [isOurs, ...puts], wait))) return false;
          }
          return true;
        },
      };
    },
  };
}

/** Of up to 100: a large transaction takes long, and is in the way of others for as long. */
const PUT_TOGETHER = 25;
const OURS = "holder = :holder";

const keyOf = (channel: string) => keyAttributes({ pk: noticesPartition(channel), sk: "hold" });

const number = (value: number) => ({ N: String(value) });
