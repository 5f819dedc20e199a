import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Row } from "./amounts.ts";
import type { BatchPart } from "./batch-items.ts";
import { createSums, type Sums } from "./sums.ts";

/** Adds up distinct batches. */
export interface Tally {
  /** Any part, any number of times. */
  add(part: BatchPart): void;
  /** Sums per minute, principal and model. */
  rows(): readonly Row[];
}

/**
 * A batch counts once, and only when all of its parts are there: a meter that was killed halfway has told
 * nothing yet. When a price changed between two deliveries, their versions differ; the first that is complete counts.
 */
export function createTally(): Tally {
  const counted = new Set<string>();
  const incomplete = new Map<string, Map<number, readonly Row[]>>();
  const byMinute = new Map<EpochMs, Sums>();

  function count(rows: readonly Row[]): void {
    for (const row of rows) {
      const sums = byMinute.get(row.at) ?? createSums();
      byMinute.set(row.at, sums);
      sums.add(row);
    }
  }

  return {
    add({ batch, version, index, of, rows }) {
      if (counted.has(batch)) return;
      const id = `${batch}#${version}`;
      const parts = incomplete.get(id) ?? new Map<number, readonly Row[]>();
      parts.set(index, rows());
      incomplete.set(id, parts);
      if (parts.size < of) return;
      counted.add(batch);
      incomplete.delete(id);
      for (const some of parts.values()) count(some);
    },
    rows: () => [...byMinute].sort(([a], [b]) => a - b).flatMap(([minute, sums]) => sums.rows(minute)),
  };
}
