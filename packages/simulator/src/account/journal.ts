import { isDeepStrictEqual } from "node:util";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import {
  type Journal,
  type JournalEntry,
  type JournalWrite,
  type Mark,
  markId,
} from "@bedrock-governor/core/reconcile/journal";
import type { JournalPort } from "@bedrock-governor/core/reconcile/ports";

export interface AccountJournal {
  readonly port: JournalPort;
  /** Every entry that took place, oldest first. */
  readonly history: readonly JournalEntry[];
}

/** The journal's table in memory. Marks that are good until a time go away by themselves, as items with a TTL do. */
export function createJournal(now: () => EpochMs): AccountJournal {
  const marks = new Map<string, Mark>();
  const unsent = new Map<string, GovernorEvent>();
  const history: JournalEntry[] = [];
  let read: Journal | undefined;

  function holds(write: JournalWrite): boolean {
    const there = marks.get(markId(write.mark));
    switch (write.op) {
      case "set":
        return true;
      case "open":
        return there === undefined;
      case "close":
        return there !== undefined;
      case "replace":
        return isDeepStrictEqual(there, write.before);
    }
  }

  function take(entry: JournalEntry): boolean {
    if (!entry.writes.every(holds)) return false;
    for (const { op, mark } of entry.writes) {
      if (op === "close") marks.delete(markId(mark));
      else marks.set(markId(mark), mark);
    }
    if (entry.event !== undefined) unsent.set(entry.event.id, entry.event);
    history.push(entry);
    read = undefined;
    return true;
  }

  function expire(): void {
    for (const [id, mark] of marks) {
      if (mark.kind !== "said" || mark.until > now()) continue;
      marks.delete(id);
      read = undefined;
    }
  }

  return {
    history,
    port: {
      async read() {
        read ??= { marks: [...marks.values()], unsent: [...unsent.values()] };
        return read;
      },
      async commit(entries) {
        expire();
        return entries.filter(take);
      },
      async sent(eventIds) {
        for (const id of eventIds) if (unsent.delete(id)) read = undefined;
      },
    },
  };
}
