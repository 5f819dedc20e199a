import { matchesAny, type Pattern } from "../model/pattern.ts";
import type { EpochMs, Span } from "../period/period.ts";
import type { WorkedOut } from "../usage/side-by-side.ts";
import { known, type Usage, unknown } from "../usage/usage.ts";
import type { UsagePort, UsageQuery, UsageReading } from "./ports.ts";

const HOUR_MS = 3_600_000;
/** AWS puts usage on the bill at least once a day. */
const LAG_MS = 24 * HOUR_MS;

/**
 * In whole hours, as CloudWatch's points of long ago are: rather too many of what may be on the bill, and too few of
 * what must be.
 */
export function comparedSpans({ start }: Span, asOf: EpochMs): { readonly all: Span; readonly settled: Span } {
  const upTo = (hour: number): Span => ({ start, end: Math.max(start, hour * HOUR_MS) });
  return { all: upTo(Math.ceil(asOf / HOUR_MS)), settled: upTo(Math.floor((asOf - LAG_MS) / HOUR_MS)) };
}

export async function workedOut(
  port: UsagePort,
  source: "logs" | "metrics",
  { all, settled }: { readonly all: Span; readonly settled: Span },
  models: readonly Pattern[],
): Promise<WorkedOut> {
  const spans = [all, settled].filter(({ start, end }) => end > start);
  if (spans.length === 0) return { status: "unknown", why: "nothing of this period is billed yet" };
  const query = (span: Span): UsageQuery => ({ source, measure: "usd", models, span });
  const [first, second] = await port.read(spans.map(query));
  const whole = totalOf(first, models);
  if (whole.status === "unknown") return whole;
  const part = spans.length === 1 ? NOTHING : totalOf(second, models);
  if (part.status === "unknown") return part;
  const unseen = first?.status === "known" ? first.unseen : undefined;
  return { status: "known", settled: part.amount, all: whole.amount, ...(unseen !== undefined && { unseen }) };
}

const NOTHING = known(0);

function totalOf(reading: UsageReading | undefined, models: readonly Pattern[]): Usage {
  if (reading === undefined) return unknown("the source gave no answer");
  if (reading.status === "unknown") return reading;
  const { table } = reading;
  let amount = 0;
  for (const [cell, part] of table.amounts.entries()) {
    if (matchesAny(models, table.models[cell % table.models.length] ?? "")) amount += part;
  }
  return Number.isNaN(amount) ? unknown(table.gap ?? "some usage is unknown") : known(amount);
}

export function together(one: WorkedOut, other: WorkedOut): WorkedOut {
  if (one.status === "unknown") return one;
  if (other.status === "unknown") return other;
  return { status: "known", settled: one.settled + other.settled, all: one.all + other.all };
}

/** What is billed, under whichever model it stands. */
export const billedOf = (reading: UsageReading): Usage => totalOf(reading, ["*"]);
