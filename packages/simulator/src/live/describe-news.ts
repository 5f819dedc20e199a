import type { KeyOverview, LimitOverview } from "@bedrock-governor/core/enforcement/overview";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { usageOf } from "@bedrock-governor/core/words/amount";
import type { Live } from "./live.ts";

/** One event as a line: when, what, to whom, why, and what ends it. */
export function describeNews(event: GovernorEvent): string {
  const whom = [event.principal, event.models?.join(", ")].filter((part) => part !== undefined).join(" ");
  const limit = event.limit === undefined ? "" : ` (limit ${event.limit})`;
  const ends = event.ends === undefined ? "" : `; ${event.ends}`;
  return onOneLine(`${time(event.time)}  ${event.type.padEnd(14)}  ${whom}: ${event.reason}${limit}${ends}`);
}

const MOST_KEYS = 3;
const BAR = 20;

/** Where every limit stands: its fullest keys as bars. */
export function describeLimits({ clock, latest }: Live): string {
  const lines = (latest?.overview(MOST_KEYS) ?? []).flatMap((overview) =>
    worthShowing(overview.keys).map((key) =>
      onOneLine(`  ${bar(key)}  ${overview.limit.name.padEnd(24)}  ${stand(overview, key)}`),
    ),
  );
  return [`${time(clock.now())}  Limits`, ...lines].join("\n");
}

/** The fullest key of each limit, and others that have used more than a hair of their threshold. */
const worthShowing = (keys: readonly KeyOverview[]): readonly KeyOverview[] =>
  keys.filter(
    ({ usage, threshold }, index) =>
      index === 0 || usage.status === "unknown" || threshold === undefined || usage.amount / threshold >= 0.02,
  );

function bar({ usage, threshold }: KeyOverview): string {
  if (usage.status === "unknown" || threshold === undefined) return "?".repeat(BAR);
  const full = Math.min(BAR, Math.floor((usage.amount / threshold) * BAR));
  return "█".repeat(full) + "░".repeat(BAR - full);
}

function stand({ limit }: LimitOverview, { key, usage, threshold }: KeyOverview): string {
  const whom = [key.principal, key.model].filter((part) => part !== undefined).join(" ") || "everyone it selects";
  if (usage.status === "unknown" || threshold === undefined) {
    return `unknown for ${whom}: ${usage.status === "unknown" ? usage.why : "no threshold"}`;
  }
  return `${usageOf(limit.measure, usage.amount, threshold)} for ${whom}`;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** "Mon 5 Jan 10:24:31" in UTC. */
function time(at: EpochMs): string {
  const date = new Date(at);
  const text = date.toISOString();
  return `${DAYS[date.getUTCDay()] ?? ""} ${text.slice(5, 10)} ${text.slice(11, 19)}Z`;
}

/** Names that others chose may hold line breaks and terminal codes. */
const onOneLine = (text: string): string => text.replace(/\p{Cc}/gu, "�");
