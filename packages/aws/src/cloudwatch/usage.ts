import type { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import type { Settings } from "@bedrock-governor/core/limit/settings";
import { matchesAny } from "@bedrock-governor/core/model/pattern";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import { createCalendar } from "@bedrock-governor/core/period/span-at";
import type { UsagePort, UsageQuery, UsageReading } from "@bedrock-governor/core/reconcile/ports";
import { createPriceBook, type PriceBook } from "@bedrock-governor/core/usage/price";
import type { BedrockCatalogue } from "../bedrock/catalogue.ts";
import type { Permission } from "../permission.ts";
import { createRegionReads, type RegionReads } from "../region-reads.ts";
import { answerQuery, type Evidence } from "./answer-query.ts";
import { createCadence } from "./cadence-state.ts";
import type { WantedSeries } from "./due.ts";
import { createSeriesList } from "./list-series.ts";
import { createSeriesReader, type SeriesAnswer } from "./read-series.ts";
import { type Window, windowsOf } from "./resolution.ts";
import { type Column, columnsOf, type ListedSeries, type Road, seriesKey } from "./series.ts";
import { type AliasMemory, createSpellings, type Spellings } from "./spellings.ts";
import { orphansOf, type WhichSeries, whichSeries } from "./which-series.ts";

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
  /** How long a region may keep a run waiting. */
  readonly reads?: RegionReads;
  /** Default: both. */
  readonly road?: Road;
  /** What ids stood for before Bedrock forgot them. */
  readonly aliases?: AliasMemory;
  /** Is told, once per process, of calls that limits on named models cannot count. Default: the console. */
  readonly warn?: (text: string) => void;
}

/** CloudWatch stops listing a series two weeks after its last point. */
const LISTED_FOR_MS = 13 * 24 * 3_600_000;

/**
 * Usage per model from CloudWatch, which knows no principal: all of it stands under `EVERYONE`.
 *
 * Made once per process: it remembers what it read, so that a quiet account is not read at the price
 * of a busy one. An amount is then up to five minutes old, one minute near a step.
 */
export function createMetricsUsage(options: MetricsUsageOptions): UsagePort {
  const { clients, catalogue, settings, now, road, aliases: memory, warn = console.warn } = options;
  const { reads = createRegionReads({ now }) } = options;
  const tell = once(warn);
  const calendar = createCalendar();
  const list = createSeriesList({ clients, now, reads });
  const readSeries = createSeriesReader({ clients, reads });
  const cadence = createCadence(calendar.spanAt);
  const spellingsNow = createSpellings({
    regions: [...clients.keys()],
    catalogue,
    ...(memory && { memory }),
    warn: tell,
  });
  const priceBookNow = createPrices();

  /** Reads each series once for all the windows it is in. */
  async function readWindows(queries: readonly UsageQuery[], known: Known): Promise<ReadonlyMap<Span, Evidence>> {
    const windows = windowsOf(
      queries.flatMap(({ span }) => span ?? []),
      known.at,
    );
    const isNear = cadence.nearness(queries, known.limits, known.at);
    const wanted = new Map<string, Wanted>();
    const inWindows = windows.map((window) => {
      const within = queries.filter(({ span }) => span !== undefined && window.spans.includes(span));
      const patterns = [...new Set(within.flatMap(({ models }) => models))];
      const old = known.at - window.start > LISTED_FOR_MS;
      const found = along(road, whichSeries(patterns, known.listed.series, known.spellings, old));
      for (const series of found.series) {
        const key = seriesKey(series);
        const asking = within.filter(({ models }) => matchesAny(models, series.model));
        const one = wanted.get(key) ?? { series, columns: new Map(), near: isNear(series.model), dormant: true };
        one.columns.set(window, new Set(asking.flatMap(({ measure }) => columnsOf(measure))));
        wanted.set(key, { ...one, dormant: one.dormant && found.dormant.has(key) });
      }
      return { window, ...found };
    });
    const answers = await readSeries([...wanted.values()], known.at);
    const { current } = known.spellings;
    return new Map(
      inWindows.flatMap(({ window, series, unresolved }) => {
        const read = answers.get(window) ?? new Map<string, SeriesAnswer>();
        const evidence = { series, answers: read, unresolved, current, unlisted: known.listed.unread };
        return window.spans.map((span) => [span, evidence] as const);
      }),
    );
  }

  return {
    async read(queries) {
      const at = now();
      const [listed, spellings] = await Promise.all([list.read(), spellingsNow()]);
      const { limits, prices } = settings();
      const orphans = orphansOf(listed.series, spellings);
      for (const orphan of orphans) tell(uncounted(orphan));
      const priceBook = priceBookNow(prices, spellings, orphans);
      const known: Known = { at, listed, spellings, limits };
      const evidence = await readWindows(queries, known);
      const answered = queries.map((query) => {
        const found = query.span === undefined ? undefined : evidence.get(query.span);
        return { query, found, ...answerQuery(query, found, priceBook) };
      });
      cadence.learn(answered, limits, at);
      return answered.map(({ reading }): UsageReading => reading);
    },
  };
}

const along = (road: Road | undefined, { series, dormant, unresolved }: WhichSeries): WhichSeries => {
  const isOn = (one: ListedSeries) => road === undefined || one.road === road;
  return { series: series.filter(isOn), dormant, unresolved: unresolved.filter(isOn) };
};

type Wanted = WantedSeries & { readonly columns: Map<Window, ReadonlySet<Column>> };

interface Known {
  readonly at: EpochMs;
  readonly listed: Awaited<ReturnType<ReturnType<typeof createSeriesList>["read"]>>;
  readonly spellings: Spellings;
  readonly limits: Settings["limits"];
}

/** The same book as long as rules and aliases are the same: it remembers every price it looked up. A rule can price an orphan by its id. */
function createPrices() {
  let last: { readonly basis: readonly unknown[]; readonly book: PriceBook } | undefined;
  return (prices: Settings["prices"], { aliases }: Spellings, orphans: readonly ListedSeries[]): PriceBook => {
    const ids = orphans.map(({ id }) => id);
    const basis = [prices, aliases, ids.join(" ")];
    if (last === undefined || basis.some((one, place) => one !== last?.basis[place])) {
      const all = new Map([...aliases, ...ids.map((id) => [id, id] as const)]);
      last = { basis, book: createPriceBook(prices, { models: [], aliases: all, otherArns: new Map() }) };
    }
    return last.book;
  };
}

const uncounted = ({ id, region }: ListedSeries): string =>
  `CloudWatch shows calls of ${id} in ${region}, and Bedrock does not list which model it stands for (an application profile that was deleted before it was seen?): they count for limits on "*" or "${id}" and for no other`;

/** Says each thing once. */
function once(say: (text: string) => void): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (!said.has(text)) say(text);
    said.add(text);
  };
}
