import type { Limit } from "../limit/limit.ts";
import type { EpochMs } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import type { Key, Mark, MarkOf } from "../reconcile/journal.ts";

/** What earlier runs declared about one key of a limit. */
export interface Declared {
  readonly key: Key;
  /** Usage that resets took out of the count, by the start of the period they were in. */
  baselines?: Map<EpochMs, number>;
  peak?: MarkOf<"peak">;
  /** Steps of a rolling limit that hold until usage is under their lift mark. */
  readonly heldSteps: number[];
}

/** What earlier runs declared about one limit, by principal and then by model: maps, not texts, as there may be 100,000 keys. */
export type DeclaredKeys = ReadonlyMap<PrincipalId | undefined, ReadonlyMap<string | undefined, Declared>>;

/** Per limit. */
export type DeclaredState = ReadonlyMap<string, DeclaredKeys>;

export const declaredAbout = (state: DeclaredState, limit: string, { principal, model }: Key): Declared | undefined =>
  state.get(limit)?.get(principal)?.get(model);

/** Sorts the journal's declared state by limit and key. */
export function declaredState(marks: readonly Mark[], limits: readonly Limit[]): DeclaredState {
  const measureOf = new Map(limits.map((limit) => [limit.name, limit.measure]));
  const byLimit = new Map<string, Map<PrincipalId | undefined, Map<string | undefined, Declared>>>();
  const at = (limit: string, key: Key): Declared => {
    const keys = inside(byLimit, limit, () => new Map());
    const models = inside(keys, key.principal, () => new Map());
    return inside(models, key.model, () => ({ key, heldSteps: [] }));
  };
  for (const mark of marks) {
    if (mark.kind === "baseline") {
      const declared = at(mark.limit, mark.key);
      const baselines = declared.baselines ?? new Map<EpochMs, number>();
      declared.baselines = baselines.set(
        mark.periodStart,
        Math.max(mark.amount, baselines.get(mark.periodStart) ?? mark.amount),
      );
    } else if (mark.kind === "peak") {
      // A limit that counts something else now starts anew.
      if (measureOf.get(mark.limit) === mark.measure) at(mark.limit, mark.key).peak = mark;
    } else if (mark.kind === "held-step") {
      at(mark.limit, mark.key).heldSteps.push(mark.at);
    }
  }
  return byLimit;
}

function inside<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
