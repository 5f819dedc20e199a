import { forecast, remember, type UsagePoint } from "@bedrock-governor/console/forecast";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const day = { start: 0, end: 24 * HOUR };
const at = (hours: number, amount: number): UsagePoint => ({ at: hours * HOUR, amount });

describe("a forecast", () => {
  it("goes straight on at the rate of the last quarter of the time so far", () => {
    const points = [at(6, 10), at(9, 10), at(12, 40)];
    expect(forecast(points, day, 12 * HOUR)).toEqual({ amount: 160, perHour: 10 });
  });

  it("stays where it is for whoever has stopped", () => {
    expect(forecast([at(3, 104), at(9, 104), at(12, 104)], day, 12 * HOUR)).toEqual({ amount: 104, perHour: 0 });
  });

  it("takes usage to have grown evenly before the first reading", () => {
    expect(forecast([at(6, 30)], day, 6 * HOUR)).toEqual({ amount: 120, perHour: 5 });
  });

  it("counts from a reset on", () => {
    const points = [at(6, 90), at(10, 0), at(12, 4)];
    expect(forecast(points, day, 12 * HOUR)).toEqual({ amount: 28, perHour: expect.closeTo(2) });
  });

  it("takes whole days of what runs for days, so that nights count as noons do", () => {
    const month = { start: 0, end: 30 * 24 * HOUR };
    // Twelve units between 8:00 and 20:00, nothing at night; it is noon of the third day.
    const points = Array.from({ length: 61 }, (_, hour) =>
      at(hour, Math.floor(hour / 24) * 12 + Math.min(12, Math.max(0, (hour % 24) - 8))),
    );
    expect(forecast(points, month, 60 * HOUR)?.perHour).toBeCloseTo(0.5);
  });

  it.each([
    ["without readings", [], day, HOUR],
    ["right after the beginning", [at(0.02, 1)], day, 0.02 * HOUR],
    ["of a rolling span, which ends now", [at(6, 3), at(12, 6)], { start: 0, end: 12 * HOUR }, 12 * HOUR],
    ["of readings from another span", [at(-4, 3), at(25, 6)], day, 12 * HOUR],
  ])("is not made %s", (_, points, span, now) => {
    expect(forecast(points, span, now)).toBeNull();
  });

  it("is never below what is used already", () => {
    const readings = fc.array(
      fc.tuple(fc.integer({ min: 1, max: 1380 }), fc.double({ min: 0, max: 1e9, noNaN: true })),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(readings, (raw) => {
        const points = raw.map(([minute, amount]) => ({ at: minute * MINUTE, amount })).sort((a, b) => a.at - b.at);
        const found = forecast(points, day, 23 * HOUR);
        if (found !== null) expect(found.amount).toBeGreaterThanOrEqual(points.at(-1)?.amount ?? 0);
      }),
    );
  });
});

describe("a history", () => {
  it("stays short however often usage is read, and keeps the newest reading", () => {
    let points: readonly UsagePoint[] = [];
    for (let minute = 1; minute < 24 * 60; minute++)
      points = remember(points, { at: minute * MINUTE, amount: minute }, day);
    expect(points.length).toBeLessThanOrEqual(96);
    expect(points.at(-1)).toEqual({ at: (24 * 60 - 1) * MINUTE, amount: 24 * 60 - 1 });
    expect(points[0]?.at).toBeLessThan(HOUR);
  });
});
