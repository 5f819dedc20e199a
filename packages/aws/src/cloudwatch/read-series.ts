import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { RegionReads } from "../region-reads.ts";
import {
  callsDue,
  type Due,
  followedDue,
  heldOf,
  isFollowed,
  movedDue,
  type SeriesMemory,
  type WantedSeries,
} from "./due.ts";
import { getMetricData, inCalls, type MetricAnswer, unreadText } from "./get-metric-data.ts";
import { hasPointsSince, hold, replaceTail } from "./held.ts";
import type { Window } from "./resolution.ts";
import { type Column, type Points, ROADS, seriesKey } from "./series.ts";
import { NO_POINTS, type SeriesPoints } from "./sums.ts";

export interface SeriesAnswer {
  readonly points: SeriesPoints;
  /** Why columns are unread that are needed. */
  readonly gaps: ReadonlyMap<Column, string>;
  /** Whether anything of it was asked for now, and not all is remembered. */
  readonly fresh: boolean;
}

/** Reads series; says what is then known of each in each of its windows, by `seriesKey`. */
export type ReadSeries = (
  wanted: readonly WantedSeries[],
  at: EpochMs,
) => Promise<ReadonlyMap<Window, ReadonlyMap<string, SeriesAnswer>>>;

export interface SeriesReaderOptions {
  /** By region. */
  readonly clients: ReadonlyMap<string, CloudWatchClient>;
  readonly reads: RegionReads;
}

/** In one region: long periods of many models take dozens of calls. */
const CALLS_AT_ONCE = 3;
const FORGET_AFTER_MS = 2 * 24 * 3_600_000;

/**
 * Reads as few metrics as keep amounts fresh. A quiet series is watched by its calls alone. When they move, the
 * tokens that are needed are read, and followed in place of the calls until they have not moved for a while.
 * Each window is read in full once, and then kept up to date by a tail of minutes that all windows share.
 *
 * A new reader remembers nothing, and so reads everything.
 */
export function createSeriesReader(options: SeriesReaderOptions): ReadSeries {
  const memories = new Map<string, SeriesMemory>();

  function memoryOf({ series }: WantedSeries, at: EpochMs): SeriesMemory {
    const key = seriesKey(series);
    const memory = memories.get(key) ?? { movedAt: Number.NEGATIVE_INFINITY, wantedAt: at, held: new Map() };
    memories.set(key, memory);
    memory.wantedAt = at;
    return memory;
  }

  return async (wanted, at) => {
    const all = wanted.map((one): Reading => {
      const memory = memoryOf(one, at);
      return { one, memory, followed: isFollowed(one, memory), fresh: false, gaps: new Map() };
    });
    const watched = all.filter(({ followed }) => !followed);
    await read(
      options,
      at,
      all.map((each) => [each, (each.followed ? followedDue : callsDue)(each.one, each.memory, at)]),
    );
    for (const { one, memory } of watched) noteSilence(one, memory, at);
    await read(
      options,
      at,
      watched.map((each) => [each, movedDue(each.one, each.memory, at)]),
    );
    for (const [key, { wantedAt }] of memories) if (at - wantedAt > FORGET_AFTER_MS) memories.delete(key);

    const answers = new Map<Window, Map<string, SeriesAnswer>>();
    for (const each of all) {
      for (const [window, columns] of each.one.columns) {
        const inWindow = answers.get(window) ?? new Map<string, SeriesAnswer>();
        answers.set(window, inWindow.set(seriesKey(each.one.series), answerOf(each, window, columns)));
      }
    }
    return answers;
  };
}

/** One wanted series in one run. */
interface Reading {
  readonly one: WantedSeries;
  readonly memory: SeriesMemory;
  readonly followed: boolean;
  fresh: boolean;
  readonly gaps: Map<string, string>;
}

/** One metric that is due, for whom. */
interface DueReading extends Due {
  readonly reading: Reading;
  readonly due: Due;
}

const gapName = (column: Column, { resolutionMs }: Window): string => `${column} ${resolutionMs}`;

