import type { PriceRule } from "../limit/settings.ts";
import { overlaps, type Pattern } from "../model/pattern.ts";
import type { EpochMs } from "../period/period.ts";

/**
 * Dollars that usage should have cost. What is billed covers usage up to somewhere between two moments: when AWS last
 * worked it out (`all`), and a day before that (`settled`), by when usage is surely on the bill.
 */
export type WorkedOut =
  | {
      readonly status: "known";
      readonly settled: number;
      readonly all: number;
      /** Calls that are not in it, in words. */
      readonly unseen?: string;
    }
  | { readonly status: "unknown"; readonly why: string };

/** How far the bill is from what usage should have cost. */
export interface Difference {
  /** Of the middle between `settled` and `all`; negative where less is billed. */
  readonly percent: number;
  /** By how many percent it may be less or more, as the bill lags. */
  readonly margin: number;
  /** `unclear`: the bill's lag explains it, and would hide a difference as well. */
  readonly way: Way | "agrees" | "unclear";
}
/** The way in which a bill departs, beyond what its lag can explain. */
export type Way = "below" | "above";

/** Since which state of the bill each comparison found it on one side. */
export interface Departure {
  readonly way: Way;
  readonly since: EpochMs;
}

/** By this part of it the bill may differ from prices and counts that are right: rounding, calls on the edge. */
const TOLERANCE = 0.05;
/** Less is not worth a word. */
const LEAST_USD = 1;
/** A difference that lasts is one of prices. */
const LASTING_MS = 3 * 24 * 3_600_000;
/** Nothing billed of usage that surely should be is not one of prices, and leaves a limit blind. */
const NOTHING_BILLED_MS = 24 * 3_600_000;

/** Undefined where there is nothing to compare: usage is unknown, or none of it is surely on the bill yet. */
export function differenceOf(billed: number, worked: WorkedOut): Difference | undefined {
  if (worked.status === "unknown" || !(worked.settled > 0)) return undefined;
  const { settled, all } = worked;
  const middle = (settled + all) / 2;
  const isAbove = (of: number) => billed > of * (1 + TOLERANCE) && billed - of >= LEAST_USD;
  const isBelow = (of: number) => billed < of * (1 - TOLERANCE) && of - billed >= LEAST_USD;
  const agrees = !isAbove(settled) && !isBelow(all);
  return {
    percent: (billed / middle - 1) * 100,
    margin: ((all - settled) / 2 / middle) * 100,
    way: isAbove(all) ? "above" : isBelow(settled) ? "below" : agrees ? "agrees" : "unclear",
  };
}

/** Goes on with a departure, begins or ends one. What could not be compared, or is unclear, tells nothing either way. */
export function departureAfter(
  before: Departure | undefined,
  difference: Difference | undefined,
  asOf: EpochMs,
): Departure | undefined {
  if (difference === undefined || difference.way === "unclear") return before;
  const { way } = difference;
  if (way === "agrees") return undefined;
  return way === before?.way ? before : { way, since: asOf };
}

export const isLasting = ({ since }: Departure, asOf: EpochMs, billed: number): boolean =>
  asOf - since >= (billed === 0 ? NOTHING_BILLED_MS : LASTING_MS);

/** What an operator could write to have usage priced as it is billed; or the names of the price rules to look at. */
export type PriceAdvice =
  | { readonly rule: string; readonly models: readonly Pattern[]; readonly multiplier: number }
  | { readonly lookAt: readonly string[] };

/** The highest factor that a price rule may have. */
const HIGHEST_MULTIPLIER = 10;

/**
 * Advises a factor on the built-in prices. Where a rule of exactly these models has one already, it is that one
 * times the new; where other rules price some of them, no single factor would do.
 *
 * @param limit names the rule if there is none yet.
 */
export function priceAdvice(
  limit: string,
  models: readonly Pattern[],
  rules: readonly PriceRule[],
  { percent }: Pick<Difference, "percent">,
): PriceAdvice {
  const concerned = rules.filter((rule) => rule.models.some((one) => models.some((other) => overlaps(one, other))));
  const [rule, ...more] = concerned;
  if (more.length > 0) return { lookAt: concerned.map(({ name }) => name) };
  const own = rule === undefined ? 1 : factorFor(models, rule);
  const multiplier = Math.round((own ?? Number.NaN) * (100 + percent)) / 100;
  if (!(multiplier > 0 && multiplier <= HIGHEST_MULTIPLIER)) return { lookAt: concerned.map(({ name }) => name) };
  return { rule: rule?.name ?? limit, models, multiplier };
}

/** The factor of a rule that is for these models everywhere, and for no others. */
function factorFor(models: readonly Pattern[], rule: PriceRule): number | undefined {
  const same = rule.region === undefined && [...rule.models].sort().join() === [...models].sort().join();
  return same && "multiplier" in rule.price ? rule.price.multiplier : undefined;
}
