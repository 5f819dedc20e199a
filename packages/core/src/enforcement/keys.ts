import { matchesAny } from "../model/pattern.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { EVERYONE, type UsageTable } from "../usage/usage-table.ts";
import { countsUsageOf, type LimitScope } from "./scope.ts";

/** Called with each key of a limit and its usage; NaN stands for unknown. */
export type KeyVisitor = (principal: PrincipalId | undefined, model: string | undefined, amount: number) => void;

/**
 * Adds up a table by what a limit's threshold stands for. Keys without any usage are not visited,
 * but for the one key of a threshold that everyone shares.
 */
export function visitKeys(scope: LimitScope, table: UsageTable, visit: KeyVisitor): void {
  const { per, models: patterns } = scope.limit;
  const columns: number[] = [];
  table.models.forEach((model, column) => {
    if (matchesAny(patterns, model)) columns.push(column);
  });
  const rows: number[] = [];
  table.principals.forEach((principal, row) => {
    if (principal === EVERYONE || countsUsageOf(scope, principal)) rows.push(row);
  });
  const { amounts, models, principals } = table;
  const width = models.length;

  if (per.principal) {
    for (const row of rows) {
      const principal = principals[row];
      const offset = row * width;
      if (per.model) {
        for (const column of columns) visit(principal, models[column], amounts[offset + column] as number);
      } else {
        let sum = 0;
        for (const column of columns) sum += amounts[offset + column] as number;
        visit(principal, undefined, sum);
      }
    }
    return;
  }
  let total = 0;
  for (const column of columns) {
    let sum = 0;
    for (const row of rows) sum += amounts[row * width + column] as number;
    if (per.model) visit(undefined, models[column], sum);
    total += sum;
  }
  if (!per.model) visit(undefined, undefined, total);
}
