import type { Measure } from "@bedrock-governor/core/limit/limit";
import type { ModelId } from "@bedrock-governor/core/model/model-id";
import { matchesAny, type Pattern } from "@bedrock-governor/core/model/pattern";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { Price } from "@bedrock-governor/core/usage/price";
import type { UsageTable } from "@bedrock-governor/core/usage/usage-table";
import { AMOUNTS, type Amounts, createAmounts, NANO_USD, priceAmounts, UNPRICED, usageIn } from "./amounts.ts";
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

export function createUsageStore(): UsageStore {
  const entries: Entry[] = [];
  const numbers = new Map<string, number>();
  const rows = new Map<PrincipalId, number>();
  const columns = new Map<ModelId, number>();
  // Replaced only when there is someone or something new: who looks at them can tell by that.
  let principals: readonly PrincipalId[] = [];
  let models: readonly ModelId[] = [];
  const tables = new Map<string, UsageTable>();

  const compute = (measure: Measure, span: Span): UsageTable => {
    const amounts = new Float64Array(principals.length * models.length);
    const unpriced = new Set<string>();
    for (const { row, column, series, spelling } of entries) {
      const cell = row * models.length + column;
      const used = usageIn(series, span, measure);
      if (Number.isNaN(used)) unpriced.add(spelling);
      amounts[cell] = (amounts[cell] as number) + used;
    }
    if (unpriced.size === 0) return { principals, models, amounts };
    return { principals, models, amounts, gap: `the price of ${[...unpriced].sort().join(", ")} is not known` };
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
      if (rows.size > principals.length) principals = [...rows.keys()];
      if (columns.size > models.length) models = [...columns.keys()];
      numbers.set(id, entries.length);
      tables.clear();
      return entries.push({ ...line, row, column, series: createSeries(AMOUNTS) }) - 1;
    },
    add(line, at, amounts) {
      entries[line]?.series.add(at, amounts);
      if (tables.size > 0) tables.clear();
    },
    table(measure, span) {
      const id = `${measure} ${span.start} ${span.end}`;
      const known = tables.get(id);
      if (known !== undefined) return known;
      const table = compute(measure, span);
      tables.set(id, table);
      return table;
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
      tables.clear();
    },
  };
}
