import type { Period } from "@bedrock-governor/core/period/period";
import { anyPeriodName, clock, lasts, periodName } from "@bedrock-governor/core/words/when";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("a moment", () => {
  const now = "2026-01-09T20:30Z";

  it.each([
    ["2026-01-09T23:00Z", "Europe/Berlin", "00:00 Europe/Berlin"],
    ["2026-01-10T00:00Z", "UTC", "00:00 UTC"],
    ["2026-01-09T20:30Z", "UTC", "20:30 UTC"],
    ["2026-01-10T20:29Z", "UTC", "20:29 UTC"],
    ["2026-01-10T20:30Z", "UTC", "Sat 10 Jan 20:30 UTC"],
    ["2026-01-11T23:00Z", "Europe/Berlin", "Mon 12 Jan 00:00 Europe/Berlin"],
    ["2026-02-01T00:00Z", "UTC", "1 Feb 00:00 UTC"],
    ["2026-01-09T12:34:56Z", "UTC", "9 Jan 12:34:56 UTC"],
    ["2027-01-01T00:00Z", "UTC", "1 Jan 2027 00:00 UTC"],
    ["2026-12-31T18:30Z", "Asia/Kolkata", "1 Jan 2027 00:00 Asia/Kolkata"],
    ["2025-12-31T23:00Z", "UTC", "31 Dec 2025 23:00 UTC"],
  ])("%s in %s is %s", (at, zone, words) => {
    expect(clock(Date.parse(at), zone, Date.parse(now))).toBe(words);
  });

  it("keeps its year at the turn of one", () => {
    expect(clock(Date.parse("2027-01-03T23:00Z"), "UTC", Date.parse("2026-12-31T12:00Z"))).toBe(
      "Sun 3 Jan 2027 23:00 UTC",
    );
  });
});

describe("a period", () => {
  const calendar = (unit: "hour" | "day" | "week" | "month"): Period => ({ kind: "calendar", unit, timeZone: "UTC" });
  const rolling = (text: string, minutes: number): Period => ({ kind: "rolling", lengthMs: minutes * 60_000, text });

  it.each<[Period, string, string]>([
    [calendar("hour"), "this hour", "in one hour"],
    [calendar("day"), "today", "in one day"],
    [calendar("week"), "this week", "in one week"],
    [calendar("month"), "this month", "in one month"],
    [rolling("PT5M", 5), "in the last 5 minutes", "within 5 minutes"],
    [rolling("PT15M", 15), "in the last 15 minutes", "within 15 minutes"],
    [rolling("PT1H", 60), "in the last hour", "within 1 hour"],
    [rolling("PT90M", 90), "in the last 90 minutes", "within 90 minutes"],
    [rolling("P1D", 24 * 60), "in the last 24 hours", "within 24 hours"],
    [rolling("PT36H", 36 * 60), "in the last 36 hours", "within 36 hours"],
    [rolling("P31D", 31 * 24 * 60), "in the last 31 days", "within 31 days"],
    [{ kind: "budget" }, "in the budget's period", "in a budget's period"],
  ])("%o is called %s, and %s when it is over", (period, present, any) => {
    expect(periodName(period)).toBe(present);
    expect(anyPeriodName(period)).toBe(any);
  });
});

describe("a length of time", () => {
  it.each([
    [0, "0 ms"],
    [350, "350 ms"],
    [999.7, "1 s"],
    [1400, "1 s"],
    [59_900, "1 m"],
    [60_000, "1 m"],
    [200_000, "3 m 20 s"],
    [3_599_600, "1 h"],
    [3_900_000, "1 h 5 m"],
    [86_399_000, "1 d"],
    [183_600_000, "2 d 3 h"],
  ])("%d ms is %s", (ms, words) => {
    expect(lasts(ms)).toBe(words);
  });

  it("is told within half of its smaller unit", () => {
    const sizes = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 * 86_400_000 }), (ms) => {
        const parts = [...lasts(ms).matchAll(/(\d+) (d|h|ms|m|s)/g)];
        const told = parts.reduce((sum, [, n, unit]) => sum + Number(n) * sizes[unit as keyof typeof sizes], 0);
        expect(Math.abs(told - ms)).toBeLessThanOrEqual(ms >= 86_400_000 ? 1_800_000 : ms >= 3_600_000 ? 30_000 : 500);
      }),
    );
  });
});
