import { createSeries } from "@bedrock-governor/simulator/account/series";
import { describe, expect, it } from "vitest";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const DAYS = 40;

describe("usage over time", () => {
  it("of any span between quarters of an hour is exact however long ago it was", () => {
    const series = createSeries(1);
    for (let at = 0; at < DAYS * DAY; at += 7 * MINUTE + 13_000) series.add(at, [1 + (at % 5)]);
    const exact = (start: number, end: number) => {
      let sum = 0;
      for (let at = 0; at < end; at += 7 * MINUTE + 13_000) if (at >= start) sum += 1 + (at % 5);
      return sum;
    };
    for (const [start, end] of [
      [0, DAYS * DAY],
      [DAY, 2 * DAY],
      [3 * DAY + 5.5 * HOUR, 4 * DAY + 5.75 * HOUR],
      [10 * DAY + 15 * MINUTE, 31 * DAY],
      [39 * DAY + 17 * MINUTE, 40 * DAY - 3 * MINUTE],
    ] as const) {
      expect([start, series.sum({ start, end }, 0)]).toEqual([start, exact(start, end)]);
    }
  });

  it("counts what comes late where it belongs", () => {
    const series = createSeries(1);
    for (let at = 0; at < 10 * DAY; at += MINUTE) series.add(at, [1]);
    series.add(DAY + 20 * MINUTE, [1000]);
    expect(series.sum({ start: DAY, end: DAY + HOUR }, 0)).toBe(1060);
    expect(series.sum({ start: DAY + HOUR, end: DAY + 2 * HOUR }, 0)).toBe(60);
    expect(series.sum({ start: 0, end: 10 * DAY }, 0)).toBe(10 * 24 * 60 + 1000);
  });
});
