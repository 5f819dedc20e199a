import type { AttributeValue, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { JournalWrite } from "@bedrock-governor/core/reconcile/journal";
import { type Item, type ItemKey, keyAttributes, markItem, markKey, markText } from "./journal-items.ts";

/** What a part of an entry does to one item, and what must hold of it before. */
export interface ItemWrite {
  readonly key: ItemKey;
  readonly condition: Condition | undefined;
  /** Undefined: the item is deleted. */
  readonly item: Item | undefined;
}

interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeValues: Record<string, AttributeValue>;
}

/** TTL deletes late: a mark whose time is over counts as gone although its item is still there. */
const ALIVE = "(attribute_exists(sk) AND (attribute_not_exists(aliveUntil) OR aliveUntil > :now))";

/**
 * One write per item: DynamoDB refuses two on the same item in a transaction. Where an entry writes
 * a mark twice, all of its conditions are on what was there before, and the last write stays.
 */
export function itemWrites(writes: readonly JournalWrite[], now: EpochMs): readonly ItemWrite[] {
  const byMark = new Map<string, JournalWrite[]>();
  for (const write of writes) {
    const { sk } = markKey(write.mark);
    byMark.set(sk, [...(byMark.get(sk) ?? []), write]);
  }
  return [...byMark.values()].flatMap((same) => {
    const last = same.at(-1);
    if (last === undefined) return [];
    const item = last.op === "close" ? undefined : markItem(last.mark);
    return [{ key: markKey(last.mark), condition: conditionOf(same, now), item }];
  });
}

function conditionOf(writes: readonly JournalWrite[], now: EpochMs): Condition | undefined {
  const terms: string[] = [];
  const values: Record<string, AttributeValue> = { ":now": { N: String(now) } };
  for (const [index, write] of writes.entries()) {
    if (write.op === "open") terms.push(`(NOT ${ALIVE})`);
    if (write.op === "close") terms.push(ALIVE);
    if (write.op === "replace") {
      terms.push(`${ALIVE} AND markText = :before${index}`);
      values[`:before${index}`] = { S: markText(write.before) };
    }
  }
  if (terms.length === 0) return undefined;
  return { ConditionExpression: terms.join(" AND "), ExpressionAttributeValues: values };
}

export const put = (TableName: string, item: Item, condition?: Condition): TransactWriteItem => ({
  Put: { TableName, Item: { ...item }, ...condition },
});

export const asWrite = (TableName: string, { key, condition, item }: ItemWrite): TransactWriteItem =>
  item === undefined
    ? { Delete: { TableName, Key: keyAttributes(key), ...condition } }
    : put(TableName, item, condition);

/** Only asks whether the write could take place. */
export const asCheck = (TableName: string, { key, condition }: ItemWrite): TransactWriteItem | undefined =>
  condition && { ConditionCheck: { TableName, Key: keyAttributes(key), ...condition } };
