import type { PriceRule } from "../limit/settings.ts";
import { type Catalogue, resolveModel } from "../model/catalogue.ts";
import { parseSpelling } from "../model/model-id.ts";
import { matchesAny } from "../model/pattern.ts";
import type { EpochMs } from "../period/period.ts";
import { type Counts, listPrice, type RatesOf } from "./price-table.ts";

export type { Counts } from "./price-table.ts";

/** What calling a model by one spelling costs. */
export interface Price {
  /**
   * Dollars for one request (`invocations: 1`) or for the sum of many at about one time.
   * Undefined when something was used that has no known rate: it is then neither free nor a guess.
   */
  usd(counts: Counts, at: EpochMs): number | undefined;
}

export interface PriceBook {
  /**
   * The price of a spelling as it was called: `global.` costs less than the same model in one geography.
   * Undefined when it is not known; another model's price is never used.
   *
   * @param region where it was called from; without it, rules for a region do not apply.
   */
  priceOf(spelling: string, region?: string): Price | undefined;
}

/**
 * Prices as the operator's rules say, the first in the order of names that matches; where it is silent
 * about a measure, or none matches, list prices.
 *
 * @param catalogue tells the models behind application profiles. These are charged as calls within a
 *   geography, as nothing tells whether one was copied from a `global.` profile (10 % less).
 */
export function createPriceBook(rules: readonly PriceRule[], catalogue?: Catalogue): PriceBook {
  const ordered = [...rules].sort((a, b) => (a.name < b.name ? -1 : 1));
  const regions = new Map<string | undefined, Map<string, Price | undefined>>();

  function find(spelling: string, region: string | undefined): Price | undefined {
    const model = resolveModel(spelling, catalogue);
    if (model === undefined) return undefined;
    const rule = ordered.find(
      (one) => (one.region === undefined || one.region === region) && matchesAny(one.models, model),
    );
    const id = listedAs(spelling, model);
    return price(rule, id === undefined ? undefined : listPrice(id));
  }

  return {
    priceOf(spelling, region) {
      const known = regions.get(region) ?? new Map<string, Price | undefined>();
      regions.set(region, known);
      if (!known.has(spelling)) known.set(spelling, find(spelling, region));
      return known.get(spelling);
    },
  };
}

/** Provisioned throughput and custom deployments are paid by the hour: a list price per token says nothing about them. */
const PAID_BY_THE_HOUR = /:(?:provisioned-model|custom-model-deployment)\//;

function listedAs(spelling: string, model: string): string | undefined {
  if (PAID_BY_THE_HOUR.test(spelling)) return undefined;
  const parsed = parseSpelling(spelling);
  const spelled = parsed.kind === "model" && parsed.model === model ? parsed.prefix : undefined;
  return spelled === undefined ? model : `${spelled}.${model}`;
}

function price(rule: PriceRule | undefined, list: RatesOf | undefined): Price | undefined {
  const own = rule !== undefined && "perMillion" in rule.price ? rule.price.perMillion : {};
  const factor = rule !== undefined && "multiplier" in rule.price ? rule.price.multiplier : 1;
  if (list === undefined && Object.keys(own).length === 0) return undefined;
  return {
    usd(counts, at) {
      const listed = list?.(counts, at);
      // One by one, as this is asked for each call of a log.
      let millionths =
        cost(counts.inputTokens, own.inputTokens ?? own.totalTokens ?? listed?.inputTokens) +
        cost(counts.outputTokens, own.outputTokens ?? own.totalTokens ?? listed?.outputTokens) +
        cost(counts.cacheReadTokens, own.cacheReadTokens ?? own.totalTokens ?? listed?.cacheReadTokens) +
        cost(counts.cacheWriteTokens, own.cacheWriteTokens ?? own.totalTokens ?? listed?.cacheWriteTokens);
      if (Number.isNaN(millionths)) return undefined;
      if (own.invocations !== undefined) millionths += counts.invocations * own.invocations;
      if (counts.images !== 0 && own.images === undefined) return undefined;
      const images = own.images === undefined ? 0 : counts.images * own.images;
      return (factor * millionths) / 1e6 + images;
    },
  };
}

/** Not a number if something was used that has no known rate. */
const cost = (count: number, rate: number | undefined): number => (count === 0 ? 0 : count * (rate ?? Number.NaN));
