import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { Marks } from "./marks.ts";
import { DAY_MS, dayOf, firstCertain, HOUR_MS, QUARTER_MS, quarterOf } from "./times.ts";

/** What has to be added up for a span, each from the coarsest that there is. */
export interface Pieces {
  /** Days in UTC. */
  readonly days: readonly EpochMs[];
  readonly quarters: readonly EpochMs[];
  /** Quarters that are rolled up and that the span cuts. */
  readonly cut: readonly EpochMs[];
  /** Quarters that a roll-up has still to come to. */
  readonly open: readonly EpochMs[];
}

/** What roll-ups have come to, and nothing was written to since. */
export interface Sealed {
  isQuarter(at: EpochMs): boolean;
  isDay(at: EpochMs): boolean;
}

/** A late batch opens its quarter and its day again, until a roll-up has been there. */
export function sealedBy({ progress, stale }: Pick<Marks, "progress" | "stale">, now: EpochMs): Sealed {
  const { quartersUpTo, daysUpTo } = progress ?? { quartersUpTo: firstCertain(now), daysUpTo: 0 };
  // What a late batch comes too late for is not added up again.
  const opened = stale.filter(({ at }) => at >= firstCertain(now));
  const quarters = new Set(opened.flatMap(({ level, at }) => (level === "quarter" ? [at] : [])));
  const days = new Set(stale.map(({ at }) => dayOf(at)));
  return {
    isQuarter: (at) => at < quartersUpTo && !quarters.has(at),
    isDay: (at) => at < daysUpTo && !days.has(at),
  };
}

/** Minutes are kept a little longer than a day, in which rolling spans move by the minute. */
const BY_THE_MINUTE_MS = 25 * HOUR_MS;

/**
 * A minute belongs to the span in which it begins. So does a quarter that is older than minutes are kept:
 * a rolling span of more than a day moves by the quarter.
 */
export function piecesOf(span: Span, sealed: Sealed, now: EpochMs): Pieces {
  const days: EpochMs[] = [];
  const quarters: EpochMs[] = [];
  const cut: EpochMs[] = [];
  const open: EpochMs[] = [];
  // Nothing was used after the quarter that it is.
  const end = Math.min(span.end, quarterOf(now) + QUARTER_MS);
  for (let at = quarterOf(span.start); at < end; at += QUARTER_MS) {
    const after = at + QUARTER_MS;
    if (!sealed.isQuarter(at)) open.push(at);
    else if (at === dayOf(at) && at >= span.start && at + DAY_MS <= end && sealed.isDay(at)) {
      days.push(at);
      at += DAY_MS - QUARTER_MS;
    } else if (at >= span.start && after <= span.end) quarters.push(at);
    else if (after > now - BY_THE_MINUTE_MS) cut.push(at);
    else if (at >= span.start) quarters.push(at);
  }
  return { days, quarters, cut, open };
}
