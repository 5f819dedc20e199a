import type { RegionCatalogue } from "@bedrock-governor/aws/bedrock/region-catalogue";
import type { AliasMemory } from "@bedrock-governor/aws/cloudwatch/spellings";
import { createMetricsUsage } from "@bedrock-governor/aws/cloudwatch/usage";
import type { Limit, Measure } from "@bedrock-governor/core/limit/limit";
import type { PriceRule } from "@bedrock-governor/core/limit/settings";
import type { Span } from "@bedrock-governor/core/period/period";
import type { UsageReading } from "@bedrock-governor/core/reconcile/ports";
import { type FakeCloudWatch, fakeCloudWatch } from "./fake-cloudwatch.ts";

export const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";
export const NOVA = "amazon.nova-pro-v1:0";
export const DAY = Date.UTC(2026, 10, 18);
export const HOUR = 3_600_000;
export const MINUTE = 60_000;
export const TODAY: Span = { start: DAY, end: DAY + 24 * HOUR };

export const regionCatalogue = (
  models: readonly string[],
  prefixes: readonly string[] = ["us", "global"],
  more: Partial<RegionCatalogue> = {},
): RegionCatalogue => ({
  models: new Set(models),
  profiles: prefixes.flatMap((prefix) => models.map((model) => `${prefix}.${model}`)),
  aliases: new Map(),
  otherArns: new Map(),
  ...more,
});

export interface Options {
  readonly regions?: Readonly<Record<string, RegionCatalogue>> | "unreadable";
  readonly limits?: readonly Limit[];
  readonly prices?: readonly PriceRule[];
  readonly aliases?: AliasMemory;
}

/** A governor's view of CloudWatch at noon, and CloudWatch. */
export function setUp({ regions = { "us-east-1": regionCatalogue([NOVA, OPUS]) }, ...settings }: Options = {}) {
  const names = regions === "unreadable" ? ["us-east-1"] : Object.keys(regions);
  const clouds = new Map(names.map((region) => [region, fakeCloudWatch(region)]));
  const state = {
    now: DAY + 12 * HOUR,
    readable: regions !== "unreadable",
    catalogues: new Map<string, RegionCatalogue>(regions === "unreadable" ? [] : Object.entries(regions)),
  };
  /** A process that remembers nothing yet. */
  const start = () =>
    createMetricsUsage({
      clients: new Map([...clouds].map(([region, { client }]) => [region, client])),
      catalogue: { regions: async () => (state.readable ? state.catalogues : undefined) },
      settings: () => ({ limits: settings.limits ?? [], prices: settings.prices ?? [] }),
      now: () => state.now,
      ...(settings.aliases && { aliases: settings.aliases }),
      warn: (text) => warnings.push(text),
    });
  const warnings: string[] = [];
  const port = start();
  const [first] = clouds.values();
  if (first === undefined) throw new Error("no region");
  return {
    port,
    start,
    state,
    warnings,
    cloud: first,
    clouds,
    async ask(measure: Measure, models: readonly string[] = ["*"], span: Span = TODAY): Promise<UsageReading> {
      const [reading] = await port.read([{ source: "metrics", measure, models, span }]);
      if (reading === undefined) throw new Error("no reading");
      return reading;
    },
  };
}

/** Amounts by model, unknown ones as NaN. */
export function amounts(reading: UsageReading): Readonly<Record<string, number>> {
  if (reading.status !== "known") throw new Error(reading.why);
  const { models, amounts } = reading.table;
  return Object.fromEntries(models.map((model, column) => [model, amounts[column] ?? Number.NaN]));
}

/** One call, on bedrock-runtime, as its metrics show it. */
export function call(cloud: FakeCloudWatch, ModelId: string, at: number, tokens = 0): void {
  const point = { dimensions: { ModelId }, at };
  cloud.put({ ...point, metric: "Invocations", value: 1 });
  if (tokens > 0) cloud.put({ ...point, metric: "InputTokenCount", value: tokens });
}
