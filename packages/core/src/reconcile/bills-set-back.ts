import type { LimitReadings } from "../enforcement/judge-limit.ts";
import { isBudget, type Limit } from "../limit/limit.ts";
import type { EpochMs, Span } from "../period/period.ts";
import { amount } from "../words/amount.ts";
import { billedOf } from "./bill-sums.ts";
import { type JournalEntry, type Mark, type MarkOf, marksOf } from "./journal.ts";
import type { UsageReading } from "./ports.ts";

type Billed = MarkOf<"billed">;

interface Bills {
  readonly readings: ReadonlyMap<string, LimitReadings>;
  /** What was billed last, to be remembered. */
  readonly entries: readonly JournalEntry[];
}

/** Billing comes by a budget three times a day, and puts usage on the bill within one: it then has, surely. */
const BELIEVED_MS = 36 * 3_600_000;
/** Months differ by less, and so do quarters and years. */
const SAME_LENGTH = 1.2;

/**
 * Makes unknown what a budget tells that told of more than nothing before, and now of nothing: AWS sets a budget back
 * when somebody changes it, its time unit included, until billing comes by again. That must lift nobody.
 *
 * Nothing is believed at once where the next period began, and else when AWS still says so after a day and a half.
 *
 * @see https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_UpdateBudget.html
 */
export function withoutBillsSetBack(
  readings: ReadonlyMap<string, LimitReadings>,
  limits: readonly Limit[],
  marks: readonly Mark[],
  now: EpochMs,
): Bills {
  const before = new Map(marksOf(marks, "billed").map((mark) => [mark.budget, mark]));
  const budgets = new Set<string>();
  const after = new Map<string, Billed>();
  const believed = new Map(readings);
  for (const { name, source } of limits) {
    if (!isBudget(source)) continue;
    const budget = source.slice("budget:".length);
    budgets.add(budget);
    const all = readings.get(name);
    if (all === undefined) continue;
    const billed = after.get(budget) ?? billedAfter(budget, before.get(budget), all.main, now);
    if (billed === undefined) continue;
    after.set(budget, billed);
    if (billed.nothingSince === undefined) continue;
    const why = `budget "${budget}" tells of nothing where it told of ${amount("usd", billed.amount)} before: AWS works out anew within hours what somebody changed, and after a day and a half of nothing it is believed`;
    believed.set(name, { ...all, main: { status: "unknown", why } });
  }
  const gone = [...before.values()].filter(({ budget }) => !budgets.has(budget));
  const moved = [...after.values()].filter((mark) => !isSame(mark, before.get(mark.budget)));
  return {
    readings: believed,
    entries: [
      ...gone.map((mark): JournalEntry => ({ writes: [{ op: "close", mark }] })),
      ...moved.map((mark): JournalEntry => ({ writes: [{ op: "set", mark }] })),
    ],
  };
}

/** Undefined where the budget tells nothing: what it told before stays. */
function billedAfter(
  budget: string,
  before: Billed | undefined,
  reading: UsageReading,
  now: EpochMs,
): Billed | undefined {
  const billed = billedOf(reading);
  if (reading.status === "unknown" || billed.status === "unknown") return undefined;
  const { span, asOf } = reading;
  const isNothingNow = before !== undefined && before.amount > 0 && billed.amount === 0;
  if (!isNothingNow || isNextPeriod(before.span, span)) return { kind: "billed", budget, span, amount: billed.amount };
  const { nothingSince = now } = before;
  const isBelieved = asOf !== undefined && asOf - nothingSince >= BELIEVED_MS;
  return isBelieved ? { kind: "billed", budget, span, amount: 0 } : { ...before, nothingSince };
}

/** A changed time unit makes another period, and no next one. */
function isNextPeriod(last: Span, span: Span): boolean {
  const ratio = lengthOf(span) / lengthOf(last);
  return span.start >= last.end && ratio < SAME_LENGTH && ratio > 1 / SAME_LENGTH;
}

const lengthOf = ({ start, end }: Span): number => end - start;

const isSame = (one: Billed, other: Billed | undefined): boolean =>
  one.amount === other?.amount &&
  one.span.start === other.span.start &&
  one.span.end === other.span.end &&
  one.nothingSince === other.nothingSince;
