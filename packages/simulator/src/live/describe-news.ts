import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";

/** One event as a line: when, what, to whom, why, and what ends it. */
export function describeNews(event: GovernorEvent, timeZone: string): string {
  const whom = [event.principal, event.models?.join(", ")].filter((part) => part !== undefined).join(" ");
  const limit = event.limit === undefined ? "" : ` (limit ${event.limit})`;
  const ends = event.ends === undefined ? "" : `; ${event.ends}`;
  const about = whom === "" ? "" : `${whom}: `;
  return onOneLine(`${time(event.time, timeZone)}  ${event.type.padEnd(14)}  ${about}${event.reason}${limit}${ends}`);
}

/** "Mon 01-05 11:24:31", as the clocks of the time zone show it. */
function time(at: EpochMs, timeZone: string): string {
  const parts = new Map(
    formatIn(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const of = (...names: Intl.DateTimeFormatPartTypes[]) => names.map((name) => parts.get(name) ?? "");
  return `${of("weekday").join("")} ${of("month", "day").join("-")} ${of("hour", "minute", "second").join(":")}`;
}

const formatIn = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat("en-US", {
    timeZone,
    weekday: "short",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });

/** Names that others chose may hold line breaks and terminal codes. */
const onOneLine = (text: string): string => text.replace(/\p{Cc}/gu, "�");
