import type { EpochMs } from "@bedrock-governor/core/period/period";
import { pass } from "../retrying.ts";
import { rowOf } from "./amounts.ts";
import { batchItems } from "./batch-items.ts";
import { staleItem } from "./marks.ts";
import type { MeteredBatch, MeteredUsage } from "./metered-usage.ts";
import { putItems, type Store } from "./store.ts";
import { sumRows } from "./sums.ts";
import { ACCEPTED_FOR_MS, HOUR_MS, LATE_AFTER_MS, QUARTER_MS, quarterOf } from "./times.ts";

export interface UsageWriterOptions extends Omit<Store, "wait"> {
  now(): EpochMs;
  /** How to wait between attempts; a timer if not said. */
  readonly wait?: Store["wait"];
}

export interface Refused {
  readonly usage: MeteredUsage;
  /** In words. */
  readonly why: string;
}

export interface UsageWriter {
  /**
   * Writes a batch, as often as it is delivered: it counts once. Resolves with what is too old or too new
   * to be counted. Rejects if something may be unwritten: the batch must then be delivered again.
   */
  write(batch: MeteredBatch): Promise<readonly Refused[]>;
}

const BATCH = /^\w{1,64}$/;

/** Keeps what meters found, each batch as items of its own: docs/adr/0008 says why. */
export function createUsageWriter({ dynamodb, table, now, wait = pass }: UsageWriterOptions): UsageWriter {
  const store: Store = { dynamodb, table, wait };
  return {
    async write({ batch, usage }) {
      if (!BATCH.test(batch)) throw new RangeError(`a batch must be named by letters and digits, not "${batch}"`);
      const writtenAt = now();
      const refused: Refused[] = [];
      const taken: MeteredUsage[] = [];
      for (const one of usage) {
        const why = whyRefused(one.minute, writtenAt);
        if (why === undefined) taken.push(one);
        else refused.push({ usage: one, why });
      }
      const rows = sumRows(taken.map(rowOf), (minute) => minute);
      const byQuarter = Map.groupBy(rows, ({ at }) => quarterOf(at));
      const items = [...byQuarter].flatMap(([quarter, some]) => batchItems(batch, quarter, some, writtenAt));
      await putItems(store, items);
      // By the time when the items are there, however long that took.
      const late = [...byQuarter.keys()].filter((quarter) => quarter + QUARTER_MS + LATE_AFTER_MS < now());
      await putItems(
        store,
        late.map((quarter) => staleItem("quarter", quarter)),
      );
      return refused;
    },
  };
}

function whyRefused(minute: EpochMs, now: EpochMs): string | undefined {
  const at = new Date(minute).toISOString();
  if (quarterOf(minute) + QUARTER_MS + ACCEPTED_FOR_MS < now) return `used at ${at}, more than two days ago`;
  return minute > now + HOUR_MS ? `used at ${at}, which is still to come` : undefined;
}
