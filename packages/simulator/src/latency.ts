import { nearest } from "@bedrock-governor/core/limit/nearest";
import shipped from "./latency.json" with { type: "json" };
import type { Random } from "./random.ts";

/** From the first number to the second, all equally likely. */
interface Uniform {
  readonly uniform: readonly [number, number];
}

/**
 * Every delay the simulator assumes, in milliseconds, each with the source of its numbers.
 * `latency.json` is this model as shipped, and what a replay prints.
 */
export interface LatencyModel {
  readonly requestDurationMs: {
    readonly firstToken: number;
    readonly outputTokensPerSecond: number;
    readonly source: string;
  };
  /** From a request's completion to its record in the invocation log. */
  readonly logDeliveryMs: Uniform & { readonly source: string };
  readonly meterMs: { readonly fixed: number; readonly source: string };
  readonly wakeMs: Uniform & { readonly source: string };
  readonly metricPublicationMs: { readonly afterMinuteEnds: Uniform; readonly source: string };
  readonly scheduleMs: { readonly every: number; readonly source: string };
  readonly reconcileMs: { readonly fixed: number; readonly source: string };
  /** From IAM's answer to a write until the write works everywhere; never more than `cap`. */
  readonly iamPropagationMs: {
    readonly lognormal: { readonly median: number; readonly sigma: number };
    readonly cap: number;
    readonly source: string;
  };
  readonly billingMs: { readonly every: Uniform; readonly source: string };
}

/** One delay each, in milliseconds, drawn from the model. */
export interface Latency {
  readonly model: LatencyModel;
  /** From a request's arrival to its completion; nothing random in it. */
  requestDuration(outputTokens: number): number;
  logDelivery(random: Random): number;
  meter(): number;
  wake(random: Random): number;
  /** After the end of the minute in which the request completed. */
  metricPublication(random: Random): number;
  schedule(): number;
  reconcile(): number;
  iamPropagation(random: Random): number;
  /** From one update of billing data to the next. */
  billing(random: Random): number;
}

export function createLatency(model: LatencyModel = defaultLatency): Latency {
  const draw = ({ uniform: [min, max] }: Uniform, random: Random) => random.uniform(min, max);
  const { lognormal, cap } = model.iamPropagationMs;
  return {
    model,
    requestDuration: (outputTokens) =>
      model.requestDurationMs.firstToken + (outputTokens * 1000) / model.requestDurationMs.outputTokensPerSecond,
    logDelivery: (random) => draw(model.logDeliveryMs, random),
    meter: () => model.meterMs.fixed,
    wake: (random) => draw(model.wakeMs, random),
    metricPublication: (random) => draw(model.metricPublicationMs.afterMinuteEnds, random),
    schedule: () => model.scheduleMs.every,
    reconcile: () => model.reconcileMs.fixed,
    iamPropagation: (random) => Math.min(random.lognormal(lognormal.median, lognormal.sigma), cap),
    billing: (random) => draw(model.billingMs.every, random),
  };
}

/** A latency model that cannot be used; the message says in one sentence what is wrong and what is allowed. */
export class LatencyProblem extends Error {
  override readonly name = "LatencyProblem";
}

/** 31 days. With more, a replay would run its clock into other years. */
const LONGEST_MS = 2_678_400_000;

/** A delay that would be repeated without time passing, or divided by. */
const ABOVE_ZERO = new Set([
  "requestDurationMs.outputTokensPerSecond",
  "scheduleMs.every",
  "billingMs.every.uniform[0]",
]);

/**
 * The shipped model with some of its values replaced, each at its own place:
 * `{ "logDeliveryMs": { "uniform": [0, 0] } }`.
 *
 * @throws LatencyProblem
 */
export function readLatency(overrides: unknown): LatencyModel {
  const model = merge(shipped, overrides, "") as LatencyModel;
  for (const [path, { uniform }] of Object.entries({
    logDeliveryMs: model.logDeliveryMs,
    wakeMs: model.wakeMs,
    "metricPublicationMs.afterMinuteEnds": model.metricPublicationMs.afterMinuteEnds,
    "billingMs.every": model.billingMs.every,
  })) {
    if (uniform[0] > uniform[1]) throw refused(`${path}.uniform`, uniform, "two numbers, the smaller first");
  }
  return model;
}

/** The shipped model says which values there are; an override has the same shape, any part of it left out. */
function merge(base: unknown, override: unknown, path: string): unknown {
  if (override === undefined) return base;
  if (typeof base === "number") return number(override, path);
  if (typeof base === "string") {
    if (typeof override !== "string") throw refused(path, override, "text");
    return override;
  }
  if (Array.isArray(base)) {
    if (!Array.isArray(override) || override.length !== base.length) throw refused(path, override, "two numbers");
    return base.map((_, index) => number(override[index], `${path}[${index}]`));
  }
  const known = Object.entries(base as object);
  const names = known.map(([name]) => name).join(", ");
  if (typeof override !== "object" || override === null || Array.isArray(override)) {
    throw refused(path, override, `an object with any of ${names}`);
  }
  const given = new Map<string, unknown>(Object.entries(override));
  for (const name of given.keys()) {
    if (known.some(([one]) => one === name)) continue;
    const meant = nearest(
      name,
      known.map(([one]) => one),
    );
    throw new LatencyProblem(
      `latency model, ${path || "top level"}: "${name}" is not one of ${names}; ${meant ? `write ${meant} or remove it` : "remove it"}.`,
    );
  }
  return Object.fromEntries(
    known.map(([name, value]) => [name, merge(value, given.get(name), path ? `${path}.${name}` : name)]),
  );
}

function number(value: unknown, path: string): number {
  const positive = ABOVE_ZERO.has(path);
  if (typeof value === "number" && value <= LONGEST_MS && (positive ? value > 0 : value >= 0)) return value;
  throw refused(path, value, `a number ${positive ? "above" : "from"} 0, at most ${LONGEST_MS}`);
}

const refused = (path: string, value: unknown, allowed: string) =>
  new LatencyProblem(
    `latency model, ${path || "top level"}: ${JSON.stringify(value)} is not allowed; give ${allowed}.`,
  );

export const defaultLatency: LatencyModel = readLatency({});
