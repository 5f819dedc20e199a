import type { Limit } from "../limit/limit.ts";
import type { Settings } from "../limit/settings.ts";
import type { Pattern } from "../model/pattern.ts";
import type { EpochMs } from "../period/period.ts";
import {
  type Departure,
  type Difference,
  differenceOf,
  isLasting,
  type PriceAdvice,
  priceAdvice,
  type WorkedOut,
} from "../usage/side-by-side.ts";
import { known, type Usage, unknown } from "../usage/usage.ts";
import { billedOf } from "./bill-sums.ts";
import type { MarkOf } from "./journal.ts";
import type { UsageReading } from "./ports.ts";

/** One limit's money by the three who tell of it: up to the same moment, and for the same models. */
export interface Money {
  readonly limit: string;
  /** When the three were compared; undefined if they were not yet in this period. */
  readonly at?: EpochMs;
  readonly billed: Usage;
  /** When AWS last worked out what is billed. */
  readonly asOf?: EpochMs;
  /** The invocation log, at the prices in force when it was metered. */
  readonly estimate: WorkedOut;
  /** CloudWatch's tokens, at the prices in force. */
  readonly metered: WorkedOut;
  readonly estimateDifference?: Difference;
  readonly meteredDifference?: Difference;
  /** A difference that has lasted for days (of nothing billed at all: a day), and what could be done about it. */
  readonly lasting?: Departure & {
    readonly by: Difference;
    readonly from: "estimate" | "metered";
    readonly advice: PriceAdvice;
  };
}

export type Compared = MarkOf<"money">;

/**
 * What the bill is judged by: CloudWatch, which sees every road and is priced anew each time. Only where that is
 * unknown the log, if no price was changed since the period began: what was metered before keeps its price.
 */
export function basisOf(
  { estimate, metered, span }: Pick<Compared, "estimate" | "metered" | "span">,
  settings: Settings,
): { readonly from: "estimate" | "metered"; readonly worked: WorkedOut } | undefined {
  if (metered.status === "known") return { from: "metered", worked: metered };
  if (estimate.status === "unknown" || isRepriced(settings, span.start)) return undefined;
  return { from: "estimate", worked: estimate };
}

const isRepriced = ({ authorship }: Settings, since: EpochMs): boolean =>
  authorship.some(({ parameter, at }) => parameter.startsWith("prices/") && at > since);

/** Whether prices, or the limit and with it its models, were changed since. */
export const isOutdated = ({ limit, at: since }: Compared, settings: Settings): boolean =>
  isRepriced(settings, since) ||
  settings.authorship.some(({ parameter, at }) => parameter === `limits/${limit}` && at > since);

const NOT_YET: WorkedOut = { status: "unknown", why: "not compared yet" };

export function moneyOf(
  { name, models }: Limit,
  reading: UsageReading | undefined,
  mark: Compared | undefined,
  settings: Settings,
): Money {
  if (reading?.status !== "known") {
    const billed = reading ?? unknown("not read");
    return { limit: name, billed, estimate: NOT_YET, metered: NOT_YET };
  }
  if (mark === undefined || mark.span.start !== reading.span.start) {
    const asOf = reading.asOf === undefined ? {} : { asOf: reading.asOf };
    return { limit: name, billed: billedOf(reading), ...asOf, estimate: NOT_YET, metered: NOT_YET };
  }
  const { at, asOf, billed, estimate, metered, departure } = mark;
  const [byLog, byMetrics] = [differenceOf(billed, estimate), differenceOf(billed, metered)];
  const lasting = departure && isLasting(departure, asOf, billed) && lastingOf(departure, mark, models, settings);
  return {
    limit: name,
    at,
    billed: known(billed),
    asOf,
    estimate,
    metered,
    ...(byLog && { estimateDifference: byLog }),
    ...(byMetrics && { meteredDifference: byMetrics }),
    ...(lasting && { lasting }),
  };
}

/** What was compared may be outdated: it is then compared again before anything is said. */
function lastingOf(
  departure: Departure,
  mark: Compared,
  models: readonly Pattern[],
  settings: Settings,
): Money["lasting"] {
  const basis = basisOf(mark, settings);
  const by = basis && differenceOf(mark.billed, basis.worked);
  if (basis === undefined || by?.way !== departure.way || isOutdated(mark, settings)) return undefined;
  return { ...departure, by, from: basis.from, advice: priceAdvice(mark.limit, models, settings.prices, by) };
}
