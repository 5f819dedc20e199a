import type { Budget, TimeUnit } from "@aws-sdk/client-budgets";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";

const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
const MONTHS: Readonly<Partial<Record<TimeUnit, number>>> = { MONTHLY: 1, QUARTERLY: 3, ANNUALLY: 12 };

/**
 * The period of a budget that `now` lies in, in UTC; undefined before it began, after it ended, and where its time
 * unit is one that nobody has heard of.
 *
 * Quarters and years count from the month in which the budget begins; one that does not say begins with a January.
 * Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html
 */
export function budgetSpan({ TimeUnit, TimePeriod }: Budget, now: EpochMs): Span | undefined {
  const from = TimePeriod?.Start?.getTime();
  const to = TimePeriod?.End?.getTime();
  if ((from !== undefined && now < from) || (to !== undefined && now >= to)) return undefined;
  if (TimeUnit === "CUSTOM") return from === undefined || to === undefined ? undefined : { start: from, end: to };
  if (TimeUnit === "DAILY") {
    const start = Math.floor(now / DAY_MS) * DAY_MS;
    return { start, end: start + DAY_MS };
  }
  const length = TimeUnit && MONTHS[TimeUnit];
  if (length === undefined) return undefined;
  // Budgets exist that begin one second before a month does.
  const first = from === undefined ? 0 : monthOf(from + SECOND_MS);
  const start = first + Math.floor((monthOf(now) - first) / length) * length;
  return { start: startOf(start), end: startOf(start + length) };
}

/** Months since January of the year 0. */
const monthOf = (at: EpochMs): number => {
  const date = new Date(at);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
};

const startOf = (month: number): EpochMs => Date.UTC(Math.floor(month / 12), month % 12);
