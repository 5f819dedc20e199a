import { type CloudWatchClient, paginateListMetrics } from "@aws-sdk/client-cloudwatch";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { RegionReads } from "../region-reads.ts";
import { type ListedSeries, ROADS, type Road, seriesKey } from "./series.ts";

export interface SeriesListOptions {
  /** By region. */
  readonly clients: ReadonlyMap<string, CloudWatchClient>;
  readonly now: () => EpochMs;
  readonly reads: RegionReads;
}

export interface SeriesList {
  /**
   * Every series that CloudWatch lists or has listed since this process began: it forgets those that
   * were silent for two weeks, and a month is longer. `unread` says in words what could not be listed.
   */
  read(): Promise<{ readonly series: readonly ListedSeries[]; readonly unread: string | undefined }>;
}

/** A new series is listed up to 15 minutes after its first point, so asking more often tells little. */
const REFRESH_AFTER_MS = 5 * 60_000 - 30_000;
const HOLDS_MS = 15 * 60_000;
/** The longest period is 31 days; a series is listed for two weeks more than it is used. */
const FORGET_AFTER_MS = 32 * 24 * 3_600_000;

export function createSeriesList({ clients, now, reads }: SeriesListOptions): SeriesList {
  const seen = new Map<string, { readonly series: ListedSeries; readonly at: EpochMs }>();
  const listed = new Map<string, EpochMs>();
  const parts = [...clients].flatMap(([region, client]) =>
    (["runtime", "mantle"] as const).map((road) => ({ region, client, road, key: `${region} ${road}` })),
  );

  async function refresh({ region, client, road, key }: (typeof parts)[number]): Promise<string | undefined> {
    const at = now();
    const before = listed.get(key);
    if (before !== undefined && at - before < REFRESH_AFTER_MS) return undefined;
    try {
      await reads.read(region, async (signal) => {
        for await (const id of idsOf(client, road, signal)) {
          const series = { region, road, id };
          seen.set(seriesKey(series), { series, at });
        }
      });
      listed.set(key, at);
      return undefined;
    } catch (error) {
      if (before !== undefined && at - before < HOLDS_MS) return undefined;
      const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      return `the list of ${ROADS[road].namespace} metrics in ${region} is unread (${why})`;
    }
  }

  return {
    async read() {
      const problems = await Promise.all(parts.map(refresh));
      for (const [key, { at }] of seen) if (now() - at > FORGET_AFTER_MS) seen.delete(key);
      const unread = problems.find((problem) => problem !== undefined);
      return { series: [...seen.values()].map(({ series }) => series), unread };
    },
  };
}

async function* idsOf(client: CloudWatchClient, road: Road, abortSignal: AbortSignal): AsyncGenerator<string> {
  const { namespace, dimension, metrics } = ROADS[road];
  const filter = { Namespace: namespace, MetricName: metrics.invocations, Dimensions: [{ Name: dimension }] };
  for await (const page of paginateListMetrics({ client }, filter, { abortSignal })) {
    for (const { Dimensions = [] } of page.Metrics ?? []) {
      // The filter lets series through that have other dimensions besides: the same calls once more.
      const [only, another] = Dimensions;
      if (another === undefined && only?.Name === dimension && only.Value !== undefined) yield only.Value;
    }
  }
}
