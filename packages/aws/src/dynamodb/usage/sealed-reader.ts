import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Row } from "./amounts.ts";
import { daysPartition, minutesPlace, quartersPartition } from "./levels.ts";
import type { Marks, Progress } from "./marks.ts";
import { createMemory } from "./memory.ts";
import { readSets } from "./sealed-sets.ts";
import { FIRST, type Store } from "./store.ts";
import { dateText, minuteText } from "./times.ts";

/** Reads what roll-ups wrote, and remembers it: it changes only when something late is rolled up again. */
export interface SealedReader {
  /**
   * What is known of roll-ups now. Forgets what may have changed, and what was not asked for since the
   * last time. False if anything that was read before may have changed.
   */
  turnTo(marks: Pick<Marks, "progress" | "revision">): boolean;
  /** Rows of days, all before `daysUpTo`. Rejects, as the others do, if anything is unread. */
  days(at: readonly EpochMs[]): Promise<readonly Row[]>;
  /** Rows of quarters, all before `quartersUpTo`. */
  quarters(at: readonly EpochMs[]): Promise<readonly Row[]>;
  /** Rows of the minutes in quarters, all before `quartersUpTo`. */
  minutes(at: readonly EpochMs[]): Promise<readonly Row[]>;
}

type Sets = ReadonlyMap<string, readonly Row[]>;

/** A partition as far as it was read. */
interface Read {
  /** Sets whose names are before this are in `sets`. */
  readonly before: string;
  readonly sets: Sets;
}

/** Before the first roll-up. */
const NONE: Progress = { quartersUpTo: 0, daysUpTo: 0 };

export function createSealedReader(store: Store): SealedReader {
  let progress = NONE;
  let revision: number | undefined;
  const partitions = createMemory<Read>();
  const single = createMemory<Sets>();

  /** Reads on from where the last reading ended. */
  async function readOn(pk: string, before: string, last: Promise<Read> | undefined): Promise<Read> {
    const known = await last?.catch(() => undefined);
    if (known !== undefined && known.before >= before) return known;
    const sets = await readSets(store, pk, known?.before ?? FIRST, before);
    return { before, sets: new Map([...(known?.sets ?? []), ...[...sets].filter(([name]) => name < before)]) };
  }

  async function rows(
    at: readonly EpochMs[],
    partitionOf: (at: EpochMs) => string,
    nameOf: (at: EpochMs) => string,
    upTo: EpochMs,
  ): Promise<readonly Row[]> {
    const some = await Promise.all(
      [...Map.groupBy(at, partitionOf)].map(async ([pk, within]) => {
        const { sets } = await partitions.recall(pk, (last) => readOn(pk, nameOf(upTo), last));
        return within.flatMap((one) => rowsOf(sets, nameOf(one)));
      }),
    );
    return some.flat();
  }

  return {
    turnTo(marks) {
      const isSame = marks.revision === revision;
      for (const memory of [partitions, single]) memory.tidy(!isSame);
      progress = marks.progress ?? NONE;
      revision = marks.revision;
      return isSame;
    },
    days: (at) => rows(at, daysPartition, dateText, progress.daysUpTo),
    quarters: (at) => rows(at, quartersPartition, minuteText, progress.quartersUpTo),
    async minutes(at) {
      const some = await Promise.all(
        at.map(async (quarter) => {
          const { pk, name } = minutesPlace(quarter);
          const sets = await single.recall(name, (last) => last ?? readSets(store, pk, name, name));
          return rowsOf(sets, name);
        }),
      );
      return some.flat();
    },
  };
}

/** Roll-ups write no set where nothing was used. */
const rowsOf = (sets: Sets, name: string): readonly Row[] => sets.get(name) ?? [];
