import type { EpochMs } from "@bedrock-governor/core/period/period";
import { EVERYONE } from "@bedrock-governor/core/usage/usage-table";
import type { Clock } from "../clock.ts";
import { type Amounts, createAmounts } from "./amounts.ts";
import type { Road } from "./authorisation.ts";
import type { Caller } from "./callers.ts";
import { createUsageStore, type UsageStore } from "./usage-store.ts";

/** One minute of one spelling, as CloudWatch shows it. */
export interface Point {
  readonly caller: Pick<Caller, "spelling" | "model" | "road">;
  readonly minute: EpochMs;
  readonly amounts: Amounts;
}

export interface MetricsOptions {
  readonly clock: Clock;
  /** Milliseconds from the end of a minute to the publication of the account's point number `number`. */
  readonly publication: (number: number) => number;
  readonly price: (spelling: string, amounts: Amounts, at: EpochMs) => void;
  readonly published: (point: Point) => void;
}

/** CloudWatch: points of a minute per model spelling, which no principal is told from. */
export interface Metrics {
  readonly store: UsageStore;
  /** The same, each road by itself. */
  readonly byRoad: Readonly<Record<Road, UsageStore>>;
  add(caller: Caller, at: EpochMs, amounts: Amounts): void;
  /** How many points are not published yet. */
  readonly unpublished: number;
}

const MINUTE_MS = 60_000;
const INPUT = 1;
const CACHE_READ = 3;
const CACHE_WRITE = 4;

export function createMetrics({ clock, publication, price, published }: MetricsOptions): Metrics {
  const store = createUsageStore();
  const byRoad = { runtime: createUsageStore(), mantle: createUsageStore() };
  const open = new Map<string, Point & { readonly end: EpochMs }>();
  let points = 0;
  let unpublished = 0;

  function begin(caller: Caller, minute: EpochMs) {
    const point = { caller, minute, end: minute + MINUTE_MS, amounts: createAmounts() };
    unpublished++;
    clock.at(point.end + Math.round(publication(points++)), () => {
      unpublished--;
      price(caller.spelling, point.amounts, minute);
      const line = { principal: EVERYONE, model: caller.model, spelling: caller.spelling };
      for (const one of [store, byRoad[caller.road]]) one.add(one.line(line), minute, point.amounts);
      published(point);
    });
    return point;
  }

  return {
    store,
    byRoad,
    add(caller, at, amounts) {
      const series = `${caller.road} ${caller.spelling}`;
      let point = open.get(series);
      if (point === undefined || at >= point.end) {
        point = begin(caller, Math.floor(at / MINUTE_MS) * MINUTE_MS);
        open.set(series, point);
      }
      const into = point.amounts;
      for (let column = 0; column < into.length; column++)
        into[column] = (into[column] as number) + (amounts[column] as number);
      if (caller.road === "mantle") hideCache(into);
    },
    get unpublished() {
      return unpublished;
    },
  };
}

/** The metrics of `bedrock-mantle` know input tokens only, read from a cache or not. */
function hideCache(amounts: Amounts): void {
  amounts[INPUT] = (amounts[INPUT] as number) + (amounts[CACHE_READ] as number) + (amounts[CACHE_WRITE] as number);
  amounts[CACHE_READ] = 0;
  amounts[CACHE_WRITE] = 0;
}
