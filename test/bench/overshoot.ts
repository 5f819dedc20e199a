import type { ReplayMeasure } from "./measure.ts";

export interface Overshoot {
  /** In percent of the threshold, over limits and seeds. */
  readonly mean: number;
  readonly worst: number;
  /** Summed overshoot over summed floor. */
  readonly ratio: number;
  readonly limits: number;
}

export function overshootOf(runs: readonly ReplayMeasure[]): Overshoot {
  const all = runs.flatMap(({ limits }) => limits);
  const shares = all.map(({ overshoot, threshold }) => (overshoot / threshold) * 100);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    mean: sum(shares) / shares.length,
    worst: Math.max(...shares),
    ratio: sum(all.map(({ overshoot }) => overshoot)) / sum(all.map(({ floor }) => floor)),
    limits: runs[0]?.limits.length ?? 0,
  };
}
