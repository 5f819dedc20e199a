import type { Measure } from "../limit/limit.ts";
import type { Counts } from "../usage/price.ts";

/** What calls used together, in whole numbers: sums of sums are exact, in whatever order they are made. */
export interface Sums {
  invocations: number;
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  cacheWriteTokens: number;
  images: number;
  /** Billionths of a dollar, of the calls that have a known price. */
  nanoUsd: number;
  /** Calls whose price nobody knows. Dollars are unknown where there is one. */
  unpriced: number;
}

const NANO = 1e9;

export const createSums = (): Sums => ({
  invocations: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  images: 0,
  nanoUsd: 0,
  unpriced: 0,
});

/** @param usd what the call cost; undefined if that is not known. */
export function addCall(sums: Sums, counts: Counts, usd: number | undefined): void {
  addCounts(sums, counts);
  if (usd === undefined) sums.unpriced += counts.invocations;
  else sums.nanoUsd += Math.round(usd * NANO);
}

export function addSums(sums: Sums, more: Readonly<Sums>): void {
  addCounts(sums, more);
  sums.nanoUsd += more.nanoUsd;
  sums.unpriced += more.unpriced;
}

function addCounts(sums: Sums, counts: Counts): void {
  sums.invocations += counts.invocations;
  sums.inputTokens += counts.inputTokens;
  sums.outputTokens += counts.outputTokens;
  sums.cacheReadTokens += counts.cacheReadTokens;
  sums.cacheWriteTokens += counts.cacheWriteTokens;
  sums.images += counts.images;
}

/** The amount of a measure; undefined where it is dollars and a price is not known. */
export function amountOf(sums: Readonly<Sums>, measure: Measure): number | undefined {
  if (measure === "usd") return sums.unpriced > 0 ? undefined : sums.nanoUsd / NANO;
  if (measure !== "totalTokens") return sums[measure];
  return sums.inputTokens + sums.outputTokens + sums.cacheReadTokens + sums.cacheWriteTokens;
}
