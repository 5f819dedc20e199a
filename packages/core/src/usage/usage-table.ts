import type { ModelId } from "../model/model-id.ts";
import type { PrincipalId } from "../principal/principal.ts";

/** Stands in a table's principals for the usage of everyone, of a source that knows no principal. */
export const EVERYONE: PrincipalId = "*";

/**
 * Usage of one measure over one span: a row per principal, a column per model. A pair that is not
 * in the table was not used: what could not be read has to stand in it, as unknown. A plain array of numbers, because a large account has 50,000 pairs and
 * every limit looks at them once a minute.
 */
export interface UsageTable {
  /** Never changed in place: what was found out about it is remembered with it. */
  readonly principals: readonly PrincipalId[];
  readonly models: readonly ModelId[];
  /** Row by row; NaN where the amount is unknown (a sum with an unknown part is then unknown too). */
  readonly amounts: Float64Array;
  /** Why amounts are unknown, in words; undefined when none is. */
  readonly gap?: string;
}

/** One pair's amount; `undefined` when it is unknown. */
export interface UsageRow {
  readonly principal: PrincipalId;
  readonly model: ModelId;
  readonly amount: number | undefined;
}

/** Adds up rows of the same pair. */
export function usageTable(rows: Iterable<UsageRow>, gap?: string): UsageTable {
  const all = [...rows];
  const principals = [...new Set(all.map((row) => row.principal))];
  const models = [...new Set(all.map((row) => row.model))];
  const rowOf = new Map(principals.map((principal, index) => [principal, index]));
  const columnOf = new Map(models.map((model, index) => [model, index]));
  const amounts = new Float64Array(principals.length * models.length);
  for (const { principal, model, amount } of all) {
    const at = (rowOf.get(principal) ?? Number.NaN) * models.length + (columnOf.get(model) ?? Number.NaN);
    amounts[at] = (amounts[at] ?? Number.NaN) + (amount ?? Number.NaN);
  }
  return { principals, models, amounts, ...(gap !== undefined && { gap }) };
}
