import type { CalendarUnit, Period } from "@bedrock-governor/core/period/period";
import { createCalendar } from "@bedrock-governor/core/period/span-at";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const HOUR = 3_600_000;
const MINUTE = 60_000;
const UNITS: readonly CalendarUnit[] = ["hour", "day", "week", "month"];

const calendar = (unit: CalendarUnit, timeZone: string): Extract<Period, { kind: "calendar" }> => ({
  kind: "calendar",
  unit,
  timeZone,
});

function span(unit: CalendarUnit, timeZone: string, now: string) {
  const { start, end } = createCalendar().spanAt(calendar(unit, timeZone), Date.parse(now));
  return [new Date(start), new Date(end)].map((at) => at.toISOString().replace(":00.000Z", "Z"));
}

describe("a calendar span", () => {
  it.each<[CalendarUnit, string, string, string, string]>([
    ["hour", "UTC", "2026-01-05T10:59:59.999Z", "2026-01-05T10:00Z", "2026-01-05T11:00Z"],
    ["hour", "Asia/Kolkata", "2026-01-05T10:00Z", "2026-01-05T09:30Z", "2026-01-05T10:30Z"],
    ["hour", "Asia/Kathmandu", "2026-01-05T10:00Z", "2026-01-05T09:15Z", "2026-01-05T10:15Z"],
    ["day", "Europe/Berlin", "2026-01-05T23:00Z", "2026-01-05T23:00Z", "2026-01-06T23:00Z"],
    ["day", "Asia/Kolkata", "2026-01-05T18:29Z", "2026-01-04T18:30Z", "2026-01-05T18:30Z"],
    ["week", "UTC", "2026-01-04T12:00Z", "2025-12-29T00:00Z", "2026-01-05T00:00Z"],
    ["week", "America/Los_Angeles", "2026-01-05T07:59Z", "2025-12-29T08:00Z", "2026-01-05T08:00Z"],
    ["month", "UTC", "2026-01-31T23:59:59.999Z", "2026-01-01T00:00Z", "2026-02-01T00:00Z"],
    ["month", "UTC", "2028-02-29T12:00Z", "2028-02-01T00:00Z", "2028-03-01T00:00Z"],
    ["month", "Pacific/Kiritimati", "2026-12-31T10:00Z", "2026-12-31T10:00Z", "2027-01-31T10:00Z"],
  ])("follows the local clock: %s in %s at %s", (unit, zone, now, start, end) => {
    expect(span(unit, zone, now)).toEqual([start, end]);
  });

  it.each<[string, CalendarUnit, string, string, string, string]>([
    ["a day of 23 hours", "day", "Europe/Berlin", "2026-03-29T12:00Z", "2026-03-28T23:00Z", "2026-03-29T22:00Z"],
    ["a day of 25 hours", "day", "Europe/Berlin", "2026-10-25T12:00Z", "2026-10-24T22:00Z", "2026-10-25T23:00Z"],
    ["a week of 167 hours", "week", "Europe/Berlin", "2026-03-29T12:00Z", "2026-03-22T23:00Z", "2026-03-29T22:00Z"],
    [
      "a month with a change",
      "month",
      "America/New_York",
      "2026-11-09T12:00Z",
      "2026-11-01T04:00Z",
      "2026-12-01T05:00Z",
    ],
    [
      "02:00 for the first time",
      "hour",
      "Europe/Berlin",
      "2026-10-25T00:30Z",
      "2026-10-25T00:00Z",
      "2026-10-25T01:00Z",
    ],
    ["02:00 again", "hour", "Europe/Berlin", "2026-10-25T01:30Z", "2026-10-25T01:00Z", "2026-10-25T02:00Z"],
    ["the hour after a gap", "hour", "Europe/Berlin", "2026-03-29T01:00Z", "2026-03-29T01:00Z", "2026-03-29T02:00Z"],
    [
      "half an hour repeated",
      "hour",
      "Australia/Lord_Howe",
      "2026-04-04T15:10Z",
      "2026-04-04T15:00Z",
      "2026-04-04T15:30Z",
    ],
    [
      "half an hour skipped",
      "hour",
      "Australia/Lord_Howe",
      "2026-10-03T15:40Z",
      "2026-10-03T15:30Z",
      "2026-10-03T16:00Z",
    ],
    [
      "no midnight in São Paulo",
      "day",
      "America/Sao_Paulo",
      "2018-11-04T12:00Z",
      "2018-11-04T03:00Z",
      "2018-11-05T02:00Z",
    ],
    ["no midnight in Cairo", "day", "Africa/Cairo", "2026-04-24T12:00Z", "2026-04-23T22:00Z", "2026-04-24T21:00Z"],
    ["two midnights in Havana", "day", "America/Havana", "2026-11-01T12:00Z", "2026-11-01T04:00Z", "2026-11-02T05:00Z"],
    [
      "Samoa before its skipped day",
      "day",
      "Pacific/Apia",
      "2011-12-30T09:59Z",
      "2011-12-29T10:00Z",
      "2011-12-30T10:00Z",
    ],
    [
      "Samoa after its skipped day",
      "day",
      "Pacific/Apia",
      "2011-12-30T10:00Z",
      "2011-12-30T10:00Z",
      "2011-12-31T10:00Z",
    ],
    [
      "a minute of tomorrow in Newfoundland",
      "day",
      "America/St_Johns",
      "2010-11-07T02:31:30Z",
      "2010-11-07T02:30Z",
      "2010-11-08T03:30Z",
    ],
  ])("survives a change of the clocks: %s", (_, unit, zone, now, start, end) => {
    expect(span(unit, zone, now)).toEqual([start, end]);
  });

  const zones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"), "UTC", "+05:30");
  const instants = fc.integer({ min: Date.parse("1975-01-01"), max: Date.parse("2060-01-01") });

  it("holds the moment asked for, and begins where the one before it ended", () => {
    fc.assert(
      fc.property(fc.constantFrom(...UNITS), zones, instants, (unit, zone, now) => {
        const period = calendar(unit, zone);
        const found = createCalendar().spanAt(period, now);
        expect(found.start).toBeLessThanOrEqual(now);
        expect(found.end).toBeGreaterThan(now);
        expect(createCalendar().spanAt(period, found.start)).toEqual(found);
        expect(createCalendar().spanAt(period, found.end - 1)).toEqual(found);
        expect(createCalendar().spanAt(period, found.end).start).toBe(found.end);
        expect(createCalendar().spanAt(period, found.start - 1).end).toBe(found.start);
      }),
      { numRuns: 2000 },
    );
  });

  it("tiles the days around every change of the clocks", () => {
    const torn: string[] = [];
    for (const zone of ["Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia", "America/St_Johns"]) {
      for (const unit of UNITS) {
        const { spanAt } = createCalendar();
        let before = spanAt(calendar(unit, zone), Date.parse("2010-09-01"));
        while (before.end < Date.parse("2012-02-01")) {
          const next = spanAt(calendar(unit, zone), before.end);
          if (next.start !== before.end) torn.push(`${unit} in ${zone} at ${new Date(before.end).toISOString()}`);
          before = next;
        }
      }
    }
    expect(torn).toEqual([]);
  });

  it("is no longer than its name says", () => {
    const longest = { hour: HOUR, day: 25 * HOUR, week: 169 * HOUR, month: (31 * 24 + 1) * HOUR };
    fc.assert(
      fc.property(fc.constantFrom(...UNITS), instants, (unit, now) => {
        const { start, end } = createCalendar().spanAt(calendar(unit, "America/New_York"), now);
        expect(end - start).toBeLessThanOrEqual(longest[unit]);
      }),
    );
  });

  it("is the same whatever was asked before", () => {
    const used = createCalendar();
    fc.assert(
      fc.property(
        fc.constantFrom(...UNITS),
        fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kolkata"),
        fc.integer({ min: Date.parse("2026-03-28"), max: Date.parse("2026-03-31") }),
        (unit, zone, now) => {
          const period = calendar(unit, zone);
          expect(used.spanAt(period, now)).toEqual(createCalendar().spanAt(period, now));
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is found again without a calculation as long as it lasts", () => {
    const used = createCalendar();
    const period = calendar("day", "Europe/Berlin");
    const first = used.spanAt(period, Date.parse("2026-01-05T08:00Z"));
    expect(used.spanAt({ ...period }, Date.parse("2026-01-05T22:59Z"))).toBe(first);
  });

  it("takes a moment between two milliseconds", () => {
    const now = Date.parse("2026-01-05T10:00Z") - 0.25;
    const { start, end } = createCalendar().spanAt(calendar("hour", "UTC"), now);
    expect([start, end]).toEqual([Date.parse("2026-01-05T09:00Z"), Date.parse("2026-01-05T10:00Z")]);
  });

  it("refuses a time zone that does not exist", () => {
    expect(() => span("day", "Europe/Atlantis", "2026-01-05T10:00Z")).toThrow(RangeError);
  });
});

describe("a rolling span", () => {
  it("ends now", () => {
    const now = Date.parse("2026-01-05T10:00Z");
    const quarter: Period = { kind: "rolling", lengthMs: 15 * MINUTE, text: "PT15M" };
    expect(createCalendar().spanAt(quarter, now)).toEqual({ start: now - 15 * MINUTE, end: now });
  });
});
