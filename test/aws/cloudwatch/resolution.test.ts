import { pointsIn, resolutionOf, windowsOf } from "@bedrock-governor/aws/cloudwatch/resolution";
import { createCalendar } from "@bedrock-governor/core/period/span-at";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const NOW = Date.UTC(2026, 10, 28, 14, 37, 12, 345);
const MINUTE = 60_000;
const DAY = 86_400_000;
const { spanAt } = createCalendar();
const calendar = (unit: "hour" | "day" | "week" | "month", timeZone: string) =>
  spanAt({ kind: "calendar", unit, timeZone }, NOW);
const rolling = (lengthMs: number) => spanAt({ kind: "rolling", lengthMs, text: "" }, NOW);

const CALENDAR = (["hour", "day", "week", "month"] as const).flatMap((unit) =>
  ["UTC", "Asia/Kolkata", "Asia/Kathmandu"].map((zone) => calendar(unit, zone)),
);

describe("the resolution of a span", () => {
  it.each([
    ["an hour in UTC", calendar("hour", "UTC"), 3600],
    ["a day in Berlin", calendar("day", "Europe/Berlin"), 3600],
    ["a month in Berlin", calendar("month", "Europe/Berlin"), 3600],
    ["an hour in Kolkata", calendar("hour", "Asia/Kolkata"), 1800],
    ["a day in Kolkata", calendar("day", "Asia/Kolkata"), 1800],
    ["a month in Kathmandu", calendar("month", "Asia/Kathmandu"), 900],
    ["a week in Chatham", calendar("week", "Pacific/Chatham"), 900],
    ["the last five minutes", rolling(5 * MINUTE), 60],
    ["the last 24 hours", rolling(DAY), 60],
    ["the last 7 days", rolling(7 * DAY), 300],
    ["the last 14 days", rolling(14 * DAY), 900],
    ["the last 31 days", rolling(31 * DAY), 900],
    [
      "a month since it was reset at 14:07 a week ago",
      { start: NOW - 12_345 - 30 * MINUTE - 8 * DAY, end: NOW + 3 * DAY },
      900,
    ],
    ["a month since it was reset an hour ago", { start: NOW - 12_345 - 60 * MINUTE, end: NOW + 3 * DAY }, 60],
    ["something a quarter of a year ago", { start: NOW - 90 * DAY, end: NOW - 80 * DAY }, 3600],
    [
      "a stretch that ended at a quarter past",
      { start: NOW - 12_345 - 37 * MINUTE, end: NOW - 12_345 - 22 * MINUTE },
      900,
    ],
  ] as const)("for %s is %j at %i seconds", (_name, span, seconds) => {
    expect(resolutionOf(span, NOW) / 1000).toBe(seconds);
  });

  it.each([5 * MINUTE, DAY, DAY + MINUTE, 7 * DAY, 7 * DAY + MINUTE, 31 * DAY])(
    "holds at most 3000 points of a metric, and counts nearly all of the last %i ms",
    (lengthMs) => {
      const span = rolling(lengthMs);
      const [window] = windowsOf([span], NOW);
      if (window === undefined) throw new Error("no window");
      expect(pointsIn(window)).toBeLessThanOrEqual(3000);
      expect(window.start).toBeGreaterThanOrEqual(span.start);
      if (lengthMs > DAY) expect(window.start - span.start).toBeLessThan(lengthMs / 288);
    },
  );

  it("puts what can be read at once into one window", () => {
    const shapes = windowsOf(
      [
        calendar("day", "UTC"),
        calendar("month", "UTC"),
        calendar("day", "Asia/Kolkata"),
        rolling(5 * MINUTE),
        rolling(31 * DAY),
      ],
      NOW,
    ).map(({ resolutionMs, spans }) => [resolutionMs / 1000, spans.length]);
    // Quarters of an hour of a month are read anyway, and no minutes of it are left.
    expect(shapes).toEqual([
      [900, 4],
      [60, 1],
    ]);
    const days = windowsOf([calendar("day", "UTC"), calendar("day", "Asia/Kolkata"), rolling(5 * MINUTE)], NOW);
    expect(days.map(({ resolutionMs, spans }) => [resolutionMs / 1000, spans.length])).toEqual([[60, 3]]);
    const week = windowsOf([calendar("week", "UTC"), rolling(5 * MINUTE)], NOW);
    expect(week.map(({ resolutionMs }) => resolutionMs / 1000)).toEqual([3600, 60]);
  });

  it("reads every span in exactly one window, from its first whole point to now", () => {
    const span = fc
      .tuple(
        fc.integer({ min: 0, max: 31 * 24 * 60 }),
        fc.integer({ min: 0, max: 59_999 }),
        fc.integer({ min: 1, max: DAY }),
      )
      .map(([minutes, ms, length]) => ({
        start: NOW - minutes * MINUTE - ms,
        end: NOW - minutes * MINUTE - ms + length,
      }));
    fc.assert(
      fc.property(fc.array(fc.oneof(span, fc.constantFrom(...CALENDAR)), { minLength: 1, maxLength: 8 }), (some) => {
        const spans = some.map((one) => ({ ...one }));
        const windows = windowsOf(spans, NOW);
        for (const one of spans) {
          const within = windows.filter(({ spans }) => spans.includes(one));
          expect(within).toHaveLength(1);
          const [window] = within;
          if (window === undefined) continue;
          expect(window.start - one.start).toBeLessThan(window.resolutionMs);
          expect(window.end).toBeGreaterThanOrEqual(Math.min(one.end, NOW));
        }
        expect(new Set(windows.map(({ resolutionMs }) => resolutionMs)).size).toBe(windows.length);
      }),
    );
  });
});
