import type { Budget, Spend } from "@aws-sdk/client-budgets";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { UsageQuery, UsageReading } from "@bedrock-governor/core/reconcile/ports";
import { EVERYONE } from "@bedrock-governor/core/usage/usage-table";
import { budgetSpan } from "./budget-span.ts";

/**
 * AWS works out what is billed three times a day, 8 to 12 hours apart, and what it works out first in a period may be
 * the end of the one before: a daily budget's notice of 01:01 tells of yesterday.
 */
const FIRST_UPDATE_MS = 12 * 3_600_000;
/** By then it should tell of its period, and in so long it should have been worked out anew: after that something is wrong. */
const EXPECTED_MS = 24 * 3_600_000;

/**
 * What a budget tells of its present period. One that is not well, or that was last updated before the period or just
 * after it began, tells nothing: its actual spend may be that of another time, and must deny nobody now.
 */
export function readingOf(budget: Budget, models: UsageQuery["models"], now: EpochMs): UsageReading {
  const { BudgetName, BudgetType, HealthStatus, LastUpdatedTime, CalculatedSpend } = budget;
  const unknown = (why: string): UsageReading => ({ status: "unknown", why: `budget "${BudgetName}" ${why}` });
  if (BudgetType !== "COST") return unknown(`is of type ${BudgetType ?? "none"}: only a COST budget tells of money`);
  if (HealthStatus?.Status !== undefined && HealthStatus.Status !== "HEALTHY") {
    return unknown(`is ${HealthStatus.Status}: ${reasonOf(HealthStatus.StatusReason)}`);
  }
  const span = budgetSpan(budget, now);
  if (span === undefined)
    return unknown("has no period now: it has not begun, or is over, or has an unknown time unit");
  const asOf = LastUpdatedTime?.getTime();
  if (asOf === undefined) return unknown("does not say when it was last updated");
  if (asOf < span.start + FIRST_UPDATE_MS) {
    const [updated, began] = [asOf, span.start].map((at) => new Date(at).toISOString());
    return {
      ...unknown(
        `was last updated at ${updated}, and its period began at ${began}: it tells nothing of it for some hours`,
      ),
      ...(now - Math.min(asOf, span.start) < EXPECTED_MS && { expected: true }),
    };
  }
  const spent = dollars(CalculatedSpend?.ActualSpend);
  if (typeof spent === "string") return unknown(`${spent} as its actual spend`);
  const amount = dollars(limitOf(budget, span));
  if (typeof amount === "string" && amount !== NONE) return unknown(`${amount} as its amount`);
  // One amount for all its models, so it stands under the first that is asked for.
  const table = { principals: [EVERYONE], models: [models[0] ?? "*"], amounts: Float64Array.of(spent) };
  // A budget of nothing is for being told of the first cent. As a threshold it would deny everybody at once.
  return { status: "known", table, span, asOf, ...(typeof amount === "number" && amount > 0 && { threshold: amount }) };
}

/** Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_HealthStatus.html */
const REASONS: Readonly<Record<string, string>> = {
  BILLING_VIEW_NO_ACCESS: "its billing view does not let this account read it (BILLING_VIEW_NO_ACCESS)",
  BILLING_VIEW_UNHEALTHY: "its billing view is not well (BILLING_VIEW_UNHEALTHY)",
  FILTER_INVALID: "its filter names an account that this one has no access to (FILTER_INVALID)",
  MULTI_YEAR_HISTORICAL_DATA_DISABLED:
    "it is not updated until multi-year data is enabled in Cost Management's preferences (MULTI_YEAR_HISTORICAL_DATA_DISABLED)",
};
const reasonOf = (reason: string | undefined): string =>
  reason === undefined ? "AWS gives no reason" : (REASONS[reason] ?? reason);

const NONE = "has no amount";

/** A spend in dollars, or what is wrong with it. */
function dollars(spend: Spend | undefined): number | string {
  if (spend?.Amount === undefined) return NONE;
  if (spend.Unit !== "USD") return `has ${spend.Unit}, which is not USD,`;
  const amount = Number(spend.Amount);
  return spend.Amount.trim() !== "" && Number.isFinite(amount) ? amount : `has ${JSON.stringify(spend.Amount)}`;
}

/** Of amounts planned ahead (by their starts in epoch seconds) that of the present period; after the last one it stays. */
function limitOf({ BudgetLimit, PlannedBudgetLimits = {} }: Budget, { end }: Span): Spend | undefined {
  const begun = Object.entries(PlannedBudgetLimits).filter(([from]) => Number(from) * 1_000 < end);
  const [latest] = begun.sort(([a], [b]) => Number(b) - Number(a));
  return latest?.[1] ?? BudgetLimit;
}
