import { type ConditionalPrice, calcPrice, type ModelPrice } from "@pydantic/genai-prices";
import type { Measure } from "../limit/limit.ts";
import { parseSpelling } from "../model/model-id.ts";
import type { EpochMs } from "../period/period.ts";

export type TokenMeasure = "inputTokens" | "outputTokens" | "cacheReadTokens" | "cacheWriteTokens";

/** What one request used, or many together. `inputTokens` excludes cache reads and writes, as in Bedrock's log and metrics. */
export type Counts = Readonly<Record<Exclude<Measure, "totalTokens" | "usd">, number>>;

/** USD per million tokens. A measure that is not there has no known rate. */
export type Rates = Readonly<Partial<Record<TokenMeasure, number>>>;

/** The rates of a model for these counts at that time; undefined when the counts do not tell them. */
export type RatesOf = (counts: Counts, at: EpochMs) => Rates | undefined;

/**
 * List prices of a model as `@pydantic/genai-prices` knows them, by canonical id with the prefix it is
 * called with, if any (`global.` costs less); undefined where they are not known.
 *
 * The library matches loosely: it answers `amazon.titan-embed-text-v2:0` with the price of v1. What it
 * answers counts only if it names the same model. It knows no regions, and no service tiers or batches.
 */
export function listPrice(id: string): RatesOf | undefined {
  // Only which entry it is: the date given chooses among its prices, which are all compiled here.
  const entry = calcPrice({}, id, { providerId: "aws", timestamp: new Date(0) })?.model;
  return entry === undefined || !isPriceOf(entry.id, id) ? undefined : compile(entry.prices);
}

const VERSION = /-(?:v?(\d+)(?::\w+)+|v(\d+))$|:\d+$/;
const DATE = /-(20\d{6})$/;

/** What tells a model from its siblings. The minor version (`:0`, `:0:24k`) does not: it never had a price of its own. */
function identity(id: string) {
  const [, prefix, rest = id] = /^(regional|global)\.(.+)$/.exec(id) ?? [];
  const parsed = parseSpelling(rest);
  const name = parsed.kind === "model" ? parsed.model : rest;
  const version = VERSION.exec(name);
  const unversioned = name.replace(VERSION, "");
  return {
    global: prefix === "global",
    name: unversioned.replace(DATE, ""),
    date: DATE.exec(unversioned)?.[1],
    version: version?.[1] ?? version?.[2],
  };
}

/** Says whether an entry names the model that was called; what one of the two leaves out (a date, a version) is not compared. */
function isPriceOf(entryId: string, id: string): boolean {
  const entry = identity(entryId);
  const ours = identity(id);
  const agree = (a: string | undefined, b: string | undefined) => a === undefined || b === undefined || a === b;
  return (
    entry.name === ours.name &&
    agree(entry.date, ours.date) &&
    agree(entry.version, ours.version) &&
    // An entry without any prefix is for every way of calling the model.
    (entry.global === ours.global || !/^(regional|global)\./.test(entryId))
  );
}

const MEASURE_OF: Readonly<Record<string, TokenMeasure>> = {
  input_mtok: "inputTokens",
  output_mtok: "outputTokens",
  cache_read_mtok: "cacheReadTokens",
  cache_write_mtok: "cacheWriteTokens",
};
/** Bedrock's log and metrics do not say how long a cache entry lives: all are charged as five minutes, its default. */
const UNTOLD = "cache_write_1h_mtok";

/** Prices from a date on; in a price with tiers, a row for requests of more than so many input tokens. */
interface Edition {
  readonly from: EpochMs;
  readonly rows: readonly { readonly above: number; readonly rates: Rates }[];
}

/** What the library computes at each call, made ready once: its own way takes 0.03 ms a call. */
function compile(prices: ConditionalPrice[] | ModelPrice): RatesOf | undefined {
  const conditional: ConditionalPrice[] = Array.isArray(prices) ? prices : [{ prices }];
  const editions: Edition[] = [];
  for (const { constraint, prices } of conditional) {
    const rows = rowsOf(prices);
    if (rows === undefined || constraint?.type === "time_of_date") return undefined;
    editions.push({
      from: constraint === undefined ? Number.NEGATIVE_INFINITY : Date.parse(constraint.start_date),
      rows,
    });
  }
  return (counts, at) => {
    // Asked for each call of a log.
    const edition = editions.length === 1 ? editions[0] : editions.findLast(({ from }) => from <= at);
    const rows = (edition ?? editions[0])?.rows ?? [];
    const lowest = rows[0];
    const next = rows[1];
    if (next === undefined) return lowest?.rates;
    // A tier is chosen by the size of one request. A sum tells it only if no part can have left the lowest.
    const input = counts.inputTokens + counts.cacheReadTokens + counts.cacheWriteTokens;
    if (input <= next.above) return lowest?.rates;
    return counts.invocations === 1 ? rows.findLast(({ above }) => input > above)?.rates : undefined;
  };
}

function rowsOf(prices: ModelPrice): Edition["rows"] | undefined {
  const priced = Object.entries(prices).filter(([key]) => key !== UNTOLD);
  // Speech tokens cost 57 times the text tokens of the same call, and nothing we read tells them apart.
  if (priced.some(([key]) => MEASURE_OF[key] === undefined)) return undefined;
  const tiers = priced.flatMap(([, price]) => (typeof price === "object" ? price.tiers : []));
  const starts = [...new Set(tiers.map(({ start }) => start))].sort((a, b) => a - b);
  return [Number.NEGATIVE_INFINITY, ...starts].map((above) => ({ above, rates: ratesAbove(priced, above) }));
}

function ratesAbove(priced: readonly (readonly [string, ModelPrice[string]])[], above: number): Rates {
  const rates: Partial<Record<TokenMeasure, number>> = {};
  for (const [key, price] of priced) {
    const measure = MEASURE_OF[key];
    if (measure === undefined || price === undefined) continue;
    rates[measure] =
      typeof price === "number" ? price : (price.tiers.findLast(({ start }) => start <= above)?.price ?? price.base);
  }
  // A model whose cache reads have a price and whose writes have none (Nova) charges writes as plain input.
  // One without either was never priced with a cache: then both are unknown.
  const { inputTokens, cacheReadTokens } = rates;
  if (cacheReadTokens !== undefined && inputTokens !== undefined) rates.cacheWriteTokens ??= inputTokens;
  return rates;
}
