import type { Measure } from "../limit/limit.ts";

/** What two sources should agree on: calls, and what went through them. */
export const COMPARED = ["invocations", "totalTokens"] as const satisfies readonly Measure[];
export type Compared = Readonly<Record<(typeof COMPARED)[number], number>>;

/** `short`: the log tells of less than was measured; `over`: of more. `unknown`: one of them is, or is not settled. */
export type Agreement = "agrees" | "short" | "over" | "unknown";

/** One model in one closed hour; NaN where a source does not know. */
export interface BothSides {
  readonly logged: Compared;
  readonly measured: Compared;
}

/** Part of the larger of two sums by which they may differ. */
const TOLERANCE = 0.02;
/** What calls on the edge of an hour can make up: the log has the time at which one ended, a metric that of its minute. */
const EDGE_CALLS = 10;
const EDGE_TOKENS = 50_000;

/**
 * Compares what the invocation log and CloudWatch tell of one model in hours that follow each other.
 *
 * A log that misses calls outweighs one that has too many tokens: the first leaves usage unknown. Where only a few calls
 * are apart, a long one may have fallen on the edge: what one hour then misses, another next to it has too much. While
 * the hour after it is unknown, so is it.
 */
export function agreements(hours: readonly BothSides[]): readonly Agreement[] {
  const tokensACall = meanCall(hours);
  const alone = hours.map((one) => agreementOf(one, tokensACall));
  return hours.map((one, at) => {
    const found = alone[at] ?? "unknown";
    if (found === "agrees" || found === "unknown" || missingCalls(one) > EDGE_CALLS) return found;
    const before = Math.max(0, at - 1);
    const around = [hours.slice(before, at + 1), hours.slice(at, at + 2), hours.slice(before, at + 2)];
    if (around.some((some) => agreementOf(together(some), tokensACall) === "agrees")) return "agrees";
    return (alone[at + 1] ?? "unknown") === "unknown" ? "unknown" : found;
  });
}

function agreementOf({ logged, measured }: BothSides, tokensACall: number): Agreement {
  const differs = (measure: keyof Compared, atLeast: number): Agreement => {
    const missing = measured[measure] - logged[measure];
    if (Number.isNaN(missing)) return "unknown";
    const allowed = Math.max(atLeast, TOLERANCE * Math.max(measured[measure], logged[measure]));
    if (Math.abs(missing) <= allowed) return "agrees";
    return missing > 0 ? "short" : "over";
  };
  const calls = differs("invocations", EDGE_CALLS);
  // Without the calls nobody can tell a long one on the edge from tokens that are missing.
  if (calls === "unknown") return calls;
  const isEdge = missingCalls({ logged, measured }) <= EDGE_CALLS;
  const found = [calls, differs("totalTokens", Math.max(EDGE_TOKENS, isEdge ? EDGE_CALLS * tokensACall : 0))];
  return (["short", "unknown", "over"] as const).find((one) => found.includes(one)) ?? "agrees";
}

const missingCalls = ({ logged, measured }: BothSides): number => Math.abs(measured.invocations - logged.invocations);

/** By CloudWatch: who forges records could make the log's as long as it takes. */
function meanCall(hours: readonly BothSides[]): number {
  const known = hours.filter(({ measured }) => COMPARED.every((measure) => !Number.isNaN(measured[measure])));
  const { invocations, totalTokens } = together(known).measured;
  return invocations === 0 ? 0 : totalTokens / invocations;
}

function together(hours: readonly BothSides[]): BothSides {
  const sum = (side: keyof BothSides, measure: keyof Compared) =>
    hours.reduce((total, one) => total + one[side][measure], 0);
  const sums = (side: keyof BothSides): Compared => ({
    invocations: sum(side, "invocations"),
    totalTokens: sum(side, "totalTokens"),
  });
  return { logged: sums("logged"), measured: sums("measured") };
}
