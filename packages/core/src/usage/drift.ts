import type { Measure } from "../limit/limit.ts";

/** What two sources should agree on: calls, and what went through them. */
export const COMPARED = ["invocations", "totalTokens"] as const satisfies readonly Measure[];
export type Compared = Readonly<Record<(typeof COMPARED)[number], number>>;

/** `short`: the log tells of less than was measured; `over`: of more. `unknown`: one of them is. */
export type Agreement = "agrees" | "short" | "over" | "unknown";

/** Part of the larger of two sums by which they may differ. */
const TOLERANCE = 0.02;
/** What a call on the edge of an hour can make up: the log has the time at which it ended, a metric that of its minute. */
const FLOOR: Compared = { invocations: 10, totalTokens: 50_000 };

/**
 * Compares what the invocation log and CloudWatch tell of one model in one closed hour.
 *
 * A log that misses calls outweighs one that has too many tokens: the first leaves usage unknown.
 */
export function agreementOf(logged: Compared, measured: Compared): Agreement {
  if (COMPARED.some((measure) => Number.isNaN(logged[measure]) || Number.isNaN(measured[measure]))) return "unknown";
  const beyond = COMPARED.flatMap((measure) => {
    const missing = measured[measure] - logged[measure];
    const allowed = Math.max(FLOOR[measure], TOLERANCE * Math.max(measured[measure], logged[measure]));
    return Math.abs(missing) > allowed ? [missing] : [];
  });
  if (beyond.length === 0) return "agrees";
  return beyond.some((missing) => missing > 0) ? "short" : "over";
}
