import type { EpochMs, Period, Span } from "@bedrock-governor/core/period/period";
import type { Calendar } from "@bedrock-governor/core/period/span-at";
import { rawAmount, unitOf } from "../account/amounts.ts";
import type { Point } from "../account/metrics.ts";
import { createSeries, type Series } from "../account/series.ts";
import type { MeasuredKey } from "./measured-key.ts";
import { BUDGET_MONTH } from "./source-override.ts";

/**
 * What counts for one threshold, three times: by requests that arrived, that completed, and that the
 * source shows. Each request stands at the time of its completion, which decides its period.
 * Amounts are in the columns' units.
 */
export interface KeyUsage {
  readonly arrived: Counted;
  readonly completed: Counted;
  readonly shown: Counted;
  /** Spellings whose price is unknown: nobody can say then what was used. */
  readonly unpriced: ReadonlySet<string>;
  readonly rolls: boolean;
  /** The period that now lies in, with everything that has happened by now. */
  spanNow(): Span;
  reaches(amount: number, goal: number): boolean;
}

export interface Counted {
  /** @returns what was added; NaN if its price is unknown */
  add(at: EpochMs, use: Pick<Point, "caller" | "amounts">): number;
  sum(span: Span): number;
}

export function createKeyUsage({ limit }: MeasuredKey, now: () => EpochMs, calendar: Calendar): KeyUsage {
  const unit = unitOf(limit.measure);
  const period: Exclude<Period, { kind: "budget" }> = limit.period.kind === "budget" ? BUDGET_MONTH : limit.period;
  const rolls = period.kind === "rolling";
  const unpriced = new Set<string>();
  const cell = new Float64Array(1);

  function add(series: Series, at: EpochMs, { caller, amounts }: Pick<Point, "caller" | "amounts">): number {
    const amount = rawAmount(amounts, limit.measure);
    if (Number.isNaN(amount)) unpriced.add(caller.spelling);
    else {
      cell[0] = amount;
      series.add(at, cell);
    }
    return amount;
  }
  function counted(): Counted {
    const series = createSeries(1);
    return { add: (at, use) => add(series, at, use), sum: (span) => series.sum(span, 0) };
  }

  return {
    arrived: counted(),
    completed: counted(),
    shown: counted(),
    unpriced,
    rolls,
    spanNow() {
      const span = calendar.spanAt(period, now());
      return rolls ? { start: span.start, end: now() + 1 } : span;
    },
    reaches: (amount, goal) => amount / unit >= goal,
  };
}
