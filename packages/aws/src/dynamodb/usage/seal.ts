import type { EpochMs } from "@bedrock-governor/core/period/period";
import { retrying } from "../retrying.ts";
import { batchPart, batchPartition, SHARDS } from "./batch-items.ts";
import { dayPlace, minutesPlace, quarterPlace, quartersPartition } from "./levels.ts";
import { OutrunError, readPointer, readSets, replaceSet } from "./sealed-sets.ts";
import { items, type Store } from "./store.ts";
import { sumRows } from "./sums.ts";
import { createTally, type Tally } from "./tally.ts";
import { DAY_MS, minuteText, QUARTER_MS } from "./times.ts";

/** Adds to a tally what meters wrote of one quarter. */
export async function tallyQuarter(store: Store, quarter: EpochMs): Promise<Tally> {
  const tally = createTally();
  const shards = Array.from({ length: SHARDS }, (_, shard) => shard);
  await Promise.all(
    shards.map(async (shard) => {
      for await (const item of items(store, batchPartition(quarter, shard))) tally.add(batchPart(item));
    }),
  );
  return tally;
}

/** Adds up one quarter from all that meters wrote of it, whatever was added up before. */
export const sealQuarter = (store: Store, quarter: EpochMs, now: EpochMs, keptForMs: number): Promise<void> =>
  untilFirst(store, async () => {
    const minutes = minutesPlace(quarter);
    const sums = quarterPlace(quarter, keptForMs);
    // Pointers first: who replaced a set since then may have known less.
    const [seenMinutes, seenSums] = await Promise.all([readPointer(store, minutes), readPointer(store, sums)]);
    const rows = (await tallyQuarter(store, quarter)).rows();
    if (minutes.expiresAt > now) await replaceSet(store, minutes, rows, seenMinutes);
    const summed = sumRows(rows, () => quarter);
    await replaceSet(store, sums, summed, seenSums);
  });

/** Adds up one day in UTC from its quarters. */
export const sealDay = (store: Store, day: EpochMs, keptForMs: number): Promise<void> =>
  untilFirst(store, async () => {
    const place = dayPlace(day, keptForMs);
    const seen = await readPointer(store, place);
    const last = day + DAY_MS - QUARTER_MS;
    const quarters = await readSets(store, quartersPartition(day), minuteText(day), minuteText(last));
    const rows = sumRows([...quarters.values()].flat(), () => day);
    await replaceSet(store, place, rows, seen);
  });

/** Two roll-ups at once: the one that was slower reads again what there is. */
const untilFirst = ({ wait }: Store, attempt: () => Promise<void>): Promise<void> =>
  retrying(attempt, (error) => error instanceof OutrunError, wait);
