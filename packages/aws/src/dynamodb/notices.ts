import { type DynamoDBClient, paginateQuery } from "@aws-sdk/client-dynamodb";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import type { Permission, Place } from "../permission.ts";
import { AUDIT_PARTITIONS, auditKey, type Item, keyAttributes } from "./journal-items.ts";
import { onlyPartitions, tableArn } from "./table-place.ts";

/** What was told on each channel, a partition for each; with it who holds it (notices-hold.ts). */
const NOTICES_PARTITIONS = "notices#";
const TOLD = "told#";
const DAY_MS = 24 * 3_600_000;

export const noticesPartition = (channel: string): string => `${NOTICES_PARTITIONS}${channel}`;

/** An event of the journal, as one channel has it. */
export interface Notice {
  readonly event: GovernorEvent;
  /** The parcel in which it is or was told; undefined: it is in none. */
  readonly parcel?: string;
}

/** What the journal holds and what of it was told. */
export interface Notices {
  /** Every event of that time and later, in the order of time, as the journal has it now. Rejects if any is unread. */
  read(channel: string, from: EpochMs): Promise<readonly Notice[]>;
}

export interface NoticesOptions {
  readonly dynamodb: DynamoDBClient;
  /** The name of a table with keys `pk` and `sk`. */
  readonly table: string;
  now(): EpochMs;
}

export function createNotices({ dynamodb, table, now }: NoticesOptions): Notices {
  async function items(pk: string, from: string, to: string): Promise<readonly Item[]> {
    const found: Item[] = [];
    const query = {
      TableName: table,
      KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
      ExpressionAttributeValues: { ":pk": { S: pk }, ":from": { S: from }, ":to": { S: to } },
      ConsistentRead: true,
    };
    for await (const page of paginateQuery({ client: dynamodb }, query)) found.push(...(page.Items ?? []));
    return found;
  }

  return {
    async read(channel, from) {
      const since = new Date(from).toISOString();
      const [told, ...months] = await Promise.all([
        items(noticesPartition(channel), TOLD + since, `${TOLD}~`),
        ...monthsBetween(from, now()).map((month) => items(AUDIT_PARTITIONS + month, since, "~")),
      ]);
      const parcels = new Map(told.map(({ sk, parcel }) => [sk?.S, parcel?.S]));
      return months.flat().map((item) => {
        const event = eventIn(item);
        const parcel = parcels.get(toldKey(channel, event).sk);
        return { event, ...(parcel !== undefined && { parcel }) };
      });
    },
  };
}

/** Says that an event is in a parcel, and in no other. An event must not outlive that, or it would be told again. */
export const toldItem = (channel: string, parcel: string, event: GovernorEvent, retentionDays: number): Item => ({
  ...keyAttributes(toldKey(channel, event)),
  parcel: { S: parcel },
  expires: { N: String(Math.ceil((event.time + (retentionDays + 2) * DAY_MS) / 1_000)) },
});

const toldKey = (channel: string, event: GovernorEvent) => ({
  pk: noticesPartition(channel),
  sk: TOLD + auditKey(event).sk,
});

/** Another version may have written it: only its id and time are certain, as they are in its key. */
function eventIn({ sk, eventText }: Item): GovernorEvent {
  const [, time = "", id] = /^([^#]+)#(.+)$/s.exec(sk?.S ?? "") ?? [];
  const event: unknown = eventText?.S === undefined ? undefined : JSON.parse(eventText.S);
  if (typeof event !== "object" || event === null || id === undefined || Number.isNaN(Date.parse(time))) {
    throw new Error(`the journal's history holds an item that is no event: ${sk?.S}`);
  }
  return { ...(event as GovernorEvent), id, time: Date.parse(time) };
}

/** As in `2026-01`, from one moment to another. A clock that is ahead of ours may have begun a month already. */
function monthsBetween(from: EpochMs, to: EpochMs): readonly string[] {
  const months: string[] = [];
  const last = new Date(to + DAY_MS).toISOString().slice(0, 7);
  const first = new Date(from);
  for (let n = first.getUTCMonth(); ; n++) {
    const month = new Date(Date.UTC(first.getUTCFullYear(), n)).toISOString().slice(0, 7);
    if (month > last) return months;
    months.push(month);
  }
}

/** Of the notices, and of the holds on channels. */
export function permissions(place: Place, table: string): readonly Permission[] {
  const resources = [tableArn(place, table)];
  return [
    {
      actions: ["dynamodb:Query"],
      resources,
      condition: onlyPartitions(`${AUDIT_PARTITIONS}*`, `${NOTICES_PARTITIONS}*`),
    },
    {
      actions: ["dynamodb:UpdateItem", "dynamodb:ConditionCheckItem", "dynamodb:PutItem"],
      resources,
      condition: onlyPartitions(`${NOTICES_PARTITIONS}*`),
    },
  ];
}
