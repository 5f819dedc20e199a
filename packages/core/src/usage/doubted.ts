import type { ModelId } from "../model/model-id.ts";
import type { PrincipalId } from "../principal/principal.ts";
import type { UsageTable } from "./usage-table.ts";

/**
 * A table in which the usage of some models is unknown: everyone's who is in it, and that of others who might have
 * used them unseen.
 *
 * @param others those for whom it makes a difference, which are those who are denied something now
 */
export function doubted(
  table: UsageTable,
  doubts: ReadonlyMap<ModelId, string>,
  others: Iterable<PrincipalId>,
): UsageTable {
  const principals = [...new Set([...table.principals, ...others])];
  const models = [...new Set([...table.models, ...doubts.keys()])];
  const amounts = new Float64Array(principals.length * models.length);
  for (let row = 0; row < table.principals.length; row++) {
    const from = row * table.models.length;
    amounts.set(table.amounts.subarray(from, from + table.models.length), row * models.length);
  }
  for (const [column, model] of models.entries()) {
    if (!doubts.has(model)) continue;
    for (let row = 0; row < principals.length; row++) amounts[row * models.length + column] = Number.NaN;
  }
  const gap = [...(table.gap === undefined ? [] : [table.gap]), ...doubts.values()].join("; ");
  return { principals, models, amounts, gap };
}
