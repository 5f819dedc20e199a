import type { Measure } from "@bedrock-governor/core/limit/limit";
import type { ModelId } from "@bedrock-governor/core/model/model-id";
import { matchesAny, type Pattern } from "@bedrock-governor/core/model/pattern";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { Price } from "@bedrock-governor/core/usage/price";
import type { UsageTable } from "@bedrock-governor/core/usage/usage-table";
import {
  AMOUNTS,
  type Amounts,
  createAmounts,
  NANO_USD,
  priceAmounts,
  rawAmount,
  UNPRICED,
  unitOf,
  usageIn,
} from "./amounts.ts";
import { createSeries, type Series } from "./series.ts";

/** Where one call's usage is counted. */
export interface UsageLine {
  readonly principal: PrincipalId;
  readonly model: ModelId;
  /** As it was called: it decides the price. */
  readonly spelling: string;
}

/** Usage as one source knows it: CloudWatch, the invocation log, or the bill. */
export interface UsageStore {
  /** A number that stands for this line in `add`. */
  line(line: UsageLine): number;
  add(line: number, at: EpochMs, amounts: Amounts): void;
  /** The same object as before if nothing was added since. */
  table(measure: Measure, span: Span): UsageTable;
  /** Of all principals together; NaN if a price is unknown. */
  total(measure: Measure, span: Span, models: readonly Pattern[]): number;
  /** Charges everything anew, minute by minute. */
  reprice(priceOf: (spelling: string) => Price | undefined): void;
}

interface Entry extends UsageLine {
  readonly row: number;
  readonly column: number;
  readonly series: Series;
}

/** A table as it was given, and its amounts as whole numbers, in which sums stay exact. */
interface Answer {
  readonly measure: Measure;
  readonly span: Span;
  readonly raw: Float64Array;
  readonly table: UsageTable;
}

const MOST_ANSWERS = 32;
const MINUTE_MS = 60_000;

export function createUsageStore(): UsageStore {
  const entries: Entry[] = [];
  const numbers = new Map<string, number>();
  const rows = new Map<PrincipalId, number>();
  const columns = new Map<ModelId, number>();
  // Replaced only when there is someone or something new: who looks at them can tell by that.
  let principals: readonly PrincipalId[] = [];
  let models: readonly ModelId[] = [];
  // What was asked last, kept up to date: a replay asks the same every second.
  const answers = new Map<string, Answer>();

  const compute = (measure: Measure, span: Span): Answer => {
    const raw = new Float64Array(principals.length * models.length);
    const unpriced = new Set<string>();
    for (const { row, column, series, spelling } of entries) {
      const cell = row * models.length + column;
      const used = usageIn(series, span, measure) * unitOf(measure);
      if (Number.isNaN(used)) unpriced.add(spelling);
      raw[cell] = (raw[cell] as number) + Math.round(used);
    }
    const amounts = raw.map((amount) => amount / unitOf(measure));
    const gap = unpriced.size === 0 ? {} : { gap: `the price of ${[...unpriced].sort().join(", ")} is not known` };
    return { measure, span, raw, table: { principals, models, amounts, ...gap } };
  };

  /** Adds one call to the answers it is part of; to any other, only asking again helps. */
  const keepUp = ({ row, column }: Entry, at: EpochMs, amounts: Amounts): void => {
    for (const [id, answer] of answers) {
      const { measure, span, raw, table } = answer;
      if (at < Math.floor(span.start / MINUTE_MS) * MINUTE_MS || at >= span.end) continue;
      const added = rawAmount(amounts, measure);
      if (Number.isNaN(added)) {
        answers.delete(id);
        continue;
      }
      const cell = row * models.length + column;
      raw[cell] = (raw[cell] as number) + added;
      table.amounts[cell] = (raw[cell] as number) / unitOf(measure);
      // Another object, so that whoever asks can tell that something was added.
      answers.set(id, { ...answer, table: { ...table } });
    }
  };

  return {
    line(line) {
      const id = `${line.principal} ${line.model} ${line.spelling}`;
      const known = numbers.get(id);
      if (known !== undefined) return known;
      const row = rows.get(line.principal) ?? rows.size;
      const column = columns.get(line.model) ?? columns.size;
      rows.set(line.principal, row);
      columns.set(line.model, column);
      // A pair of someone and something known has its place in every answer already.
      if (rows.size > principals.length || columns.size > models.length) answers.clear();
      if (rows.size > principals.length) principals = [...rows.keys()];
      if (columns.size > models.length) models = [...columns.keys()];
      numbers.set(id, entries.length);
      return entries.push({ ...line, row, column, series: createSeries(AMOUNTS) }) - 1;
    },
    add(line, at, amounts) {
      const entry = entries[line];
      if (entry === undefined) return;
      entry.series.add(at, amounts);
      keepUp(entry, at, amounts);
    },
    table(measure, span) {
      const id = `${measure} ${span.start} ${span.end}`;
      const answer = answers.get(id) ?? compute(measure, span);
      answers.delete(id);
      answers.set(id, answer);
      // Rolling spans are asked for once each.
      const [oldest] = answers.keys();
      if (answers.size > MOST_ANSWERS && oldest !== undefined) answers.delete(oldest);
      return answer.table;
    },
    total(measure, span, patterns) {
      let sum = 0;
      for (const { model, series } of entries) if (matchesAny(patterns, model)) sum += usageIn(series, span, measure);
      return sum;
    },
    reprice(priceOf) {
      const scratch = createAmounts();
      for (const { series, spelling } of entries) {
        const price = priceOf(spelling);
        for (const column of [NANO_USD, UNPRICED]) {
          series.recompute(column, (minute, amounts) => {
            scratch.set(amounts);
            priceAmounts(scratch, price, minute);
            return scratch[column] as number;
          });
        }
      }
      answers.clear();
    },
  };
}
