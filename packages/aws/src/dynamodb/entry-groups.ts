import type { JournalEntry, Mark } from "@bedrock-governor/core/reconcile/journal";
import { MOST_PER_BATCH } from "./batch-write.ts";
import { markKey } from "./journal-items.ts";

/** Entries that are written by one call. */
export interface EntryGroup {
  readonly entries: readonly [JournalEntry, ...JournalEntry[]];
  /** The place of the first in its commit. */
  readonly turn: number;
  /** By sort key, marks that are set whatever was there before, which is all that the entries do. Empty: it takes a transaction. */
  readonly sets: ReadonlyMap<string, Mark>;
}

/**
 * Entries in their order, in groups. One that sets a mark and does nothing else has no condition and nothing to be
 * whole with, so those that follow each other go in batches: a thousand new denies are noted in a second instead of ten.
 */
export function entryGroups(entries: readonly JournalEntry[]): readonly EntryGroup[] {
  const groups: EntryGroup[] = [];
  for (const [turn, entry] of entries.entries()) {
    const mark = onlySet(entry);
    const sets = new Map(mark && [[markKey(mark).sk, mark]]);
    const last = groups.at(-1);
    if (last !== undefined && mark !== undefined && hasRoom(last, markKey(mark).sk)) {
      groups[groups.length - 1] = {
        ...last,
        entries: [...last.entries, entry],
        sets: new Map([...last.sets, ...sets]),
      };
    } else groups.push({ entries: [entry], turn, sets });
  }
  return groups;
}

/** A batch takes no item twice. */
const hasRoom = ({ sets }: EntryGroup, key: string): boolean =>
  sets.size > 0 && sets.size < MOST_PER_BATCH && !sets.has(key);

function onlySet({ writes, event }: JournalEntry): Mark | undefined {
  const [write, ...more] = writes;
  return write?.op === "set" && more.length === 0 && event === undefined ? write.mark : undefined;
}
