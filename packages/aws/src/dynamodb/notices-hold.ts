import { randomUUID } from "node:crypto";
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
  type UpdateItemCommandInput,
  type UpdateItemCommandOutput,
} from "@aws-sdk/client-dynamodb";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { keyAttributes } from "./journal-items.ts";
import { noticesPartition } from "./notices.ts";

/** A channel that one notifier alone may tell on, until it lets go or its time is over. */
export interface ChannelHold {
  /** What the last holder wrote down; undefined: nobody held the channel before. */
  readonly notes: string | undefined;
  /**
   * Writes down notes, and holds the channel for so many milliseconds from now; 0 lets go of it. Resolves with false,
   * and without having written anything, if somebody else has taken the channel. Rejects if that is unknown.
   */
  keep(notes: string, forMs: number): Promise<boolean>;
}

export interface ChannelHolds {
  /** Undefined: somebody else holds the channel. Rejects if that is unknown, and nobody may hold it for that time then. */
  take(channel: string, forMs: number): Promise<ChannelHold | undefined>;
}

export interface ChannelHoldsOptions {
  readonly dynamodb: DynamoDBClient;
  /** The name of a table with keys `pk` and `sk`. */
  readonly table: string;
  now(): EpochMs;
}

export function createChannelHolds({ dynamodb, table, now }: ChannelHoldsOptions): ChannelHolds {
  /** Undefined: the condition does not hold. */
  async function update(
    channel: string,
    input: Omit<UpdateItemCommandInput, "TableName" | "Key">,
  ): Promise<UpdateItemCommandOutput | undefined> {
    const Key = keyAttributes({ pk: noticesPartition(channel), sk: "hold" });
    try {
      return await dynamodb.send(new UpdateItemCommand({ TableName: table, Key, ...input }));
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
            ConditionExpression: "holder = :holder",
            ExpressionAttributeValues: {
              ":holder": holder,
              ":notes": { S: notes },
              ":until": number(ms === 0 ? 0 : now() + ms),
            },
          });
          return kept !== undefined;
        },
      };
    },
  };
}

const number = (value: number) => ({ N: String(value) });
