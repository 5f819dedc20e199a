import { randomUUID } from "node:crypto";
import { ConditionalCheckFailedException, DeleteItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import { type Item, keyAttributes } from "../journal-items.ts";
import { expires, items, type Store } from "./store.ts";
import { DAY_MS } from "./times.ts";

/** How far roll-ups are, what they have to do again, what they came too late for, and when meters were there: one query reads it. */
export const MARKS_PARTITION = "usage#marks";

/** Something that was written to after it may have been rolled up. */
export interface Stale {
  readonly level: "quarter" | "day";
  readonly at: EpochMs;
  /** Another one each time it is marked. */
  readonly stamp: string;
}

/** How far roll-ups are. */
export interface Progress {
  /** Every quarter before is rolled up. */
  readonly quartersUpTo: EpochMs;
  /** Every day before is rolled up, too. */
  readonly daysUpTo: EpochMs;
}

/** A time in which a region had a meter. */
export interface MeteredTime {
  readonly region: string;
  readonly start: EpochMs;
  /** Undefined: it still has. */
  readonly end: EpochMs | undefined;
}

/** A time of which some usage is lost for good. */
export interface Gap extends Span {
  /** In words, after a colon. */
  readonly why: string;
}

export interface Marks {
  /** Undefined: no roll-up has ever run. */
  readonly progress: Progress | undefined;
  /** Counts the times that something before `progress` was rolled up again. */
  readonly revision: number;
  readonly stale: readonly Stale[];
  readonly gaps: readonly Gap[];
  /** In the order of their starts. Empty: nobody has said. */
  readonly metered: readonly MeteredTime[];
}

/**
 * In the order in which they are read, which is the opposite of the one in which they are written: whoever
 * does not find a mark that was settled finds what took its place.
 */
const KIND = {
  quarter: "1-quarter",
  day: "2-day",
  progress: "3-progress",
  gap: "4-gap",
  metered: "5-metered",
} as const;

const PROGRESS = keyAttributes({ pk: MARKS_PARTITION, sk: KIND.progress });
const staleKey = ({ level, at }: Omit<Stale, "stamp">) =>
  keyAttributes({ pk: MARKS_PARTITION, sk: `${KIND[level]}#${at}` });

/** Long enough for a roll-up that comes back after days: by then what it would read is gone. */
const STALE_KEPT_MS = 10 * DAY_MS;

export async function readMarks(store: Store): Promise<Marks> {
  let progress: Marks["progress"];
  let revision = 0;
  const stale: Stale[] = [];
  const gaps: Gap[] = [];
  const metered: MeteredTime[] = [];
  for await (const item of items(store, MARKS_PARTITION)) {
    const [kind, at, region] = item.sk?.S?.split("#") ?? [];
    if (kind === KIND.progress) {
      if (item.revision !== undefined) revision = number(item, "revision");
      if (item.quartersUpTo !== undefined) {
        progress = { quartersUpTo: number(item, "quartersUpTo"), daysUpTo: number(item, "daysUpTo") };
      }
    } else if (kind === KIND.gap) {
      gaps.push({ start: Number(at), end: number(item, "end"), why: item.why?.S ?? "nobody said why" });
    } else if (kind === KIND.metered && region !== undefined) {
      metered.push({ region, start: Number(at), end: item.end && number(item, "end") });
    } else if (kind === KIND.quarter || kind === KIND.day) {
      const level = kind === KIND.day ? "day" : "quarter";
      stale.push({ level, at: Number(at), stamp: item.stamp?.S ?? "" });
    } else throw new Error(`the table holds a mark of usage that is none: ${item.sk?.S}`);
  }
  return { progress, revision, stale, gaps, metered };
}

function number(item: Item, name: string): number {
  const value = Number(item[name]?.N);
  if (Number.isNaN(value)) throw new Error(`the table holds a mark of usage without ${name}: ${item.sk?.S}`);
  return value;
}

/** A mark that asks for a roll-up. It is written after what it tells of, so that whoever deletes it has read that. */
export const staleItem = (level: Stale["level"], at: EpochMs): Item => ({
  ...staleKey({ level, at }),
  stamp: { S: randomUUID() },
  expires: expires(at + STALE_KEPT_MS),
});

/** The same gap again is the same item. Without `keptForMs` it stays until an operator accepts it: docs/lost-usage.md. */
export const gapItem = ({ start, end, why }: Gap, keptForMs?: number): Item => ({
  ...keyAttributes({ pk: MARKS_PARTITION, sk: `${KIND.gap}#${start}#${end}` }),
  end: { N: String(end) },
  why: { S: why },
  ...(keptForMs !== undefined && { expires: expires(end + keptForMs) }),
});

/** It goes when nothing is read any more that it tells of; a region that still has its meter keeps it. */
export const meteredItem = ({ region, start, end }: MeteredTime, keptForMs: number): Item => ({
  ...keyAttributes({ pk: MARKS_PARTITION, sk: `${KIND.metered}#${start}#${region}` }),
  ...(end !== undefined && { end: { N: String(end) }, expires: expires(end + keptForMs) }),
});

/** Deletes a mark if it still is the one that was seen. */
export async function settleMark({ dynamodb, table }: Store, mark: Stale): Promise<void> {
  const command = new DeleteItemCommand({
    TableName: table,
    Key: staleKey(mark),
    ConditionExpression: "stamp = :seen",
    ExpressionAttributeValues: { ":seen": { S: mark.stamp } },
  });
  await unlessRefused(dynamodb.send(command));
}

/** Says where to begin; another roll-up may have said so already. */
export async function beginProgress({ dynamodb, table }: Store, { quartersUpTo, daysUpTo }: Progress): Promise<void> {
  const command = new UpdateItemCommand({
    TableName: table,
    Key: PROGRESS,
    UpdateExpression: "SET quartersUpTo = :quarters, daysUpTo = :days",
    ConditionExpression: "attribute_not_exists(quartersUpTo)",
    ExpressionAttributeValues: { ":quarters": { N: String(quartersUpTo) }, ":days": { N: String(daysUpTo) } },
  });
  await unlessRefused(dynamodb.send(command));
}

/** Only ever forward: another roll-up may be further. */
export async function advance({ dynamodb, table }: Store, what: keyof Progress, upTo: EpochMs): Promise<void> {
  const command = new UpdateItemCommand({
    TableName: table,
    Key: PROGRESS,
    UpdateExpression: `SET ${what} = :to`,
    ConditionExpression: `${what} < :to`,
    ExpressionAttributeValues: { ":to": { N: String(upTo) } },
  });
  await unlessRefused(dynamodb.send(command));
}

/** Tells readers that something they may remember was rolled up again. Once too often does no harm. */
export async function countRevision({ dynamodb, table }: Store): Promise<void> {
  await dynamodb.send(
    new UpdateItemCommand({
      TableName: table,
      Key: PROGRESS,
      UpdateExpression: "ADD revision :one",
      ExpressionAttributeValues: { ":one": { N: "1" } },
    }),
  );
}

async function unlessRefused(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
