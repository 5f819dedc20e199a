import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Row } from "./amounts.ts";
import { type BatchPart, batchPart, batchPartition, SHARDS, writtenFrom } from "./batch-items.ts";
import { FIRST, items, type Store } from "./store.ts";
import { createTally, type Tally } from "./tally.ts";
import { LATE_AFTER_MS, MINUTE_MS, QUARTER_MS } from "./times.ts";

/** Reads quarters that a roll-up has still to come to, or to come to again: of those it knows, only what was written since. */
export interface OpenReader {
  /**
   * Sums per minute. Rejects if any part of the quarter is unread.
   *
   * @param isMarked whether something was written to it late: then more may come at any time
   */
  rows(quarter: EpochMs, isMarked: boolean): Promise<readonly Row[]>;
  /** Forgets quarters that are read elsewhere by now. */
  forget(isSealed: (quarter: EpochMs) => boolean): void;
}

/** What may lie between the time in an item's name, when its writing began, and its being there. */
const OVERLAP_MS = 5_000;
/** What took longer than that is found when all is read again. */
const ALL_AGAIN_MS = 5 * MINUTE_MS;
/** What is written to a quarter that is over for so long marks it. The minute more covers clocks that differ. */
const QUIET_AFTER_MS = LATE_AFTER_MS + MINUTE_MS;

interface Known {
  readonly tally: Tally;
  /** When all of it was read. */
  readonly at: EpochMs;
  /** The time of the last item, by shard. */
  readonly newest: (EpochMs | undefined)[];
}

export function createOpenReader(store: Store, now: () => EpochMs): OpenReader {
  const known = new Map<EpochMs, Known>();

  async function readOn(quarter: EpochMs, { tally, newest }: Known): Promise<void> {
    const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
    await Promise.all(
      shards.map(async (shard) => {
        const last = newest[shard];
        const from = last === undefined ? FIRST : writtenFrom(Math.min(last, now()) - OVERLAP_MS);
        const parts: BatchPart[] = [];
        for await (const item of items(store, batchPartition(quarter, shard), from)) parts.push(batchPart(item));
        for (const part of parts) tally.add(part);
        const end = parts.at(-1)?.writtenAt;
        if (end !== undefined) newest[shard] = end;
      }),
    );
  }

  return {
    async rows(quarter, isMarked) {
      const at = now();
      const before = known.get(quarter);
      if (before !== undefined && at - before.at < ALL_AGAIN_MS) {
        if (isMarked || at < quarter + QUARTER_MS + QUIET_AFTER_MS) await readOn(quarter, before);
        return before.tally.rows();
      }
      const fresh: Known = { tally: createTally(), at, newest: [] };
      await readOn(quarter, fresh);
      known.set(quarter, fresh);
      return fresh.tally.rows();
    },
    forget(isSealed) {
      for (const one of known.keys()) if (isSealed(one)) known.delete(one);
    },
  };
}
