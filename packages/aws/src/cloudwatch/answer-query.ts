import type { Measure } from "@bedrock-governor/core/limit/limit";
import type { ModelId } from "@bedrock-governor/core/model/model-id";
import { matchesAny } from "@bedrock-governor/core/model/pattern";
import type { UsageQuery, UsageReading } from "@bedrock-governor/core/reconcile/ports";
import type { PriceBook } from "@bedrock-governor/core/usage/price";
import { EVERYONE, type UsageRow, usageTable } from "@bedrock-governor/core/usage/usage-table";
import type { SeriesAnswer } from "./read-series.ts";
import { columnsOf, type ListedSeries, type Series, seriesKey } from "./series.ts";
import { amountOf } from "./sums.ts";

/** All that was read for the queries of one window. */
export interface Evidence {
  readonly series: readonly Series[];
  readonly answers: ReadonlyMap<string, SeriesAnswer>;
  /** Series of which nobody can say which model they are. */
  readonly unresolved: readonly ListedSeries[];
  /** Whether the catalogue could be read. */
  readonly current: boolean;
  /** Why series could not be listed; undefined if they could. */
  readonly unlisted: string | undefined;
}

export interface Answer {
  readonly reading: UsageReading;
  /** Models that were used at an unknown price: reading them more often would not tell. */
  readonly unpriced: ReadonlySet<ModelId>;
}

/**
 * Adds up a query's series by model. What is unread leaves the models unknown that it could be usage of, and no other.
 */
export function answerQuery(query: UsageQuery, evidence: Evidence | undefined, priceBook: PriceBook): Answer {
  const { span, measure, models } = query;
  if (span === undefined || evidence === undefined) return unknown("metrics have no period of their own");
  const wild = models.filter((model) => model.includes("*"));
  const why = whyUnknown(evidence, wild, models);
  if (why !== undefined) return unknown(why);

  const gaps = new Set<string>();
  const unpriced = new Set<ModelId>();
  const rows: UsageRow[] = [];
  const add = (model: string, amount: number | undefined) => rows.push({ principal: EVERYONE, model, amount });
  if (evidence.unlisted !== undefined && wild.length > 0) {
    gaps.add(evidence.unlisted);
    // A pattern stands for itself: whatever model it names could have been used.
    for (const pattern of wild) add(pattern, undefined);
  }
  for (const series of evidence.series) {
    if (!matchesAny(models, series.model)) continue;
    const answer = evidence.answers.get(seriesKey(series));
    const gap = gapOf(answer, measure);
    if (answer === undefined || gap !== undefined) {
      gaps.add(gap ?? `${series.id} in ${series.region} is unread`);
      add(series.model, undefined);
      continue;
    }
    // Mantle's ids are its own; prices go by the model's.
    const spelling = series.road === "mantle" ? series.model : series.id;
    const price = measure === "usd" ? priceBook.priceOf(spelling, series.region) : undefined;
    const amount = amountOf(answer.points, measure, span, price);
    if (amount === undefined) {
      gaps.add(`the price of ${series.id} is not known`);
      unpriced.add(series.model);
    }
    add(series.model, amount);
  }
  return { reading: { status: "known", table: usageTable(rows, gapText([...gaps])), span }, unpriced };
}

/** What of a series is unread that a measure needs. */
function gapOf(answer: SeriesAnswer | undefined, measure: Measure): string | undefined {
  return columnsOf(measure).flatMap((column) => answer?.gaps.get(column) ?? [])[0];
}

function whyUnknown(
  { unresolved, current, unlisted }: Evidence,
  wild: readonly string[],
  models: readonly string[],
): string | undefined {
  // The mantle ids of a named model are known without a catalogue; what an application profile stands for is not.
  const hidden = unresolved.find(({ road }) => road === "runtime" || wild.length > 0);
  if (hidden !== undefined) {
    return `the catalogue of models is unread, and nothing else tells which model ${hidden.id} in ${hidden.region} is`;
  }
  if (unlisted === undefined) return undefined;
  return !current || wild.length === models.length ? unlisted : undefined;
}

const unknown = (why: string): Answer => ({ reading: { status: "unknown", why }, unpriced: new Set() });

const TOLD = 3;
function gapText(gaps: readonly string[]): string | undefined {
  if (gaps.length === 0) return undefined;
  const told = gaps.slice(0, TOLD).join("; ");
  return gaps.length > TOLD ? `${told}; and ${gaps.length - TOLD} more` : told;
}
