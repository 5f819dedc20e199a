import type { Measure } from "@bedrock-governor/core/limit/limit";
import type { ModelId } from "@bedrock-governor/core/model/model-id";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { PriceBook } from "@bedrock-governor/core/usage/price";
import type { MeteredUsage } from "./metered-usage.ts";

/**
 * What was used, as a row of whole numbers, in which sums are exact and the same in any order. Money is in
 * billionths of a dollar: nine million dollars of one principal and model are as much as a number holds.
 */
export type Amounts = readonly number[];

export const COLUMNS = 8;
const NANO_USD = 6;
const UNPRICED = 7;
const USD = 1e9;

/** Usage of one principal and model in the minute, quarter or day that begins at `at`. */
export interface Row {
  readonly at: EpochMs;
  readonly principal: PrincipalId;
  readonly model: ModelId;
  readonly amounts: Amounts;
}

/** @throws RangeError if something in it cannot be counted: it would spoil every sum that it is part of. */
export function rowOf(usage: MeteredUsage): Row {
  const { minute, principal, model, invocations, inputTokens, outputTokens } = usage;
  const { cacheReadTokens, cacheWriteTokens, images, usd, unpriced } = usage;
  const tokens = [inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens];
  const amounts = [invocations, ...tokens, images, Math.round(usd * USD), unpriced];
  if (minute % 60_000 !== 0 || !amounts.every((amount) => Number.isSafeInteger(amount) && amount >= 0)) {
    throw new RangeError(`usage of ${principal} that cannot be counted: ${JSON.stringify(usage)}`);
  }
  return { at: minute, principal, model, amounts };
}

/**
 * What a row's calls cost, of which none had a price when they were metered. Its amounts as they are if it still has
 * none, and if some had.
 */
export function priced({ at, model, amounts }: Row, prices: PriceBook, region: string | undefined): Amounts {
  if (amounts[UNPRICED] !== amounts[0]) return amounts;
  const column = (index: number): number => amounts[index] ?? Number.NaN;
  const counts = {
    invocations: column(0),
    inputTokens: column(1),
    outputTokens: column(2),
    cacheReadTokens: column(3),
    cacheWriteTokens: column(4),
    images: column(5),
  };
  const usd = prices.priceOf(model, region)?.usd(counts, at);
  return usd === undefined ? amounts : amounts.with(NANO_USD, Math.round(usd * USD)).with(UNPRICED, 0);
}

const COLUMNS_OF: Readonly<Record<Measure, readonly number[]>> = {
  invocations: [0],
  inputTokens: [1],
  outputTokens: [2],
  cacheReadTokens: [3],
  cacheWriteTokens: [4],
  totalTokens: [1, 2, 3, 4],
  images: [5],
  usd: [NANO_USD],
};

/** An amount of the measure; undefined if the price of a part is not known. */
export function amountOf(amounts: Amounts, measure: Measure): number | undefined {
  if (measure === "usd" && amounts[UNPRICED] !== 0) return undefined;
  const sum = amounts.reduce((sum, amount, column) => (COLUMNS_OF[measure].includes(column) ? sum + amount : sum), 0);
  return measure === "usd" ? sum / USD : sum;
}
