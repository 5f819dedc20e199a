import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";

/** One event as a line: when, what, to whom, why, and what ends it. */
export function describeNews(event: GovernorEvent): string {
  const whom = [event.principal, event.models?.join(", ")].filter((part) => part !== undefined).join(" ");
  const limit = event.limit === undefined ? "" : ` (limit ${event.limit})`;
  const ends = event.ends === undefined ? "" : `; ${event.ends}`;
  const about = whom === "" ? "" : `${whom}: `;
  return onOneLine(`${time(event.time)}  ${event.type.padEnd(14)}  ${about}${event.reason}${limit}${ends}`);
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** "Mon 01-05 10:24:31Z". */
function time(at: EpochMs): string {
  const date = new Date(at);
  const text = date.toISOString();
  return `${DAYS[date.getUTCDay()] ?? ""} ${text.slice(5, 10)} ${text.slice(11, 19)}Z`;
}

/** Names that others chose may hold line breaks and terminal codes. */
const onOneLine = (text: string): string => text.replace(/\p{Cc}/gu, "�");
