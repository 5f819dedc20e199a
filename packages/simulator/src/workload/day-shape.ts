import type { Random } from "../random.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

/** The company's clock is one hour ahead of UTC, as Berlin's is in January. It knows no summer time. */
const AHEAD_MS = HOUR_MS;

/** Milliseconds since the start of a day of the trace (in UTC) at an hour of the company's clock. */
export const atOfficeHour = (hour: number): number => hour * HOUR_MS - AHEAD_MS;

/** How busy each hour of the company's clock is, from 0 to 1: points, joined by straight lines. */
export type DayShape = readonly (readonly [hour: number, busy: number])[];

/** People at desks: a slow start, a dip at lunch, a few who stay late. */
export const OFFICE: DayShape = [
  [7, 0],
  [9.25, 0.95],
  [11.5, 1],
  [12.5, 0.4],
  [13.75, 1],
  [16.5, 0.85],
  [18, 0.3],
  [21, 0],
];

/** Customers: never none, most of them from morning to evening. */
export const CUSTOMERS: DayShape = [
  [0, 0.15],
  [5, 0.08],
  [9, 0.8],
  [11, 1],
  [12.5, 0.75],
  [15, 0.95],
  [19, 0.8],
  [21, 0.5],
  [24, 0.15],
];

/** A job that the scheduler starts at half past one. */
export const NIGHT: DayShape = [
  [1.45, 0],
  [1.5, 1],
  [3.75, 1],
  [4.25, 0],
];

/** A moment of the day, in milliseconds since its start in UTC, busy hours being likelier. */
export function timeOfDay(random: Random, shape: DayShape): number {
  for (;;) {
    const at = random.uniform(0, DAY_MS);
    if (random.next() < busyAt(shape, ((at + AHEAD_MS) % DAY_MS) / HOUR_MS)) return at;
  }
}

function busyAt(shape: DayShape, hour: number): number {
  for (let i = 1; i < shape.length; i++) {
    const [from, before] = shape[i - 1] ?? [0, 0];
    const [to, after] = shape[i] ?? [0, 0];
    if (from <= hour && hour < to) return before + ((after - before) * (hour - from)) / (to - from);
  }
  return 0;
}
