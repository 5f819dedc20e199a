import { describeProblem } from "@bedrock-governor/core/limit/describe-problem";
import type { Limit } from "@bedrock-governor/core/limit/limit";
import { readLimit } from "@bedrock-governor/core/limit/read-limit";
import { type ReplayOptions, replay } from "@bedrock-governor/simulator/replay/replay";
import type { Crossing, KeyResult, ReplayResult } from "@bedrock-governor/simulator/replay/result";
import type { Request } from "@bedrock-governor/simulator/trace/request";
import { fixedLatency } from "./fixed-latency.ts";

/** A limit as an operator writes it: by default 100 tokens a day for each principal, by the log. */
export function limit(name: string, written: Record<string, unknown> = {}): Limit {
  const defaults = {
    models: ["*"],
    principals: ["*"],
    source: "logs",
    measure: "totalTokens",
    per: ["principal"],
    period: "day",
    threshold: 100,
  };
  const checked = readLimit(name, JSON.stringify({ ...defaults, ...written }));
  if (checked.ok) return checked.value;
  throw new Error(checked.problems.map((problem) => describeProblem(problem, name)).join("\n"));
}

/** Requests of 10 input tokens that complete at once, one each second. */
export function everySecond(count: number, request: Partial<Request> = {}): Request[] {
  return Array.from({ length: count }, (_, second) => ({
    atMs: second * 1000,
    model: "acme.model-one",
    principal: "role/alice",
    inputTokens: 10,
    outputTokens: 0,
    cacheWriteTokens: 0,
    cacheReadTokens: 0,
    ...request,
  }));
}

export async function* traceOf(...requests: readonly Request[][]): AsyncGenerator<readonly Request[]> {
  yield requests.flat().sort((a, b) => a.atMs - b.atMs);
}

export const replayOf = (
  requests: readonly Request[],
  limits: readonly Limit[],
  options: Partial<ReplayOptions> = {},
): Promise<ReplayResult> => replay({ trace: traceOf([...requests]), limits, latency: fixedLatency(), ...options });

export function only(result: ReplayResult): KeyResult & { readonly crossing: Crossing } {
  const [key, ...otherKeys] = result.limits;
  const [crossing, ...others] = key?.crossings ?? [];
  if (key === undefined || crossing === undefined) throw new Error("nothing was crossed");
  if (otherKeys.length + others.length > 0) throw new Error("more than one crossing");
  return { ...key, crossing };
}
