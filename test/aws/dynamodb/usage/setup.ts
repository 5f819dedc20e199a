import { createLogsUsage } from "@bedrock-governor/aws/dynamodb/usage/logs-usage";
import type { MeteredBatch, MeteredUsage } from "@bedrock-governor/aws/dynamodb/usage/metered-usage";
import { createRollUp } from "@bedrock-governor/aws/dynamodb/usage/roll-up";
import { createUsageWriter } from "@bedrock-governor/aws/dynamodb/usage/writer";
import { MEASURES, type Measure } from "@bedrock-governor/core/limit/limit";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { UsagePort, UsageReading } from "@bedrock-governor/core/reconcile/ports";
import { type Around, fakeTable } from "../fake-dynamodb.ts";

export const MINUTE = 60_000;
export const QUARTER = 15 * MINUTE;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A Monday, at midnight. */
export const MONDAY = Date.UTC(2026, 0, 5);

export const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";
export const NOVA = "amazon.nova-pro-v1:0";

/** A call of 100 input and 10 output tokens for a cent, unless it is said otherwise. */
export function used(minute: EpochMs, change: Partial<MeteredUsage> = {}): MeteredUsage {
  return {
    minute: Math.floor(minute / MINUTE) * MINUTE,
    principal: "role/alice",
    model: OPUS,
    invocations: 1,
    inputTokens: 100,
    outputTokens: 10,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    images: 0,
    usd: 0.01,
    unpriced: 0,
    ...change,
  };
}

export const batchOf = (batch: string, ...usage: readonly MeteredUsage[]): MeteredBatch => ({ batch, usage });

/** A table, a clock, and processes on them. */
export function setUp({ at = MONDAY + 12 * HOUR, pageItems }: { at?: EpochMs; pageItems?: number } = {}) {
  const table = fakeTable(pageItems);
  const clock = { at };
  const process = (around?: Around) => ({
    dynamodb: table.client(around),
    table: "table",
    now: () => clock.at,
    wait: async () => undefined,
  });
  return {
    table,
    clock,
    writer: (around?: Around) => createUsageWriter(process(around)),
    rollUp: (around?: Around) => createRollUp(process(around)),
    reader: (around?: Around, health?: () => Promise<string | undefined>) =>
      createLogsUsage({ ...process(around), ...(health !== undefined && { health }) }),
    process,
    /** The requests that something takes. */
    async requests(doing: () => Promise<unknown>) {
      const before = table.calls.length;
      await doing();
      return table.calls.slice(before).map(({ operation }) => operation);
    },
  };
}

export const ask = (measure: Measure, span: Span) => ({ source: "logs", measure, models: ["*"], span }) as const;

/** Amounts by principal and model, without those of 0. */
export function seen(reading: UsageReading | undefined): Record<string, number> {
  if (reading?.status !== "known") throw new Error(reading?.why ?? "no reading");
  const { principals, models, amounts } = reading.table;
  const cells = [...amounts].map((amount, cell) => {
    return [`${principals[Math.floor(cell / models.length)]} ${models[cell % models.length]}`, amount] as const;
  });
  return Object.fromEntries(cells.filter(([, amount]) => amount !== 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export const amountsOf = async (port: UsagePort, measure: Measure, span: Span) =>
  seen((await port.read([ask(measure, span)]))[0]);

/** All measures of a span, as they should be: each batch once. */
export function naive(batches: Iterable<MeteredBatch>, { start, end }: Span): Record<Measure, Record<string, number>> {
  const distinct = new Map([...batches].map(({ batch, usage }) => [batch, usage]));
  const within = [...distinct.values()].flat().filter(({ minute }) => minute >= start && minute < end);
  const pairs = Map.groupBy(within, ({ principal, model }) => `${principal} ${model}`);
  const sums = (measure: Measure) =>
    [...pairs]
      .map(([pair, some]) => [pair, sumOf(some, measure)] as const)
      .filter(([, amount]) => amount !== 0)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(MEASURES.map((measure) => [measure, Object.fromEntries(sums(measure))])) as Record<
    Measure,
    Record<string, number>
  >;
}

function sumOf(usage: readonly MeteredUsage[], measure: Measure): number {
  const sum = (of: (one: MeteredUsage) => number) => usage.reduce((total, one) => total + of(one), 0);
  if (measure === "usd") {
    return sum(({ unpriced }) => unpriced) > 0 ? Number.NaN : sum(({ usd }) => Math.round(usd * 1e9)) / 1e9;
  }
  if (measure !== "totalTokens") return sum((one) => one[measure]);
  return sum((one) => one.inputTokens + one.outputTokens + one.cacheReadTokens + one.cacheWriteTokens);
}

/** All measures of spans, by a port. */
export async function readAll(port: UsagePort, spans: readonly Span[]) {
  const readings = await port.read(spans.flatMap((span) => MEASURES.map((measure) => ask(measure, span))));
  return spans.map((_, index) =>
    Object.fromEntries(MEASURES.map((measure, at) => [measure, seen(readings[index * MEASURES.length + at])])),
  );
}
