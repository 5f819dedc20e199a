import { matchesAny } from "../model/pattern.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { EVERYONE, type UsageTable } from "../usage/usage-table.ts";
import { countsUsageOf, type LimitScope } from "./scope.ts";

/** Called with each key of a limit and its usage; NaN stands for unknown. */
export type KeyVisitor = (principal: PrincipalId | undefined, model: string | undefined, amount: number) => void;

/**
 * Adds up a table by what a limit's threshold stands for. Keys without any usage are not visited,
 * but for the one key of a threshold that everyone shares.
 *
 * @param least keys of less than this are left out: almost every key is quiet, and a call for each would take
 * longer than all the adding up.
 */
export function visitKeys(
  scope: LimitScope,
  table: UsageTable,
  visit: KeyVisitor,
  least: (principal: PrincipalId | undefined) => number = () => 0,
): void {
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
      const from = least(principal);
      let sum = 0;
      for (const column of columns) {
        const amount = amounts[offset + column] as number;
        sum += amount;
        // Not `>=`: what is unknown is visited.
        if (per.model && !(amount < from)) visit(principal, models[column], amount);
      }
      if (!per.model && !(sum < from)) visit(principal, undefined, sum);
    }
    return;
  }
  const from = least(undefined);
  let total = 0;
  for (const column of columns) {
    let sum = 0;
    for (const row of rows) sum += amounts[row * width + column] as number;
    if (per.model && !(sum < from)) visit(undefined, models[column], sum);
    total += sum;
  }
  if (!per.model && !(total < from)) visit(undefined, undefined, total);
}
