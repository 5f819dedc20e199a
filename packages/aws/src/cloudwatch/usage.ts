import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { Settings } from "@bedrock-governor/core/limit/settings";
import { matchesAny } from "@bedrock-governor/core/model/pattern";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import { createCalendar } from "@bedrock-governor/core/period/span-at";
import type { UsagePort, UsageQuery, UsageReading } from "@bedrock-governor/core/reconcile/ports";
import { createPriceBook, type PriceBook } from "@bedrock-governor/core/usage/price";
import type { BedrockCatalogue } from "../bedrock/catalogue.ts";
import type { Permission } from "../permission.ts";
import { answerQuery, type Evidence } from "./answer-query.ts";
import { createCadence } from "./cadence-state.ts";
import { createSeriesList } from "./list-series.ts";
import { createSeriesReader } from "./read-series.ts";
import { type Window, windowsOf } from "./resolution.ts";
import { columnsOf, seriesKey } from "./series.ts";
import { type Spellings, whichSeries } from "./which-series.ts";

/** CloudWatch has no resources for metrics: neither action can be narrowed. */
export const permissions: readonly Permission[] = [
  { actions: ["cloudwatch:GetMetricData", "cloudwatch:ListMetrics"], resources: ["*"] },
];

export interface MetricsUsageOptions {
  /** Of every region that the account calls models from, by region. */
  readonly clients: ReadonlyMap<string, CloudWatchClient>;
  readonly catalogue: Pick<BedrockCatalogue, "regions">;
  /** What is in force now: prices, and limits, by which it is decided how often a series is read. */
  readonly settings: () => Pick<Settings, "limits" | "prices">;
  readonly now: () => EpochMs;
}

/** CloudWatch stops listing a series two weeks after its last point. */
const LISTED_FOR_MS = 13 * 24 * 3_600_000;

/**
 * Usage per model from CloudWatch, which knows no principal: all of it stands under `EVERYONE`.
 *
 * Made once per process: it remembers what it read, so that a quiet account is not read at the price
 * of a busy one. An amount is then up to five minutes old, one minute near a step.
 */
export function createMetricsUsage({ clients, catalogue, settings, now }: MetricsUsageOptions): UsagePort {
  const calendar = createCalendar();
  const list = createSeriesList({ clients, now });
  const readSeries = createSeriesReader(clients);
  const cadence = createCadence(calendar.spanAt);
  const spellingsNow = createSpellings([...clients.keys()], catalogue);
  const priceBookNow = createPrices();

  async function readWindow(window: Window, queries: readonly UsageQuery[], known: Known): Promise<Evidence> {
    const patterns = [...new Set(queries.flatMap(({ models }) => models))];
    const old = known.at - window.start > LISTED_FOR_MS;
    const { series, dormant, unresolved } = whichSeries(patterns, known.listed.series, known.spellings, old);
    const isNear = cadence.nearness(queries, known.limits, known.at);
    const wanted = series.map((one) => {
      const asking = queries.filter(({ models }) => matchesAny(models, one.model));
      return {
        series: one,
        columns: new Set(asking.flatMap(({ measure }) => columnsOf(measure))),
        near: isNear(one.model),
        dormant: dormant.has(seriesKey(one)),
      };
    });
    const answers = await readSeries(window, wanted, known.at);
    return { series, answers, unresolved, current: known.spellings.current, unlisted: known.listed.unread };
  }

  return {
    async read(queries) {
      const at = now();
      const [listed, spellings] = await Promise.all([list.read(), spellingsNow()]);
      const { limits, prices } = settings();
      const priceBook = priceBookNow(prices, spellings);
      const known: Known = { at, listed, spellings, limits };
      const evidence = new Map<Span, Evidence>();
      await Promise.all(
        windowsOf(
          queries.flatMap(({ span }) => span ?? []),
          at,
        ).map(async (window) => {
          const within = queries.filter(({ span }) => span !== undefined && window.spans.includes(span));
          const found = await readWindow(window, within, known);
          for (const span of window.spans) evidence.set(span, found);
        }),
      );
      const answered = queries.map((query) => {
        const found = query.span === undefined ? undefined : evidence.get(query.span);
        return { query, found, ...answerQuery(query, found, priceBook) };
      });
      cadence.learn(answered, limits, at);
      return answered.map(({ reading }): UsageReading => reading);
    },
  };
}

interface Known {
  readonly at: EpochMs;
  readonly listed: Awaited<ReturnType<ReturnType<typeof createSeriesList>["read"]>>;
  readonly spellings: Spellings;
  readonly limits: Settings["limits"];
}

/** The models behind ids do not change, so an unreadable catalogue leaves the last one to read ids by; it does not tell new ones. */
function createSpellings(regions: readonly string[], catalogue: MetricsUsageOptions["catalogue"]) {
  let last: Spellings = { regions, catalogues: undefined, current: false, aliases: new Map() };
  return async (): Promise<Spellings> => {
    const catalogues = await catalogue.regions();
    if (catalogues === undefined) return { ...last, current: false };
    if (catalogues !== last.catalogues) {
      const aliases = new Map([...last.aliases, ...[...catalogues.values()].flatMap((one) => [...one.aliases])]);
      last = { regions, catalogues, current: true, aliases };
    }
    return last;
  };
}

/** The same book as long as rules and aliases are the same: it remembers every price it looked up. */
function createPrices() {
  let last:
    | { readonly prices: Settings["prices"]; readonly aliases: Spellings["aliases"]; readonly book: PriceBook }
    | undefined;
  return (prices: Settings["prices"], { aliases }: Spellings): PriceBook => {
    if (last?.prices !== prices || last.aliases !== aliases) {
      last = { prices, aliases, book: createPriceBook(prices, { models: [], aliases, otherArns: new Map() }) };
    }
    return last.book;
  };
}
