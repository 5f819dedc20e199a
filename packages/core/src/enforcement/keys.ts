import { matchesAny } from "../model/pattern.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { EVERYONE, type UsageTable } from "../usage/usage-table.ts";
import { countsUsageOf, type LimitScope } from "./scope.ts";

/** Called with each key of a limit and its usage; NaN stands for unknown. */
export type KeyVisitor = (principal: PrincipalId | undefined, model: string | undefined, amount: number) => void;

/** Which keys are worth a visit: almost all are quiet, and a call for each would take longer than all the adding up. */
export interface Worth {
  /** Keys of less than this are left out. */
  readonly least: (principal: PrincipalId | undefined) => number;
  /** By principal, models of keys that are visited however little they used. */
  readonly always: ReadonlyMap<PrincipalId | undefined, { has(model: string | undefined): boolean }>;
}

const ALL_KEYS: Worth = { least: () => 0, always: new Map() };

/**
 * Adds up a table by what a limit's threshold stands for. Keys without any usage are not visited,
 * but for the one key of a threshold that everyone shares.
 */
export function visitKeys(scope: LimitScope, table: UsageTable, visit: KeyVisitor, worth: Worth = ALL_KEYS): void {
  const { per, models } = scope.limit;
  const columns = placesOf(table.models, (model) => matchesAny(models, model));
  const rows = rowsOf(scope, table.principals);
  if (!per.principal) visitColumns(table, rows, columns, per.model, visit, worth);
  else if (per.model) visitPairs(table, rows, columns, visit, worth);
  else visitRows(table, rows, columns, visit, worth);
}

const knownRows = new WeakMap<LimitScope["selected"], WeakMap<readonly PrincipalId[], Int32Array>>();

/** Found once for all limits that select the same principals and read the same table. */
function rowsOf(scope: LimitScope, principals: readonly PrincipalId[]): Int32Array {
  const known = knownRows.get(scope.selected) ?? new WeakMap<readonly PrincipalId[], Int32Array>();
  knownRows.set(scope.selected, known);
  const rows = known.get(principals) ?? placesOf(principals, (one) => one === EVERYONE || countsUsageOf(scope, one));
  known.set(principals, rows);
  return rows;
}

function placesOf<T>(all: readonly T[], isCounted: (one: T) => boolean): Int32Array {
  const places = new Int32Array(all.length);
  let count = 0;
  for (let at = 0; at < all.length; at++) if (isCounted(all[at] as T)) places[count++] = at;
  return places.subarray(0, count);
}

function visitPairs(
  { principals, models, amounts }: UsageTable,
  rows: Int32Array,
  columns: Int32Array,
  visit: KeyVisitor,
  { least, always }: Worth,
): void {
  for (const row of rows) {
    const principal = principals[row];
    const from = least(principal);
    const anyhow = always.get(principal);
    const offset = row * models.length;
    for (let at = 0; at < columns.length; at++) {
      const column = columns[at] as number;
      const amount = amounts[offset + column] as number;
      // Not `>=`: what is unknown is visited.
      if (!(amount < from) || anyhow?.has(models[column])) visit(principal, models[column], amount);
    }
  }
}

function visitRows(
  { principals, models, amounts }: UsageTable,
  rows: Int32Array,
  columns: Int32Array,
  visit: KeyVisitor,
  { least, always }: Worth,
): void {
  for (const row of rows) {
    const principal = principals[row];
    const sum = sumOf(amounts, row * models.length, columns, 1);
    if (!(sum < least(principal)) || always.get(principal)?.has(undefined)) visit(principal, undefined, sum);
  }
}

/** The keys that know no principal: a model each, or one for everything. */
function visitColumns(
  { models, amounts }: UsageTable,
  rows: Int32Array,
  columns: Int32Array,
  perModel: boolean,
  visit: KeyVisitor,
  { least, always }: Worth,
): void {
  const from = least(undefined);
  const anyhow = always.get(undefined);
  let total = 0;
  for (const column of columns) {
    const sum = sumOf(amounts, column, rows, models.length);
    if (perModel && (!(sum < from) || anyhow?.has(models[column]))) visit(undefined, models[column], sum);
    total += sum;
  }
  if (!perModel && (!(total < from) || anyhow?.has(undefined))) visit(undefined, undefined, total);
}

/** A function of its own, as are the loops above: small ones are compiled soon, and until then every sum is an object. */
function sumOf(amounts: Float64Array, start: number, places: Int32Array, width: number): number {
  let sum = 0;
  for (let at = 0; at < places.length; at++) sum += amounts[start + (places[at] as number) * width] as number;
  return sum;
}
