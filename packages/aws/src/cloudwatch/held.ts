import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Stretch } from "./resolution.ts";
import type { Points } from "./series.ts";

/** What is remembered of one metric at one resolution. */
export interface Held {
  from: EpochMs;
  /** When all of it was read. */
  readonly fullAt: EpochMs;
  readAt: EpochMs;
  readonly points: Map<EpochMs, number>;
}

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Points change for minutes after they first appear. */
const OVERLAP_MS = 30 * MINUTE_MS;
/** What was published later than the overlap is found after this time. */
const FULL_EVERY_MS = 6 * HOUR_MS;

/** Says whether a window is remembered from its start on. */
export const isHeld = (held: Held | undefined, { start }: Stretch): held is Held =>
  held !== undefined && held.from <= start;

/** Says whether only tails of it have been read for long enough. */
export const needsAll = ({ fullAt }: Held, at: EpochMs): boolean => at - fullAt >= FULL_EVERY_MS;

/**
 * The minutes that bring everything up to date that was read then or later: CloudWatch charges by the metric,
 * so one request for minutes replaces one for each window. It begins with an hour, as points of every resolution do.
 */
export function tailSince(readAt: EpochMs, at: EpochMs): Stretch {
  const start = Math.floor((readAt - OVERLAP_MS) / HOUR_MS) * HOUR_MS;
  return { resolutionMs: MINUTE_MS, start, end: Math.ceil(at / MINUTE_MS) * MINUTE_MS };
}

/** Remembers all of a window. @returns what is held, and whether it differs from what was held of the same time. */
export function hold(before: Held | undefined, { start }: Stretch, points: Points, at: EpochMs) {
  const held: Held = { from: start, fullAt: at, readAt: at, points: new Map(points) };
  return { held, moved: before !== undefined && differ(before, points, Math.max(start, before.from)) };
}

function differ({ points: before }: Held, now: Points, start: EpochMs): boolean {
  const times = new Set([...before.keys(), ...now.keys()]);
  return [...times].some((time) => time >= start && before.get(time) !== now.get(time));
}

/**
 * Puts a tail in the place of the points it covers; never adds to them, as it has every minute of each.
 *
 * @returns whether any point is another than before. Points that left the window do not count.
 */
export function replaceTail(held: Held, window: Stretch, tail: Stretch, points: Points, at: EpochMs): boolean {
  forgetBefore(held, window.start);
  const sums = new Map<EpochMs, number>();
  for (const [time, value] of points) {
    const slot = Math.floor(time / window.resolutionMs) * window.resolutionMs;
    sums.set(slot, (sums.get(slot) ?? 0) + value);
  }
  let moved = false;
  for (let slot = Math.max(tail.start, held.from); slot < tail.end; slot += window.resolutionMs) {
    const value = sums.get(slot);
    moved ||= held.points.get(slot) !== value;
    held.points.delete(slot);
    if (value !== undefined) held.points.set(slot, value);
  }
  held.readAt = at;
  return moved;
}

function forgetBefore(held: Held, start: EpochMs): void {
  held.from = Math.max(held.from, start);
  for (const time of held.points.keys()) {
    // They are in the order of time.
    if (time >= held.from) return;
    held.points.delete(time);
  }
}

export function hasPointsSince({ points }: Held, start: EpochMs): boolean {
  for (const time of points.keys()) if (time >= start) return true;
  return false;
}
