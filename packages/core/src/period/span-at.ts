import { Temporal } from "temporal-polyfill";
import type { CalendarUnit, EpochMs, Period, Span } from "./period.ts";

/** Finds spans, and remembers the last one of each unit and time zone, as it nearly always holds for the next question too. */
export interface Calendar {
  /**
   * The span of a period that `now` lies in: `start` ≤ `now` < `end`, and a calendar span begins where
   * the one before it ended. A rolling one ends at `now`.
   *
   * @throws RangeError if the time zone is not one of the IANA names.
   */
  spanAt(period: Exclude<Period, { kind: "budget" }>, now: EpochMs): Span;
}

export function createCalendar(): Calendar {
  const last = { hour: new Map(), day: new Map(), week: new Map(), month: new Map() } satisfies Record<
    CalendarUnit,
    Map<string, Span>
  >;
  return {
    spanAt(period, now) {
      if (period.kind === "rolling") return { start: now - period.lengthMs, end: now };
      const { unit, timeZone } = period;
      const remembered: Span | undefined = last[unit].get(timeZone);
      if (remembered !== undefined && remembered.start <= now && now < remembered.end) return remembered;
      const at = Temporal.Instant.fromEpochMilliseconds(Math.floor(now)).toZonedDateTimeISO(timeZone);
      const span = unit === "hour" ? hourOf(at) : datesOf(unit, at);
      last[unit].set(timeZone, span);
      return span;
    },
  };
}

const HOUR_MS = 3_600_000;

/**
 * The hour on the local clock, cut where the clock was changed: an hour that is repeated is two hours,
 * and where clocks move by 30 minutes (Lord Howe) one of the hours is 30 minutes long.
 */
function hourOf(at: Temporal.ZonedDateTime): Span {
  const now = at.epochMilliseconds;
  const local = now + at.offsetNanoseconds / 1e6;
  const start = now - (((local % HOUR_MS) + HOUR_MS) % HOUR_MS);
  const end = start + HOUR_MS;
  // "previous" looks before its moment; a change at this very millisecond is one, too.
  const changed = at.add({ nanoseconds: 1 });
  return {
    start: offsetAt(start, at) === at.offsetNanoseconds ? start : changeOf(changed, "previous", start),
    end: offsetAt(end - 1, at) === at.offsetNanoseconds ? end : changeOf(at, "next", end),
  };
}

const offsetAt = (ms: EpochMs, { timeZoneId }: Temporal.ZonedDateTime): number =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZoneId).offsetNanoseconds;

const changeOf = (at: Temporal.ZonedDateTime, direction: "previous" | "next", otherwise: EpochMs): EpochMs =>
  at.getTimeZoneTransition(direction)?.epochMilliseconds ?? otherwise;

const LENGTH = { day: { days: 1 }, week: { weeks: 1 }, month: { months: 1 } } as const;

function datesOf(unit: keyof typeof LENGTH, at: Temporal.ZonedDateTime): Span {
  // Not always midnight: that is what daylight saving time skips in Cairo, and in Samoa a whole day was skipped.
  const startOf = (date: Temporal.PlainDate) => date.toZonedDateTime(at.timeZoneId).epochMilliseconds;
  const first = firstDate(unit, at.toPlainDate());
  let start = startOf(first);
  let next = first.add(LENGTH[unit]);
  let end = startOf(next);
  // Newfoundland used to set its clocks back at 00:01: after one minute of the new day it was yesterday again.
  while (end <= at.epochMilliseconds) {
    start = end;
    next = next.add(LENGTH[unit]);
    end = startOf(next);
  }
  return { start, end };
}

function firstDate(unit: keyof typeof LENGTH, date: Temporal.PlainDate): Temporal.PlainDate {
  if (unit === "month") return date.with({ day: 1 });
  return unit === "week" ? date.subtract({ days: date.dayOfWeek - 1 }) : date;
}
