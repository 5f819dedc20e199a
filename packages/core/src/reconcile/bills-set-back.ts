import type { LimitReadings } from "../enforcement/judge-limit.ts";
import { amount } from "../words/amount.ts";
import { billedOf } from "./bill-sums.ts";
import { type Mark, marksOf } from "./journal.ts";

/**
 * Makes unknown what a budget tells of a period in which it told of more than nothing before, and now of nothing: AWS
 * sets a budget back when somebody changes it, until billing comes by again. That must lift nobody.
 *
 * @see https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_UpdateBudget.html
 */
export function withoutBillsSetBack(
  readings: ReadonlyMap<string, LimitReadings>,
  marks: readonly Mark[],
): ReadonlyMap<string, LimitReadings> {
  const setBack = new Map<string, string>();
  for (const { limit, span, billed } of marksOf(marks, "money")) {
    const reading = readings.get(limit)?.main;
    if (reading?.status !== "known" || reading.span.start !== span.start || billed === 0) continue;
    const now = billedOf(reading);
    if (now.status === "unknown" || now.amount > 0) continue;
    setBack.set(
      limit,
      `the budget tells of nothing where it told of ${amount("usd", billed)} before in this period: AWS works a budget that was changed out anew within hours`,
    );
  }
  if (setBack.size === 0) return readings;
  return new Map(
    [...readings].map(([limit, all]) => {
      const why = setBack.get(limit);
      return [limit, why === undefined ? all : { ...all, main: { status: "unknown", why } }];
    }),
  );
}