async function read(
  { clients, reads }: SeriesReaderOptions,
  at: EpochMs,
  dues: readonly (readonly [Reading, readonly Due[]])[],
): Promise<void> {
  const wanted = dues.flatMap(([reading, some]) => some.map((due): DueReading => ({ reading, due, ...due })));
  const together = Map.groupBy(wanted, ({ series, stretch: { resolutionMs, start, end } }) =>
    [series.region, resolutionMs, start, end].join(" "),
  );
  const calls = [...together.values()].flatMap((batch) =>
    batch[0] === undefined ? [] : inCalls(batch, batch[0].stretch),
  );
  const byRegion = Map.groupBy(calls, ([first]) => first?.series.region ?? "");
  await Promise.all(
    [...byRegion].map(async ([region, calls]) => {
      const client = clients.get(region);
      if (client !== undefined) await readRegion(region, client, calls);
    }),
  );

  /** What was answered is kept, whatever becomes of the other calls. */
  async function readRegion(region: string, client: CloudWatchClient, calls: readonly (readonly DueReading[])[]) {
    const unread = new Set(calls);
    const waiting = calls.values();
    let failure: unknown;
    const work = async (signal: AbortSignal) => {
      for (const call of waiting) {
        const [first] = call;
        if (first === undefined) continue;
        try {
          const answers = await getMetricData(client, call, first.stretch, signal);
          for (const [index, { reading, due }] of call.entries()) keep(reading, due, answers[index], at);
          unread.delete(call);
        } catch (error) {
          failure = error;
        }
      }
    };
    try {
      await reads.read(region, async (signal) => {
        await Promise.all(Array.from({ length: CALLS_AT_ONCE }, () => work(signal)));
        if (unread.size === calls.length) throw failure;
      });
    } catch (error) {
      failure = error;
    }
    const why = failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
    for (const call of unread) {
      for (const { reading, due } of call) keep(reading, due, { status: "unread", why: unreadText(due, why) }, at);
    }
  }
}

function keep(reading: Reading, due: Due, answer: MetricAnswer | undefined, at: EpochMs): void {
  reading.fresh = true;
  for (const window of due.windows) {
    if (answer?.status === "read") learn(reading.memory, due, window, answer.points, at);
    else reading.gaps.set(gapName(due.column, window), answer?.why ?? "CloudWatch gave no answer");
  }
}

function learn(memory: SeriesMemory, due: Due, window: Window, points: Points, at: EpochMs): void {
  const { column, stretch, tail } = due;
  const before = heldOf(memory, column, window);
  if (tail && before !== undefined) {
    if (replaceTail(before, window, stretch, points, at)) memory.movedAt = at;
    return;
  }
  const { held, moved } = hold(before, window, points, at);
  if (moved) memory.movedAt = at;
  else if (!memory.held.has(column) && column === "invocations") {
    // Seen for the first time, it may have moved up to now.
    const newest = Math.max(...points.keys(), Number.NEGATIVE_INFINITY) + window.resolutionMs;
    memory.movedAt = Math.max(memory.movedAt, Math.min(at, newest));
  }
  memory.held.set(column, (memory.held.get(column) ?? new Map()).set(window.resolutionMs, held));
}

/** Where nobody called nothing was used: that is then read as well, and once somebody calls only a tail is missing. */
function noteSilence({ columns }: WantedSeries, memory: SeriesMemory, at: EpochMs): void {
  for (const [window, needed] of columns) {
    const calls = heldOf(memory, "invocations", window);
    if (calls?.readAt !== at || hasPointsSince(calls, window.start)) continue;
    for (const column of needed) {
      const held = heldOf(memory, column, window);
      if (column === "invocations" || (held !== undefined && hasPointsSince(held, window.start))) continue;
      const silent = { ...calls, from: window.start, points: new Map() };
      memory.held.set(column, (memory.held.get(column) ?? new Map()).set(window.resolutionMs, silent));
    }
  }
}

function answerOf(reading: Reading, window: Window, columns: ReadonlySet<Column>): SeriesAnswer {
  const { one, memory, followed, fresh } = reading;
  const gaps = new Map<Column, string>();
  const points = { ...NO_POINTS };
  // What is watched by its calls is not known without them.
  const unwatched = followed ? undefined : reading.gaps.get(gapName("invocations", window));
  for (const column of columns) {
    if (ROADS[one.series.road].metrics[column] === undefined) continue;
    const held = heldOf(memory, column, window);
    const why = unwatched ?? reading.gaps.get(gapName(column, window));
    if (why !== undefined) gaps.set(column, why);
    else if (held === undefined) gaps.set(column, `${one.series.id} in ${one.series.region} is unread`);
    else points[column] = held.points;
  }
  return { points, gaps, fresh };
}
