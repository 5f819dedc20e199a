import type { Limit } from "../limit/limit.ts";
import type { EpochMs } from "../period/period.ts";
import { type Key, keyText, type Mark, type MarkOf } from "../reconcile/journal.ts";

/** What earlier runs declared about one key of a limit. */
export interface Declared {
  readonly key: Key;
  /** Usage that resets took out of the count, by the start of the period they were in. */
  readonly baselines: Map<EpochMs, number>;
  peak?: MarkOf<"peak">;
  /** Steps of a rolling limit that hold until usage is under their lift mark. */
  readonly heldSteps: Set<number>;
}

/** Per limit, per key. */
export type DeclaredState = ReadonlyMap<string, ReadonlyMap<string, Declared>>;

/** Sorts the journal's declared state by limit and key. */
export function declaredState(marks: readonly Mark[], limits: readonly Limit[]): DeclaredState {
  const measureOf = new Map(limits.map((limit) => [limit.name, limit.measure]));
  const byLimit = new Map<string, Map<string, Declared>>();
  const at = (limit: string, key: Key): Declared => {
    const keys = byLimit.get(limit) ?? new Map<string, Declared>();
    byLimit.set(limit, keys);
    const text = keyText(key);
    const declared = keys.get(text) ?? { key, baselines: new Map(), heldSteps: new Set() };
    keys.set(text, declared);
    return declared;
  };
  for (const mark of marks) {
    if (mark.kind === "baseline") {
      const { baselines } = at(mark.limit, mark.key);
      baselines.set(mark.periodStart, Math.max(mark.amount, baselines.get(mark.periodStart) ?? mark.amount));
    } else if (mark.kind === "peak") {
      // A limit that counts something else now starts anew.
      if (measureOf.get(mark.limit) === mark.measure) at(mark.limit, mark.key).peak = mark;
    } else if (mark.kind === "held-step") {
      at(mark.limit, mark.key).heldSteps.add(mark.at);
    }
  }
  return byLimit;
}
