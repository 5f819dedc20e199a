import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import { pass } from "../retrying.ts";
import { rowOf } from "./amounts.ts";
import { batchItems } from "./batch-items.ts";
import { gapItem, staleItem } from "./marks.ts";
import type { MeteredBatch, MeteredUsage } from "./metered-usage.ts";
import { putItems, type Store } from "./store.ts";
import { sumRows } from "./sums.ts";
import { ACCEPTED_FOR_MS, HOUR_MS, LATE_AFTER_MS, MINUTE_MS, QUARTER_MS, quarterOf } from "./times.ts";

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
  /**
   * Gives up log events of which none was counted and usage is too old by now, or within the minute that another try may
   * take: usage of every span that reaches into their time is unknown from then on. Resolves with false, and does
   * nothing, while what they tell is still taken. Rejects if that may be unwritten.
   */
  giveUp(events: { readonly from: EpochMs; readonly to: EpochMs }): Promise<boolean>;
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
    async giveUp(events) {
      const lost = timeOf(events);
      if (isAccepted(lost.start, now() + MINUTE_MS)) return false;
      await putItems(store, [gapItem({ ...lost, why: "a log batch could not be counted within two days" })]);
      return true;
    },
  };
}

/** By whole quarters: bad days leave few marks. Events are written when a call ends, usage counts when it began. */
const timeOf = ({ from, to }: { readonly from: EpochMs; readonly to: EpochMs }): Span => ({
  start: quarterOf(from - QUARTER_MS),
  end: quarterOf(to) + QUARTER_MS,
});

const isAccepted = (minute: EpochMs, now: EpochMs): boolean => quarterOf(minute) + QUARTER_MS + ACCEPTED_FOR_MS >= now;

function whyRefused(minute: EpochMs, now: EpochMs): string | undefined {
  const at = new Date(minute).toISOString();
  if (!isAccepted(minute, now)) return `used at ${at}, more than two days ago`;
  return minute > now + HOUR_MS ? `used at ${at}, which is still to come` : undefined;
}
