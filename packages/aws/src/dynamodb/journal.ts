import { type DynamoDBClient, paginateQuery } from "@aws-sdk/client-dynamodb";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { type JournalEntry, markId } from "@bedrock-governor/core/reconcile/journal";
import type { JournalPort } from "@bedrock-governor/core/reconcile/ports";
import type { Permission, Place } from "../permission.ts";
import { batchWrite } from "./batch-write.ts";
import { type EntryGroup, entryGroups } from "./entry-groups.ts";
import {
  AUDIT_PARTITIONS,
  type Item,
  JOURNAL_PARTITION,
  journalOf,
  keyAttributes,
  markItem,
  unsentKey,
} from "./journal-items.ts";
import { pass, type Wait } from "./retrying.ts";
import { onlyPartitions, tableArn } from "./table-place.ts";
import { takeEntry } from "./take-entry.ts";

export interface JournalOptions {
  /** With the SDK's own retries, which see to lost answers. */
  readonly dynamodb: DynamoDBClient;
  /** The name of a table with keys `pk` and `sk` and TTL attribute `expires`. */
  readonly table: string;
  now(): EpochMs;
  /** How long what was told can be looked up; 400 if not said. */
  readonly retentionDays?: number;
  /** How to wait between attempts; a timer if not said. */
  readonly wait?: Wait;
}

const DAY_MS = 24 * 3_600_000;

/** The journal in a DynamoDB table: docs/adr/0004 says how and why. */
export function createJournal(options: JournalOptions): JournalPort {
  const { dynamodb, table, now, retentionDays = 400, wait = pass } = options;
  const keptForMs = retentionDays * DAY_MS;

  /** Resolves with those that took place. */
  async function take({ entries, turn, sets }: EntryGroup): Promise<readonly JournalEntry[]> {
    if (sets.size === 0) {
      const taking = { dynamodb, table, now: now(), turn, keptForMs, wait };
      return (await takeEntry(entries[0], taking)) ? entries : [];
    }
    const requests = [...sets.values()].map((mark) => ({ PutRequest: { Item: { ...markItem(mark) } } }));
    await batchWrite(dynamodb, table, requests, wait);
    return entries;
  }

  return {
    async read() {
      const items: Item[] = [];
      const query = {
        TableName: table,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: JOURNAL_PARTITION } },
        ConsistentRead: true,
      };
      for await (const page of paginateQuery({ client: dynamodb }, query)) items.push(...(page.Items ?? []));
      return journalOf(items, now());
    },

    /** Stops at an entry that could not be written: later ones may rely on it, as a reset's mark does on its baselines. */
    async commit(entries) {
      const taken: JournalEntry[] = [];
      for (const group of entryGroups(entries)) {
        try {
          taken.push(...(await take(group)));
        } catch (cause) {
          throw new Error(`the journal could not be written at ${describe(group.entries[0])}`, { cause });
        }
      }
      return taken;
    },

    async sent(eventIds) {
      const ids = [...new Set(eventIds)];
      const deletes = ids.map((id) => ({ DeleteRequest: { Key: keyAttributes(unsentKey(id)) } }));
      await batchWrite(dynamodb, table, deletes, wait);
    },
  };
}

function describe({ writes, event }: JournalEntry): string {
  const [first] = writes;
  return first === undefined ? `event ${event?.id}` : `${first.op} ${markId(first.mark)}`;
}

/** A transaction needs the permissions of what it does, and none of its own. */
export function permissions(place: Place, table: string): readonly Permission[] {
  const resources = [tableArn(place, table)];
  return [
    {
      actions: ["dynamodb:Query", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem", "dynamodb:BatchWriteItem"],
      resources,
      condition: onlyPartitions(JOURNAL_PARTITION),
    },
    {
      actions: ["dynamodb:PutItem"],
      resources,
      condition: onlyPartitions(JOURNAL_PARTITION, `${AUDIT_PARTITIONS}*`),
    },
  ];
}
