import type { DynamoDBClient, TransactWriteItem } from "@aws-sdk/client-dynamodb";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { JournalEntry } from "@bedrock-governor/core/reconcile/journal";
import { chunks } from "./chunks.ts";
import { auditItem, unsentItem } from "./journal-items.ts";
import { asCheck, asWrite, itemWrites, put } from "./journal-writes.ts";
import type { Wait } from "./retrying.ts";
import { MOST_ITEMS_PER_TRANSACTION, transact } from "./transact.ts";

export interface Taking {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
  readonly now: EpochMs;
  /** The entry's place in its commit. */
  readonly turn: number;
  readonly keptForMs: number;
  readonly wait: Wait;
}

/** An entry's event goes to those not yet sent and to the history. */
const ITEMS_PER_EVENT = 2;
const MOST_WRITES = MOST_ITEMS_PER_TRANSACTION - ITEMS_PER_EVENT;

/**
 * Writes one entry: its marks, and its event to the unsent ones and to the history. One transaction,
 * unless it has more writes than fit, as the deny of a hundred models by name has. Then all of its conditions are
 * asked first; the first transaction, with the event, decides whether the entry takes place, since two runs
 * with the same entry meet there; and the others follow. A run that dies in between leaves marks
 * unwritten: the next run finds them missing and tells of those again, so nothing is lost.
 */
export async function takeEntry(entry: JournalEntry, taking: Taking): Promise<boolean> {
  const { dynamodb, table, wait } = taking;
  const [first = [], ...rest] = chunks(itemWrites(entry.writes, taking.now), MOST_WRITES);
  const together = async (items: readonly TransactWriteItem[]): Promise<boolean> =>
    items.length === 0 || (await transact(dynamodb, items, wait));

  for (const part of rest) {
    if (!(await together(part.flatMap((write) => asCheck(table, write) ?? [])))) return false;
  }
  if (!(await together([...first.map((write) => asWrite(table, write)), ...eventItems(entry, taking)]))) return false;
  for (const part of rest) {
    const items = part.map((write) => asWrite(table, write));
    if (await together(items)) continue;
    // Another run was between the question and the write: what it wrote stays, the others are still ours.
    for (const item of items) await together([item]);
  }
  return true;
}

function eventItems({ event }: JournalEntry, { table, now, turn, keptForMs }: Taking): readonly TransactWriteItem[] {
  if (event === undefined) return [];
  return [put(table, unsentItem(event, now, turn)), put(table, auditItem(event, keptForMs))];
}
