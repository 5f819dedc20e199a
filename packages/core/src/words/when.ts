import { Temporal } from "temporal-polyfill";
import type { EpochMs, Period } from "../period/period.ts";

const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * A moment as its readers' clock shows it, with as much of the date as tells it from others:
 * "00:00 Europe/Berlin" within the next 24 hours, then "Mon 12 Jan 00:00 …" within a week,
 * "1 Feb 00:00 …", and "1 Jan 2027 00:00 …" in another year.
 */
export function clock(at: EpochMs, timeZone: string, now: EpochMs): string {
  const then = local(at, timeZone);
  const ahead = at - now;
  const words: string[] = [];
  if (ahead < 0 || ahead >= DAY) {
    if (ahead >= DAY && ahead < 7 * DAY) words.push(DAYS[then.dayOfWeek - 1] ?? "");
    words.push(`${then.day}`, MONTHS[then.month - 1] ?? "");
    if (then.year !== local(now, timeZone).year) words.push(`${then.year}`);
  }
  const time = [then.hour, then.minute, ...(then.second === 0 ? [] : [then.second])];
  words.push(time.map((part) => `${part}`.padStart(2, "0")).join(":"), timeZone);
  return words.join(" ");
}

const local = (at: EpochMs, timeZone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO(timeZone);

/** The present span of a period, as in "$12 of $100 today". */
export function periodName(period: Period): string {
  if (period.kind === "budget") return "in the budget's period";
  if (period.kind === "rolling") return `in the last ${rollingLength(period.lengthMs).replace(/^1 /, "")}`;
  return period.unit === "day" ? "today" : `this ${period.unit}`;
}

/** Any span of a period, the present one or an earlier, as in "$120 of $100 in one day". */
export function anyPeriodName(period: Period): string {
  if (period.kind === "budget") return "in a budget's period";
  return period.kind === "rolling" ? `within ${rollingLength(period.lengthMs)}` : `in one ${period.unit}`;
}

/** "15 minutes", "1 hour", "24 hours", "2 days": the largest unit that gives a whole number, days from two on. */
function rollingLength(ms: number): string {
  if (ms >= 2 * DAY && ms % DAY === 0) return `${ms / DAY} days`;
  const [size, unit] = ms % HOUR === 0 ? [HOUR, "hour"] : ms % MINUTE === 0 ? [MINUTE, "minute"] : [SECOND, "second"];
  return `${ms / size} ${unit}${ms === size ? "" : "s"}`;
}

const UNITS = [
  { size: DAY, name: "d", lower: HOUR, lowerName: "h" },
  { size: HOUR, name: "h", lower: MINUTE, lowerName: "m" },
  { size: MINUTE, name: "m", lower: SECOND, lowerName: "s" },
  { size: SECOND, name: "s", lower: SECOND, lowerName: "s" },
] as const;

/** A length of time, rounded to its two largest units: "3 m 20 s", "2 d 3 h", "350 ms". */
export function lasts(ms: number): string {
  const whole = Math.round(ms);
  // Rounding first: 59.9 seconds are 1 m, not 0 m 60 s.
  const unit = UNITS.find(({ size, lower }) => Math.round(whole / lower) * lower >= size);
  if (unit === undefined || whole < SECOND) return `${whole} ms`;
  const rounded = Math.round(whole / unit.lower) * unit.lower;
  const rest = (rounded % unit.size) / unit.lower;
  return `${Math.floor(rounded / unit.size)} ${unit.name}${rest === 0 ? "" : ` ${rest} ${unit.lowerName}`}`;
}
