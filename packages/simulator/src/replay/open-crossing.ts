import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { Caller } from "../account/callers.ts";

/** A crossing while it is followed from completion over evidence to the deny. Amounts are in the columns' units. */
export interface OpenCrossing {
  readonly at: EpochMs;
  /** The period it is in. */
  readonly span: Span;
  /** The most that completed usage came to in a rolling period. */
  peak: number;
  evidence?: Evidence;
  /** Principals whose deny does not work yet. */
  readonly open: Set<PrincipalId>;
  /** Those whose deny does, and since when. */
  readonly denied: Map<PrincipalId, EpochMs>;
  deniedAt?: EpochMs;
  effectiveAt?: EpochMs;
  usedAtEffective?: number;
  /** What was used in the end, if no deny came. */
  usedWithout?: number;
}

/** The source showing that the line is reached. */
export interface Evidence {
  readonly at: EpochMs;
  /** Usage of the requests that had arrived until then. */
  readonly arrived: number;
  /** How long IAM will take, per principal to be denied. */
  readonly propagation: ReadonlyMap<PrincipalId, number>;
  /** Until when a request can have arrived before a deny worked that was sent at once. */
  readonly until: EpochMs;
  /** Requests that arrived until then. */
  readonly since: { readonly caller: Caller; readonly at: EpochMs; readonly amount: number }[];
}

/** Notes that a principal's deny works. @returns whether it was the last one */
export function cover(crossing: OpenCrossing, principal: PrincipalId, sentAt: EpochMs, now: EpochMs): boolean {
  crossing.open.delete(principal);
  crossing.denied.set(principal, now);
  crossing.deniedAt = Math.max(crossing.deniedAt ?? crossing.at, sentAt);
  return crossing.open.size === 0 && crossing.effectiveAt === undefined;
}

/** Notes that a principal's deny is off. @returns whether it was the last one */
export function uncover(crossing: OpenCrossing, principal: PrincipalId): boolean {
  return crossing.denied.delete(principal) && crossing.denied.size === 0;
}

/**
 * Usage at the moment a deny would have worked that was sent at the moment of evidence. No later than
 * the real one for anybody: where other limits deny too, a principal can be denied already.
 *
 * @param denied spellings that are denied
 */
export function usedAtFloor(crossing: OpenCrossing, evidence: Evidence, denied: ReadonlySet<string>): number {
  let used = evidence.arrived;
  for (const { caller, at, amount } of evidence.since) {
    const own = evidence.propagation.get(caller.principal);
    const until = own === undefined || !denied.has(caller.spelling) ? evidence.until : evidence.at + own;
    if (at < Math.min(until, crossing.denied.get(caller.principal) ?? until)) used += amount;
  }
  return Math.min(used, crossing.usedAtEffective ?? used);
}
