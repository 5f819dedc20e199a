import type { Cause } from "../enforcement/cause.ts";
import type { Limit } from "../limit/limit.ts";
import type { EpochMs } from "../period/period.ts";
import type { Key } from "../reconcile/journal.ts";
import { exactAmount, usageOf } from "./amount.ts";
import { anyPeriodName, clock, periodName } from "./when.ts";

export interface Explanation {
  /** Why a model is denied: "$104.20 of $100 today for role/batch". No full stop. */
  readonly reason: string;
  /** What ends it: "lifts at 00:00 Europe/Berlin". No full stop. */
  readonly ends: string;
}

type OfLimit = Extract<Cause, { kind: "limit" }>;

/**
 * Says a cause in words. Plain text: names that others chose stand in it as they are, and whoever shows it escapes them.
 *
 * @param timeZone for times that belong to no limit
 * @param would whether the deny is one that mode observe only tells of
 */
export function explain(cause: Cause, now: EpochMs, timeZone = "UTC", would = false): Explanation {
  const lifts = would ? "would lift" : "lifts";
  switch (cause.kind) {
    case "limit":
      return { reason: reasonOf(cause), ends: `${lifts} ${endOf(cause, now)}` };
    case "manual": {
      const { name, reason, until } = cause.deny;
      return {
        reason: `${would ? "would be denied" : "denied"} by hand (parameter denies/${name}): ${reason}`,
        ends:
          until === undefined
            ? `${lifts} when parameter denies/${name} is removed`
            : `${lifts} at ${clock(until, timeZone, now)}`,
      };
    }
    case "held":
      return {
        reason: `usage is unknown (${cause.why}), so the deny is held`,
        ends: `${lifts} when usage is known and below the limit`,
      };
  }
}

function reasonOf({ limit, key, step, usage, threshold, because }: OfLimit): string {
  const used = usageOf(limit.measure, usage, threshold, step);
  const told = `${used} ${because === "manual" ? anyPeriodName(limit.period) : periodName(limit.period)} for ${whom(key)}`;
  if (because === "held-step") return `${told}, after reaching ${step} %`;
  const reached = step === 100 ? told : `reached ${step} %: ${told}`;
  return because === "manual" ? `${reached}, and not reset since` : reached;
}

const whom = ({ principal, model }: Key): string =>
  (principal ?? "everyone the limit selects") + (model === undefined ? "" : ` on ${model}`);

function endOf({ limit, step, threshold, span }: OfLimit, now: EpochMs): string {
  const { period } = limit;
  if (limit.reset === "manual") return "when an operator resets it";
  switch (period.kind) {
    case "rolling":
      return `when usage ${periodName(period)} is under ${liftMark(limit, step, threshold)}`;
    case "budget":
      return `some hours after ${clock(span.end, "UTC", now)}, when AWS Budgets has new data`;
    case "calendar":
      return `at ${clock(span.end, period.timeZone, now)}`;
  }
}

/** A step of a rolling limit, once reached, holds until usage is under a share of the step. */
function liftMark(limit: Limit, step: number, threshold: number): string {
  // What is beyond 12 digits is an error of arithmetic. Counts are whole: under 299.7 is under 300.
  const mark = Number((((threshold * step) / 100) * (limit.liftBelow / 100)).toPrecision(12));
  return exactAmount(limit.measure, limit.measure === "usd" ? mark : Math.ceil(mark));
}
