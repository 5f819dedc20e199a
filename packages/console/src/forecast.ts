import type { EpochMs, Span } from "@bedrock-governor/core/period/period";

/** A limit's usage as it was read at one time: the sum since its span began. */
export interface UsagePoint {
  readonly at: EpochMs;
  readonly amount: number;
}

/** Usage at the end of a span if it goes on as it recently went. */
export interface Forecast {
  readonly amount: number;
  readonly perHour: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MOST_POINTS = 96;

/**
 * Says where usage will be at the end of its span: straight on at the recent rate.
 *
 * Recent is the last quarter of the time since the span began. Of what has run for days it is whole
 * days, so that a quiet night counts as much as a busy noon. Before the first reading usage is taken
 * to have grown evenly from 0, where the span began. A reading lower than the one before it is a
 * reset, and what was before that no longer counts.
 *
 * @param points ascending; those outside the span are left out.
 * @returns null where nothing can be said: no readings, too short a time, or a span that ends now, as
 *   rolling ones do.
 */
export function forecast(points: readonly UsagePoint[], span: Span, now: EpochMs): Forecast | null {
  if (span.end <= now) return null;
  const line = sinceReset(points, span, now);
  const [first, last] = [line[0], line[line.length - 1]];
  if (first === undefined || last === undefined) return null;
  const from = Math.max(first.at, last.at - recent(last.at - span.start));
  if (last.at - from < Math.min(10 * MINUTE, (span.end - span.start) / 20)) return null;
  const rate = Math.max(0, (last.amount - amountAt(line, from)) / (last.at - from));
  return { amount: last.amount + rate * (span.end - last.at), perHour: rate * HOUR };
}

function recent(elapsed: number): number {
  if (elapsed >= DAY) return Math.max(1, Math.floor(elapsed / 4 / DAY)) * DAY;
  return Math.max(elapsed / 4, 10 * MINUTE);
}

function sinceReset(points: readonly UsagePoint[], span: Span, now: EpochMs): readonly UsagePoint[] {
  let line: UsagePoint[] = [{ at: span.start, amount: 0 }];
  for (const point of points) {
    if (point.at <= span.start || point.at >= span.end || point.at > now) continue;
    if (point.amount < (line[line.length - 1]?.amount ?? 0)) line = [];
    line.push(point);
  }
  return line;
}

function amountAt(line: readonly UsagePoint[], at: EpochMs): number {
  const after = line.findIndex((point) => point.at >= at);
  const [left, right] = [line[after - 1], line[after]];
  if (right === undefined) return 0;
  if (left === undefined) return right.amount;
  return left.amount + ((right.amount - left.amount) * (at - left.at)) / (right.at - left.at);
}

/**
 * A history with one more reading, bounded: readings closer together than an 80th of the span take each other's place,
 * and the oldest go first.
 */
export function remember(points: readonly UsagePoint[], point: UsagePoint, span: Span): readonly UsagePoint[] {
  const before = points[points.length - 2];
  const crowded = before !== undefined && point.at - before.at < (span.end - span.start) / 80;
  return [...(crowded ? points.slice(0, -1) : points), point].slice(-MOST_POINTS);
}
