import { denySet } from "../enforcement/deny-set.ts";
import type { Held } from "../enforcement/plan.ts";
import type { EpochMs } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { type Mark, marksOf } from "./journal.ts";
import type { ObservedAccess } from "./ports.ts";

/** IAM's reads may be older than our last write for this long. */
export const PROPAGATION_MS = 60_000;

/**
 * What each principal holds of ours: as IAM says it, but for those we wrote on within the last
 * minute. What differs there is propagation, not drift.
 */
export function heldNow(access: ObservedAccess, marks: readonly Mark[], now: EpochMs): ReadonlyMap<PrincipalId, Held> {
  const held = new Map<PrincipalId, Held>();
  for (const [principal, attached] of access.attached) {
    if (attached.length === 0) continue;
    const members = attached.flatMap((name) => access.published.get(name) ?? []);
    held.set(principal, { set: denySet(members), attached });
  }
  for (const mark of marksOf(marks, "write")) {
    if (mark.at <= now - PROPAGATION_MS) continue;
    if (mark.attached.length === 0) held.delete(mark.principal);
    else held.set(mark.principal, { set: mark.denied, attached: mark.attached });
  }
  return held;
}
