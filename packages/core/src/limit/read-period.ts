import { Temporal } from "temporal-polyfill";
import type { CalendarUnit } from "../period/period.ts";
import { nearest } from "./nearest.ts";
import type { Fault } from "./problem.ts";

const MINUTE_MS = 60_000;
const SHORTEST_MS = 5 * MINUTE_MS;
const LONGEST_MS = 31 * 24 * 60 * MINUTE_MS;
const UNITS = ["hour", "day", "week", "month"] as const satisfies readonly CalendarUnit[];

export const MUST_BE_PERIOD = 'must be "hour", "day", "week", "month" or "rolling " and an ISO 8601 duration';
export const MUST_BE_TIME_ZONE = "must be the name of a time zone";

/** A period as a limit writes it; a calendar period still lacks its time zone. */
export type WrittenPeriod =
  | { readonly kind: "calendar"; readonly unit: CalendarUnit }
  | { readonly kind: "rolling"; readonly lengthMs: number; readonly text: string };

export function readPeriod(text: string): { readonly value: WrittenPeriod } | Fault {
  const unit = UNITS.find((known) => known === text);
  if (unit !== undefined) return { value: { kind: "calendar", unit } };
  const duration = /^rolling (\S+)$/.exec(text)?.[1];
  if (duration !== undefined) return readRolling(duration);
  if (/^P[\dT]/i.test(text))
    return { problem: MUST_BE_PERIOD, remedy: `write ${JSON.stringify(`rolling ${text.toUpperCase()}`)}` };
  if (/^rolling/i.test(text)) return { problem: MUST_BE_PERIOD, remedy: 'write it as in "rolling PT15M"' };
  const meant = text === "daily" ? "day" : nearest(text, UNITS);
  return {
    problem: MUST_BE_PERIOD,
    remedy: `write ${meant === undefined ? 'one of these, as in "day" or "rolling PT15M"' : `"${meant}"`}`,
  };
}

function readRolling(text: string): { readonly value: WrittenPeriod } | Fault {
  const duration = parseDuration(text);
  if (duration === undefined) {
    return {
      problem: `has ${JSON.stringify(text)} where an ISO 8601 duration in weeks, days, hours and whole minutes should be`,
      remedy: 'write it as in "rolling PT15M" (15 minutes), "rolling PT6H" or "rolling P7D"',
    };
  }
  const days = duration.weeks * 7 + duration.days;
  const lengthMs = ((days * 24 + duration.hours) * 60 + duration.minutes) * MINUTE_MS;
  if (lengthMs < SHORTEST_MS || lengthMs > LONGEST_MS) {
    return {
      problem: "must be at least 5 minutes (PT5M) and at most 31 days (P31D)",
      remedy: lengthMs < SHORTEST_MS ? 'write "rolling PT5M" or longer' : 'write "rolling P31D" or shorter, or "month"',
    };
  }
  return { value: { kind: "rolling", lengthMs, text: duration.toString() } };
}

/** Undefined unless it consists of weeks, days, hours and minutes; a month has no fixed length. */
function parseDuration(text: string): Temporal.Duration | undefined {
  if (!/^P/i.test(text)) return undefined;
  try {
    const duration = Temporal.Duration.from(text);
    const other = [
      duration.years,
      duration.months,
      duration.seconds,
      duration.milliseconds,
      duration.microseconds,
      duration.nanoseconds,
    ];
    return other.every((amount) => amount === 0) ? duration : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Brings a time zone's name into its usual spelling. Offsets are refused: they know no summer time. */
export function readTimeZone(text: string): { readonly value: string } | Fault {
  if (!/^[A-Za-z][\w+/-]*$/.test(text)) return timeZoneFault(text);
  try {
    return { value: new Temporal.ZonedDateTime(0n, text).timeZoneId };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return timeZoneFault(text);
  }
}

function timeZoneFault(text: string): Fault {
  const known = Intl.supportedValuesOf("timeZone");
  const city = text.replaceAll(" ", "_").toLowerCase();
  const meant = known.find((name) => city !== "" && name.toLowerCase().endsWith(`/${city}`)) ?? nearest(text, known);
  const remedy = meant === undefined ? 'write it as in "Europe/Berlin", or leave it out for UTC' : `write "${meant}"`;
  return { problem: `${MUST_BE_TIME_ZONE} as IANA lists them`, remedy };
}
