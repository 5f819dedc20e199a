import type { ModelId } from "../model/model-id.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { addSums, createSums, type Sums } from "./sums.ts";
import type { TallyRow } from "./tally.ts";

export interface Total {
  readonly principal: PrincipalId;
  readonly model: ModelId;
  readonly sums: Sums;
}

/** What each principal used of each model, however it was called, sorted by both. */
export function totalsOf(rows: Iterable<TallyRow>): readonly Total[] {
  const totals = new Map<PrincipalId, Map<ModelId, Total>>();
  for (const { principal, model, sums } of rows) {
    const models = totals.get(principal.id) ?? new Map<ModelId, Total>();
    totals.set(principal.id, models);
    const total = models.get(model) ?? { principal: principal.id, model, sums: createSums() };
    models.set(model, total);
    addSums(total.sums, sums);
  }
  const all = [...totals.values()].flatMap((models) => [...models.values()]);
  return all.sort((a, b) => order(a.principal, b.principal) || order(a.model, b.model));
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
