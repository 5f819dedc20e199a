import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import { pass } from "../retrying.ts";
import {
  advance,
  beginProgress,
  countRevision,
  gapItem,
  type Marks,
  type Progress,
  readMarks,
  type Stale,
  settleMark,
  staleItem,
} from "./marks.ts";
import { noteMetered } from "./metered-times.ts";
import { NOT_ROLLED_UP, rolledUpTo } from "./missing.ts";
import { sealDay, sealQuarter } from "./seal.ts";
import { putItems, type Store } from "./store.ts";
import { DAY_MS, dayOf, firstCertain, keptDays, QUARTER_MS, quarterOf, RIPE_AFTER_MS } from "./times.ts";

export interface RollUpOptions extends Omit<Store, "wait"> {
  now(): EpochMs;
  /** How long quarters and days are kept; 400 days if not said, and 62 at least. */
  readonly retentionDays?: number;
  /** How to wait between attempts; a timer if not said. */
  readonly wait?: Store["wait"];
}

export interface RolledUp {
  /** Quarters that are rolled up now and were not before. */
  readonly quarters: number;
}

export interface RollUp {
  /**
   * Adds up what is over. Everything it writes is computed from what is there, so that it may be killed
   * anywhere, run late, and run twice at once. Rejects if anything is left to the next run.
   */
  run(): Promise<RolledUp>;
  /** Keeps that from now on these regions have a meter, and no others. Rejects if it may be unwritten. */
  note(meteredRegions: readonly string[]): Promise<void>;
}

interface Run extends Store {
  readonly at: EpochMs;
  readonly keptForMs: number;
}

export function createRollUp(options: RollUpOptions): RollUp {
  const { dynamodb, table, now, retentionDays, wait = pass } = options;
  const keptForMs = keptDays(retentionDays) * DAY_MS;
  const runNow = (): Run => ({ dynamodb, table, wait, at: now(), keptForMs });
  return {
    note: (meteredRegions) => noteMetered(runNow(), meteredRegions),
    async run() {
      const run = runNow();
      const marks = await readMarks(run);
      const progress = marks.progress ?? (await begin(run, marks));
      const quartersUpTo = await rollQuarters(run, progress);
      await repairQuarters(run, marks.stale, progress.quartersUpTo, quartersUpTo);
      // Again: a day is marked when one of its quarters was rolled up again, just now perhaps.
      const { progress: reached = progress, stale } = await readMarks(run);
      await rollDays(run, stale, reached);
      return { quarters: (quartersUpTo - Math.max(progress.quartersUpTo, firstCertain(run.at))) / QUARTER_MS };
    },
  };
}

/** From when there was a meter. Where nobody has said that: from the first moment that may still be there. */
async function begin(run: Run, marks: Marks): Promise<Progress> {
  const certain = firstCertain(run.at);
  const quartersUpTo = Math.min(certain, quarterOf(rolledUpTo(marks) ?? certain));
  await beginProgress(run, { quartersUpTo, daysUpTo: dayOf(quartersUpTo) });
  return { quartersUpTo, daysUpTo: dayOf(quartersUpTo) };
}

/** Rolls up in order what is ripe, each quarter before it counts as rolled up. Resolves with how far that is. */
async function rollQuarters(run: Run, { quartersUpTo }: Progress): Promise<EpochMs> {
  const first = Math.max(quartersUpTo, firstCertain(run.at));
  if (first > quartersUpTo) await recordGap(run, { start: quartersUpTo, end: first });
  let quarter = first;
  for (; quarter + QUARTER_MS + RIPE_AFTER_MS <= run.at; quarter += QUARTER_MS) {
    await sealQuarter(run, quarter, run.at, run.keptForMs);
    await advance(run, "quartersUpTo", quarter + QUARTER_MS);
  }
  return quarter;
}

/** Rolls up again what was written to late. */
async function repairQuarters(run: Run, stale: Marks["stale"], before: EpochMs, quartersUpTo: EpochMs): Promise<void> {
  for (const mark of ofLevel(stale, "quarter")) {
    if (mark.at >= quartersUpTo) continue;
    // Those that this run rolled up in their turn were read after the mark.
    if (mark.at < before) await sealAgain(run, mark.at);
    // In any case: another run may have rolled up the day meanwhile, from what was there before.
    await putItems(run, [staleItem("day", dayOf(mark.at))]);
    await countRevision(run);
    await settleMark(run, mark);
  }
}

/** Without all that was written, the sum would be smaller than the one that is there. */
const sealAgain = (run: Run, quarter: EpochMs): Promise<void> =>
  quarter < firstCertain(run.at)
    ? recordGap(run, { start: quarter, end: quarter + QUARTER_MS })
    : sealQuarter(run, quarter, run.at, run.keptForMs);

/** A day counts as rolled up only once it is: until then, readers add up its quarters. */
async function rollDays(run: Run, stale: Marks["stale"], { quartersUpTo, daysUpTo }: Progress): Promise<void> {
  let day = daysUpTo;
  for (; day + DAY_MS <= quartersUpTo; day += DAY_MS) {
    await sealDay(run, day, run.keptForMs);
    await advance(run, "daysUpTo", day + DAY_MS);
  }
  for (const mark of ofLevel(stale, "day")) {
    if (mark.at >= day) continue;
    if (mark.at < daysUpTo) await sealDay(run, mark.at, run.keptForMs);
    await countRevision(run);
    await settleMark(run, mark);
  }
}

const ofLevel = (stale: Marks["stale"], level: Stale["level"]) => stale.filter((mark) => mark.level === level);

const recordGap = (run: Run, gap: Span): Promise<void> =>
  putItems(run, [gapItem({ ...gap, why: NOT_ROLLED_UP }, run.keptForMs)]);
