import type { EpochMs } from "@bedrock-governor/core/period/period";
import { isDue, isSettled } from "./cadence.ts";
import { type Held, hasPointsSince, isHeld, needsAll, tailSince } from "./held.ts";
import type { Stretch, Window } from "./resolution.ts";
import { type Column, ROADS, type Series } from "./series.ts";

export interface WantedSeries {
  readonly series: Series;
  /** What is needed of it, by window. */
  readonly columns: ReadonlyMap<Window, ReadonlySet<Column>>;
  /** Read each minute, not each five. */
  readonly near: boolean;
  /** Probably never used: once it was found silent, read again after a day. */
  readonly dormant: boolean;
}

/** What is remembered of one series. */
export interface SeriesMemory {
  /** When something was last seen that was not there before. */
  movedAt: EpochMs;
  wantedAt: EpochMs;
  readonly held: Map<Column, Map<number, Held>>;
}

/** A metric to be read: all of one window, or of several what was not read yet. */
export interface Due {
  readonly series: Series;
  readonly column: Column;
  readonly stretch: Stretch;
  readonly windows: readonly Window[];
  readonly tail: boolean;
}

const DAY_MS = 24 * 3_600_000;

export const heldOf = ({ held }: SeriesMemory, column: Column, { resolutionMs }: Window): Held | undefined =>
  held.get(column)?.get(resolutionMs);

/**
 * Says whether a series' tokens are read without asking whether there were calls: these moved, or the tokens
 * did, and both can go on to be published for a while.
 */
export const isFollowed = (one: WantedSeries, memory: SeriesMemory): boolean =>
  [...one.columns].some(([window, columns]) =>
    [...columns].some((column) => {
      const held = column === "invocations" ? undefined : heldOf(memory, column, window);
      return held !== undefined && !isSettled(memory.movedAt, held.readAt);
    }),
  );

/** The calls of a series that is watched by them, when it is time since they were read, or since it was last followed. */
export function callsDue(one: WantedSeries, memory: SeriesMemory, at: EpochMs): readonly Due[] {
  const windows = [...one.columns.keys()].filter((window) => columnsIn(one, window).length > 0);
  return metricDue(one, memory, "invocations", windows, at, (held, window) => {
    if (one.dormant && !hasPointsSince(held, window.start)) return at - held.readAt >= DAY_MS;
    const readAt = columnsIn(one, window).map((column) => heldOf(memory, column, window)?.readAt ?? held.readAt);
    return isDue(Math.max(held.readAt, Math.min(...readAt)), at, one.near);
  });
}

/** All that is needed of a series that is followed, when it is time. */
export const followedDue = (one: WantedSeries, memory: SeriesMemory, at: EpochMs): readonly Due[] =>
  neededColumns(one).flatMap((column) =>
    metricDue(one, memory, column, windowsOf(one, column), at, ({ readAt }) => isDue(readAt, at, one.near)),
  );

/** What else is needed of a watched series, where calls are and moved since it was read. Where nobody called nothing was used. */
export function movedDue(one: WantedSeries, memory: SeriesMemory, at: EpochMs): readonly Due[] {
  const calls = (window: Window) => heldOf(memory, "invocations", window);
  const isUsed = (window: Window) => {
    const held = calls(window);
    return held !== undefined && hasPointsSince(held, window.start);
  };
  return neededColumns(one).flatMap((column) =>
    column === "invocations"
      ? []
      : metricDue(one, memory, column, windowsOf(one, column).filter(isUsed), at, (held, window) => {
          const again = calls(window)?.readAt === at && needsAll(held, at);
          return held.readAt < memory.movedAt || again;
        }),
  );
}

function metricDue(
  { series }: WantedSeries,
  memory: SeriesMemory,
  column: Column,
  windows: readonly Window[],
  at: EpochMs,
  isTime: (held: Held, window: Window) => boolean,
): readonly Due[] {
  const all: Due[] = [];
  const tail: { readonly window: Window; readonly readAt: EpochMs }[] = [];
  for (const window of windows) {
    const held = heldOf(memory, column, window);
    if (isHeld(held, window) && !isTime(held, window)) continue;
    if (!isHeld(held, window) || needsAll(held, at)) {
      all.push({ series, column, stretch: window, windows: [window], tail: false });
    } else tail.push({ window, readAt: held.readAt });
  }
  if (tail.length === 0) return all;
  const stretch = tailSince(Math.min(...tail.map(({ readAt }) => readAt)), at);
  return [...all, { series, column, stretch, windows: tail.map(({ window }) => window), tail: true }];
}

const windowsOf = ({ columns }: WantedSeries, column: Column): readonly Window[] =>
  [...columns].flatMap(([window, needed]) => (needed.has(column) ? [window] : []));

/** What is needed in a window, if the series' road has it. */
const columnsIn = ({ series, columns }: WantedSeries, window: Window): readonly Column[] =>
  [...(columns.get(window) ?? [])].filter((column) => ROADS[series.road].metrics[column] !== undefined);

const neededColumns = (one: WantedSeries): readonly Column[] => [
  ...new Set([...one.columns.keys()].flatMap((window) => columnsIn(one, window))),
];
