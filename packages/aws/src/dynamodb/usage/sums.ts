import type { ModelId } from "@bedrock-governor/core/model/model-id";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import { type Amounts, COLUMNS, type Row } from "./amounts.ts";

/** Sums per principal and model. */
export interface Sums {
  add(row: Omit<Row, "at">): void;
  /** In the order of principals and models, whatever order things were added in. */
  rows(at: EpochMs): readonly Row[];
}

export function createSums(): Sums {
  const byPrincipal = new Map<PrincipalId, Map<ModelId, Amounts>>();
  return {
    add({ principal, model, amounts }) {
      const byModel = byPrincipal.get(principal) ?? new Map<ModelId, Amounts>();
      byPrincipal.set(principal, byModel);
      const before = byModel.get(model);
      byModel.set(model, before === undefined ? amounts : plus(before, amounts));
    },
    rows: (at) =>
      sorted(byPrincipal).flatMap(([principal, byModel]) =>
        sorted(byModel).map(([model, amounts]) => ({ at, principal, model, amounts })),
      ),
  };
}

const plus = (a: Amounts, b: Amounts): Amounts =>
  Array.from({ length: COLUMNS }, (_, column) => (a[column] ?? Number.NaN) + (b[column] ?? Number.NaN));

const sorted = <T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));

/** Adds up rows of the same principal and model whose times `timeOf` makes one, in the order of time. */
export function sumRows(rows: Iterable<Row>, timeOf: (at: EpochMs) => EpochMs): readonly Row[] {
  const byTime = new Map<EpochMs, Sums>();
  for (const row of rows) {
    const time = timeOf(row.at);
    const sums = byTime.get(time) ?? createSums();
    byTime.set(time, sums);
    sums.add(row);
  }
  return [...byTime].sort(([a], [b]) => a - b).flatMap(([time, sums]) => sums.rows(time));
}
