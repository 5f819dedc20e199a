import type { Measure } from "@bedrock-governor/core/limit/limit";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { Counts, Price } from "@bedrock-governor/core/usage/price";
import { type Column, columnsOf, type Points } from "./series.ts";

/** What was read of one series, by measure. A column that a road does not have is empty. */
export type SeriesPoints = Readonly<Record<Column, Points>>;

const NONE: Points = new Map();
export const NO_POINTS: SeriesPoints = {
  invocations: NONE,
  inputTokens: NONE,
  outputTokens: NONE,
  cacheReadTokens: NONE,
  cacheWriteTokens: NONE,
  images: NONE,
};

/** A measure over a span; undefined if something was used that has no known price. */
export function amountOf(
  points: SeriesPoints,
  measure: Measure,
  span: Span,
  price: Price | undefined,
): number | undefined {
  if (measure === "usd") return usdOf(points, span, price);
  let sum = 0;
  for (const column of columnsOf(measure)) for (const [at, value] of points[column]) if (isIn(span, at)) sum += value;
  return sum;
}

const isIn = ({ start, end }: Span, at: EpochMs): boolean => at >= start && at < end;

/** Point by point: prices change with time, and with the size of a request where that can be told. */
function usdOf(points: SeriesPoints, span: Span, price: Price | undefined): number | undefined {
  const times = new Set(Object.values(points).flatMap((column) => [...column.keys()].filter((at) => isIn(span, at))));
  let sum = 0;
  for (const at of times) {
    const usd = price?.usd(countsAt(points, at), at);
    if (usd === undefined) return undefined;
    sum += usd;
  }
  return sum;
}

/** No point is a 0: nothing was used in that time. */
const countsAt = (points: SeriesPoints, at: EpochMs): Counts => {
  const count = (column: Column) => points[column].get(at) ?? 0;
  return {
    invocations: count("invocations"),
    inputTokens: count("inputTokens"),
    outputTokens: count("outputTokens"),
    cacheReadTokens: count("cacheReadTokens"),
    cacheWriteTokens: count("cacheWriteTokens"),
    images: count("images"),
  };
};
