import { createHash } from "node:crypto";
import type { MeteredUsage } from "@bedrock-governor/aws/dynamodb/usage/metered-usage";
import type { LogEvent } from "@bedrock-governor/aws/logs/log-events";
import { keptModel, keptPrincipal } from "@bedrock-governor/core/metering/kept-names";
import { createMetering, MINUTE_MS } from "@bedrock-governor/core/metering/metering";
import type { TallyRow } from "@bedrock-governor/core/metering/tally";
import type { Catalogue } from "@bedrock-governor/core/model/catalogue";
import type { PriceBook } from "@bedrock-governor/core/usage/price";
import type { EventSlices } from "./meter-delivery.ts";

/** Log events that count together, once. */
export interface EventBatch {
  /** A hash of their ids: the same events delivered again, in whatever order, are the same batch. */
  readonly batch: string;
  /** In the order of their ids, each once. */
  readonly events: readonly LogEvent[];
}

/** So many ids, of 56 digits, fit into a message of the replay queue (256 KB). */
export const MOST_EVENTS = 3_000;

/** A batch of many long prompts is not to fill the memory. */
const MOST_CHARACTERS = 8 * 1_024 * 1_024;

/** A delivery as batches: one, unless there is more than a pointer could name or a meter hold at once. */
export async function* batchesOf(slices: () => EventSlices): AsyncGenerator<EventBatch> {
  const inOrder = (await areInOrder(slices())) ? slices() : [sortedOnce(await allOf(slices()))];
  let events: LogEvent[] = [];
  let characters = 0;
  for await (const slice of inOrder) {
    for (const event of slice) {
      if (events.length === MOST_EVENTS || characters > MOST_CHARACTERS) {
        yield batchInOrder(events);
        events = [];
        characters = 0;
      }
      events.push(event);
      characters += event.message.length;
    }
  }
  if (events.length > 0) yield batchInOrder(events);
}

/** The batch of just these events, in whatever order. */
export const batchOf = (events: readonly LogEvent[]): EventBatch => batchInOrder(sortedOnce(events));

/** Nearly always. */
async function areInOrder(slices: EventSlices): Promise<boolean> {
  let last = "";
  for await (const slice of slices) {
    for (const { id } of slice) {
      if (id <= last) return false;
      last = id;
    }
  }
  return true;
}

async function allOf(slices: EventSlices): Promise<readonly LogEvent[]> {
  const all: LogEvent[] = [];
  for await (const slice of slices) for (const event of slice) all.push(event);
  return all;
}

function sortedOnce(events: readonly LogEvent[]): readonly LogEvent[] {
  const sorted = events.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return sorted.filter(({ id }, index) => id !== sorted[index - 1]?.id);
}

const batchInOrder = (events: readonly LogEvent[]): EventBatch => ({
  batch: createHash("sha256")
    .update(events.map(({ id }) => id).join("\n"))
    .digest("hex"),
  events,
});

export interface MeterOptions {
  readonly prices: PriceBook;
  readonly catalogue: Catalogue;
  /** Whose log it is. */
  readonly account: string;
  /** The stream they are all of. */
  readonly logStream: string;
}

/** Where Bedrock writes: https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html */
const BEDROCKS_STREAM = "aws/bedrock/modelinvocations";
const ANOTHER_STREAM = `it is of another log stream than ${BEDROCKS_STREAM}, where Bedrock writes`;

/** What a batch says. */
export interface MeteredEvents {
  readonly usage: readonly MeteredUsage[];
  readonly calls: number;
  readonly unpriced: number;
  /** Calls of which the log tells nothing that went in. */
  readonly uncounted: number;
  /** How the calls without a known price named their models. */
  readonly unpricedModels: readonly string[];
  readonly rejected: readonly RejectedEvent[];
}

export interface RejectedEvent {
  readonly event: LogEvent;
  /** Shows nothing that a caller wrote. */
  readonly reason: string;
}

/** Adds up a batch. What cannot be counted is told, and the rest counts. */
export function meterEvents(events: readonly LogEvent[], options: MeterOptions): MeteredEvents {
  const { prices, catalogue, account, logStream } = options;
  // A subscription hands over a whole log group, and whoever may write to it somewhere may write records.
  const isBedrocks = logStream === BEDROCKS_STREAM;
  const metering = createMetering({ prices, catalogue, account, bucketMs: MINUTE_MS });
  const rejected: RejectedEvent[] = [];
  for (const event of events) {
    const reason = isBedrocks ? metering.take(event.message) : ANOTHER_STREAM;
    if (reason !== undefined) rejected.push({ event, reason });
  }
  const rows = metering.rows();
  const sum = (of: "invocations" | "unpriced") => rows.reduce((total, { sums }) => total + sums[of], 0);
  return {
    usage: rows.map(usageOf),
    calls: sum("invocations"),
    unpriced: sum("unpriced"),
    uncounted: metering.uncounted,
    unpricedModels: [...new Set(rows.filter(({ sums }) => sums.unpriced > 0).map(({ spelling }) => spelling))],
    rejected,
  };
}

const NANO = 1e9;

function usageOf({ principal, model, start, sums: { nanoUsd, ...sums } }: TallyRow): MeteredUsage {
  if (start === undefined) throw new Error("a meter adds up by the minute");
  const names = { principal: keptPrincipal(principal), model: keptModel(model) };
  return { minute: start, ...names, ...sums, usd: nanoUsd / NANO };
}

/** A whole batch would be refused for a row that is not: only forged records add up to so much. */
export function isCountable({ minute: _, principal: __, model: ___, usd, ...counts }: MeteredUsage): boolean {
  return [Math.round(usd * NANO), ...Object.values(counts)].every((sum) => Number.isSafeInteger(sum) && sum >= 0);
}
