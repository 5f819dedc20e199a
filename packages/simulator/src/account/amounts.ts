import type { Measure } from "@bedrock-governor/core/limit/limit";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { Counts, Price } from "@bedrock-governor/core/usage/price";
import type { Series } from "./series.ts";

/**
 * What a call used, as a row of numbers. Money is in billionths of a dollar, so that sums of many
 * small amounts stay exact; `UNPRICED` counts calls whose price nobody knows.
 */
export type Amounts = Float64Array;

export const AMOUNTS = 8;
export const NANO_USD = 6;
export const UNPRICED = 7;
const USD = 1e9;

export const createAmounts = (): Amounts => new Float64Array(AMOUNTS);

export function countsOf(amounts: Amounts): Counts {
  const [invocations = 0, inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, images = 0] =
    amounts;
  return { invocations, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, images };
}

/** Puts the price of the counts beside them. */
export function priceAmounts(amounts: Amounts, price: Price | undefined, at: EpochMs): void {
  const usd = price?.usd(countsOf(amounts), at);
  amounts[NANO_USD] = usd === undefined ? 0 : Math.round(usd * USD);
  amounts[UNPRICED] = usd === undefined ? (amounts[0] as number) : 0;
}

/** The columns that make up each measure. */
const COLUMNS: Readonly<Record<Measure, readonly number[]>> = {
  invocations: [0],
  inputTokens: [1],
  outputTokens: [2],
  cacheReadTokens: [3],
  cacheWriteTokens: [4],
  totalTokens: [1, 2, 3, 4],
  images: [5],
  usd: [NANO_USD],
};

/** How many of the columns' units one unit of a measure is. */
export const unitOf = (measure: Measure): number => (measure === "usd" ? USD : 1);

/** What a row adds to a measure, in units of its columns: a whole number. NaN if its price is unknown. */
export function rawAmount(amounts: Amounts, measure: Measure): number {
  if (measure === "usd" && (amounts[UNPRICED] as number) > 0) return Number.NaN;
  let sum = 0;
  for (const column of COLUMNS[measure]) sum += amounts[column] as number;
  return sum;
}

/** The usage of a span; NaN if part of it has no known price. */
export function usageIn(series: Series, span: Span, measure: Measure): number {
  if (measure === "usd" && series.sum(span, UNPRICED) > 0) return Number.NaN;
  let sum = 0;
  for (const column of COLUMNS[measure]) sum += series.sum(span, column);
  return sum / unitOf(measure);
}
