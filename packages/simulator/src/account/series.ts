import type { EpochMs, Span } from "@bedrock-governor/core/period/period";

const MINUTE_MS = 60_000;
/** What is older is kept by the quarter of an hour. */
const FINE_MS = 48 * 3_600_000;
const COARSE_MS = 15 * MINUTE_MS;

/**
 * Amounts over time, several columns of them, kept by the minute: the amount of any span is the
 * difference of two running totals, and memory does not grow with the number of calls.
 *
 * A span's start is rounded down to its minute, as CloudWatch does; calendar periods start on one anyway.
 * After two days minutes become quarters of an hour, on which every time zone's hours begin.
 */
export interface Series {
  /** Adds what happened at a time. Fast if little that is later has been added before. */
  add(at: EpochMs, amounts: ArrayLike<number>): void;
  /** The sum of one column. */
  sum(span: Span, column: number): number;
  /** Replaces one column by what is computed from each minute's amounts. */
  recompute(column: number, compute: (minute: EpochMs, amounts: Float64Array) => number): void;
}

export function createSeries(width: number): Series {
  let minutes = new Float64Array(16);
  let totals = new Float64Array(16 * width);
  let length = 0;

  /** How many minutes begin before a time. */
  function before(time: EpochMs): number {
    let low = 0;
    let high = length;
    // Nearly every question is about all there is since the start of a period.
    if (length > 0 && (minutes[length - 1] as number) < time) return length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((minutes[middle] as number) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function insert(position: number, minute: EpochMs): void {
    minutes.copyWithin(position + 1, position, length);
    totals.copyWithin((position + 1) * width, position * width, length * width);
    minutes[position] = minute;
    for (let column = 0; column < width; column++) {
      totals[position * width + column] = position === 0 ? 0 : (totals[(position - 1) * width + column] as number);
    }
    length++;
  }

  function makeRoom(now: EpochMs): void {
    if (length < minutes.length) return;
    coarsen(now - FINE_MS);
    if (length <= minutes.length / 2) return;
    minutes = grown(minutes);
    totals = grown(totals);
  }

  /** Of each quarter of an hour before a time, only its last running total is needed. */
  function coarsen(upTo: EpochMs): void {
    let kept = 0;
    for (let row = 0; row < length; row++) {
      const minute = minutes[row] as number;
      const next = row + 1 < length ? (minutes[row + 1] as number) : Number.POSITIVE_INFINITY;
      if (next < upTo && quarterOf(next) === quarterOf(minute)) continue;
      minutes[kept] = minute;
      totals.copyWithin(kept * width, row * width, (row + 1) * width);
      kept++;
    }
    length = kept;
  }

  return {
    add(at, amounts) {
      const minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
      makeRoom(minute);
      let position = length;
      while (position > 0 && (minutes[position - 1] as number) >= minute) position--;
      if (position === length || minutes[position] !== minute) insert(position, minute);
      for (let row = position; row < length; row++) {
        for (let column = 0; column < width; column++) {
          const cell = row * width + column;
          totals[cell] = (totals[cell] as number) + (amounts[column] as number);
        }
      }
    },
    sum(span, column) {
      const from = before(Math.floor(span.start / MINUTE_MS) * MINUTE_MS);
      const to = before(span.end);
      if (to <= from) return 0;
      const upTo = totals[(to - 1) * width + column] as number;
      return from === 0 ? upTo : upTo - (totals[(from - 1) * width + column] as number);
    },
    recompute(column, compute) {
      const amounts = new Float64Array(width);
      let previous = new Float64Array(width);
      let total = 0;
      for (let row = 0; row < length; row++) {
        const upTo = totals.slice(row * width, (row + 1) * width);
        for (let one = 0; one < width; one++) amounts[one] = (upTo[one] as number) - (previous[one] as number);
        total += compute(minutes[row] as number, amounts);
        totals[row * width + column] = total;
        previous = upTo;
      }
    },
  };
}

const quarterOf = (at: EpochMs): number => Math.floor(at / COARSE_MS);

function grown(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(array.length * 2);
  larger.set(array);
  return larger;
}
