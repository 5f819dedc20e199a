import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { EpochMs } from "@bedrock-governor/core/period/period";
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
import { getMetricData, type MetricAnswer } from "./get-metric-data.ts";
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

const FORGET_AFTER_MS = 2 * 24 * 3_600_000;

/**
 * Reads as few metrics as keep amounts fresh. A quiet series is watched by its calls alone. When they move, the
 * tokens that are needed are read, and followed in place of the calls until they have not moved for a while.
 * Each window is read in full once, and then kept up to date by a tail of minutes that all windows share.
 *
 * A new reader remembers nothing, and so reads everything.
 */
export function createSeriesReader(clients: ReadonlyMap<string, CloudWatchClient>): ReadSeries {
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
      clients,
      at,
      all.map((each) => [each, (each.followed ? followedDue : callsDue)(each.one, each.memory, at)]),
    );
    for (const { one, memory } of watched) noteSilence(one, memory, at);
    await read(
      clients,
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

const gapName = (column: Column, { resolutionMs }: Window): string => `${column} ${resolutionMs}`;

async function read(
  clients: ReadonlyMap<string, CloudWatchClient>,
  at: EpochMs,
  dues: readonly (readonly [Reading, readonly Due[]])[],
): Promise<void> {
  const flat = dues.flatMap(([reading, some]) => some.map((due) => ({ reading, due, ...due })));
  const together = Map.groupBy(flat, ({ series, stretch: { resolutionMs, start, end } }) =>
    [series.region, resolutionMs, start, end].join(" "),
  );
  await Promise.all(
    [...together.values()].map(async (batch) => {
      const [first] = batch;
      const client = clients.get(first?.series.region ?? "");
      if (first === undefined || client === undefined) return;
      const answers = await getMetricData(client, batch, first.stretch);
      for (const [index, { reading, due }] of batch.entries()) keep(reading, due, answers[index], at);
    }),
  );
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
