import { type Catalogue, resolveModel } from "../model/catalogue.ts";
import type { ModelId } from "../model/model-id.ts";
import type { EpochMs } from "../period/period.ts";
import type { Principal, PrincipalId } from "../principal/principal.ts";
import type { Price, PriceBook } from "../usage/price.ts";
import type { LoggedCall } from "./read-record.ts";
import { addCall, createSums, type Sums } from "./sums.ts";

/** What one principal used of one model, called in one way, in one stretch of time. */
export interface TallyRow {
  /** `undeniable` says why nothing can be attached to it; its usage counts all the same. */
  readonly principal: Principal;
  /** The spelling itself where neither it nor the catalogue tells the model. */
  readonly model: ModelId;
  /** As it was called: it decides the price, and so does the region. */
  readonly spelling: string;
  readonly region?: string;
  /** When the stretch begins; without buckets there is one for all time. */
  readonly start?: EpochMs;
  readonly sums: Sums;
}

export interface TallyOptions {
  readonly prices: PriceBook;
  readonly catalogue?: Catalogue;
  /** How long a stretch of time is; they begin at multiples of it. Without it there is one. */
  readonly bucketMs?: number;
}

export interface Tally {
  add(principal: Principal, call: LoggedCall): void;
  /** In the order in which they were first seen. */
  rows(): readonly TallyRow[];
}

interface Line {
  readonly price: Price | undefined;
  readonly buckets: Map<EpochMs | undefined, TallyRow>;
  readonly key: Omit<TallyRow, "start" | "sums">;
  /** Calls of one stretch of time stand together. */
  last: TallyRow | undefined;
}

/** Adds calls up in memory. Only sums are kept, so it grows with who used what, not with calls. */
export function createTally({ prices, catalogue, bucketMs }: TallyOptions): Tally {
  const principals = new Map<PrincipalId, Map<string | undefined, Map<string, Line>>>();
  const rows: TallyRow[] = [];

  function line(principal: Principal, { spelling, region }: LoggedCall): Line {
    const spellings = within(within(principals, principal.id), region);
    const known = spellings.get(spelling);
    if (known !== undefined) return known;
    const model = resolveModel(spelling, catalogue) ?? spelling;
    const key = { principal, model, spelling, ...(region !== undefined && { region }) };
    const added = { price: prices.priceOf(spelling, region), buckets: new Map(), key, last: undefined };
    spellings.set(spelling, added);
    return added;
  }

  function row(line: Line, start: EpochMs | undefined): TallyRow {
    if (line.last !== undefined && line.last.start === start) return line.last;
    line.last = line.buckets.get(start) ?? addRow(line, start);
    return line.last;
  }

  function addRow({ buckets, key }: Line, start: EpochMs | undefined): TallyRow {
    const added = { ...key, ...(start !== undefined && { start }), sums: createSums() };
    buckets.set(start, added);
    rows.push(added);
    return added;
  }

  return {
    add(principal, call) {
      const used = line(principal, call);
      const start = bucketMs === undefined ? undefined : Math.floor(call.at / bucketMs) * bucketMs;
      addCall(row(used, start).sums, call.counts, used.price?.usd(call.counts, call.at));
    },
    rows: () => rows,
  };
}

function within<Key, Inner, Value>(outer: Map<Key, Map<Inner, Value>>, key: Key): Map<Inner, Value> {
  const known = outer.get(key);
  if (known !== undefined) return known;
  const added = new Map<Inner, Value>();
  outer.set(key, added);
  return added;
}
