import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { isDue, isSettled } from "./cadence.ts";
import { getMetricData, type MetricAnswer, type MetricRequest } from "./get-metric-data.ts";
import type { Window } from "./resolution.ts";
import { type Column, type Points, ROADS, type Series, seriesKey } from "./series.ts";
import { NO_POINTS, type SeriesPoints } from "./sums.ts";

export interface WantedSeries {
  readonly series: Series;
  /** What is needed of it besides its calls. */
  readonly columns: ReadonlySet<Column>;
  /** Read each minute, not each five. */
  readonly near: boolean;
  /** Probably never used: once it was found silent, read again after a day. */
  readonly dormant: boolean;
}

export type SeriesAnswer =
  | {
      readonly status: "read";
      readonly points: SeriesPoints;
      /** Why columns are unread that should have been read now. */
      readonly gaps: ReadonlyMap<Column, string>;
      /** Whether anything of it was read now, and not remembered. */
      readonly fresh: boolean;
    }
  | { readonly status: "unread"; readonly why: string };

/** Reads series over a window: calls first, and the rest of those whose calls moved. By `seriesKey`. */
export type ReadSeries = (
  window: Window,
  wanted: readonly WantedSeries[],
  at: EpochMs,
) => Promise<ReadonlyMap<string, SeriesAnswer>>;

/** What is remembered of one metric. */
interface Held {
  readonly from: EpochMs;
  readonly readAt: EpochMs;
  readonly points: Points;
}

interface HeldSeries {
  calls: Held;
  /** When a call was last seen that was not there before. */
  movedAt: EpochMs;
  readonly columns: Map<Column, Held>;
}

const NO_GAPS: ReadonlyMap<Column, string> = new Map();
const DAY_MS = 24 * 3_600_000;

/** A new reader remembers nothing, and so reads everything. */
export function createSeriesReader(clients: ReadonlyMap<string, CloudWatchClient>): ReadSeries {
  const memory = new Map<string, HeldSeries>();
  const nameOf = (window: Window, series: Series) => `${window.resolutionMs} ${seriesKey(series)}`;

  function callsAreDue(window: Window, { series, near, dormant }: WantedSeries, at: EpochMs): boolean {
    const held = memory.get(nameOf(window, series));
    if (held === undefined || held.calls.from > window.start) return true;
    if (dormant && held.calls.points.size === 0) return at - held.calls.readAt >= DAY_MS;
    return isDue(held.calls.readAt, at, near);
  }

  function columnsDue(window: Window, { series, columns }: WantedSeries, due: boolean): readonly Column[] {
    const held = memory.get(nameOf(window, series));
    // Nobody called: nothing was used.
    if (held === undefined || !anySince(held.calls.points, window.start)) return [];
    return [...columns].filter((column) => {
      if (ROADS[series.road].metrics[column] === undefined) return false;
      const one = held.columns.get(column);
      if (one === undefined || one.from > window.start || held.movedAt > one.readAt) return true;
      return due && !isSettled(held.movedAt, one.readAt);
    });
  }

  function rememberCalls(window: Window, series: Series, points: Points, at: EpochMs): void {
    const name = nameOf(window, series);
    const before = memory.get(name);
    const calls = { from: window.start, readAt: at, points };
    if (before === undefined) {
      const newest = Math.max(...points.keys(), Number.NEGATIVE_INFINITY) + window.resolutionMs;
      memory.set(name, { calls, movedAt: Math.min(at, newest), columns: new Map() });
      return;
    }
    if (differ(before.calls.points, points, window.start)) before.movedAt = at;
    before.calls = calls;
  }

  const read = async (window: Window, requests: readonly Request[]) => {
    const answers = new Map<Request, MetricAnswer>();
    await Promise.all(
      [...clients].map(async ([region, client]) => {
        const here = requests.filter(({ series }) => series.region === region);
        const found = await getMetricData(client, here, window);
        for (const [index, request] of here.entries()) {
          answers.set(request, found[index] ?? { status: "unread", why: `no answer from ${region}` });
        }
      }),
    );
    return answers;
  };

  return async (window, wanted, at) => {
    forget(memory, at);
    const due = wanted.filter((one) => callsAreDue(window, one, at));
    const unread = new Map<string, string>();
    const gaps = new Map<string, ReadonlyMap<Column, string>>();
    const fresh = new Set(due.map(({ series }) => seriesKey(series)));
    const calls = due.map(({ series }): Request => ({ series, column: "invocations" }));
    for (const [{ series }, answer] of await read(window, calls)) {
      if (answer.status === "read") rememberCalls(window, series, answer.points, at);
      else unread.set(seriesKey(series), answer.why);
    }
    const rest = wanted
      .filter(({ series }) => !unread.has(seriesKey(series)))
      .flatMap((one) =>
        columnsDue(window, one, fresh.has(seriesKey(one.series))).map(
          (column): Request => ({ series: one.series, column }),
        ),
      );
    for (const [{ series, column }, answer] of await read(window, rest)) {
      const held = memory.get(nameOf(window, series));
      const key = seriesKey(series);
      if (answer.status === "unread") gaps.set(key, new Map(gaps.get(key)).set(column, answer.why));
      else held?.columns.set(column, { from: window.start, readAt: at, points: answer.points });
    }
    return new Map(
      wanted.map(({ series, columns }): readonly [string, SeriesAnswer] => {
        const key = seriesKey(series);
        const why = unread.get(key);
        const held = memory.get(nameOf(window, series));
        if (why !== undefined || held === undefined) return [key, { status: "unread", why: why ?? `${key} is unread` }];
        return [
          key,
          { status: "read", points: pointsOf(held, columns), gaps: gaps.get(key) ?? NO_GAPS, fresh: fresh.has(key) },
        ];
      }),
    );
  };
}

type Request = MetricRequest & { readonly series: Series };

const anySince = (points: Points, start: EpochMs): boolean => [...points.keys()].some((time) => time >= start);

/** Points that left the window do not count: calls that are forgotten do not move tokens. */
function differ(before: Points, now: Points, start: EpochMs): boolean {
  const times = new Set([...before.keys(), ...now.keys()]);
  return [...times].some((time) => time >= start && before.get(time) !== now.get(time));
}

function pointsOf(held: HeldSeries, columns: ReadonlySet<Column>): SeriesPoints {
  const points = { ...NO_POINTS, invocations: held.calls.points };
  for (const column of columns)
    if (column !== "invocations") points[column] = held.columns.get(column)?.points ?? NO_POINTS[column];
  return points;
}

/** What has not been asked for in more than a day is no longer any limit's. */
function forget(memory: Map<string, HeldSeries>, at: EpochMs): void {
  for (const [name, { calls }] of memory) if (at - calls.readAt > 2 * DAY_MS) memory.delete(name);
}
