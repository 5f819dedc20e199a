import type { Measure } from "@bedrock-governor/core/limit/limit";
import type { Key } from "@bedrock-governor/core/reconcile/journal";
import type { LatencyModel } from "../latency.ts";

export type ReplaySource = "logs" | "metrics" | "budget";

/** What a replay found. Every `…AtMs` counts from the start of the trace; amounts are in the measure's unit. */
export interface ReplayResult {
  readonly latencyModel: LatencyModel;
  readonly seed: number;
  /** The mass-deny guard, if it was asked for. */
  readonly maxNewDenies: number | null;
  readonly rows: number;
  /** Requests that IAM refused, whatever limit that was due to. */
  readonly refused: number;
  readonly runs: number;
  /** By limit and key. */
  readonly limits: readonly KeyResult[];
  /** What does not show in the numbers: limits that count nothing, or whose usage is unknown. */
  readonly notes: readonly string[];
}

/** One threshold: a limit, and the principal or model that it is for. */
export interface KeyResult {
  readonly name: string;
  readonly key: Key;
  readonly source: ReplaySource;
  readonly measure: Measure;
  readonly threshold: number;
  /**
   * The usage at which it is crossed: the threshold's share of its last step that denies, or the
   * threshold itself if that step is at 100 % or there is none.
   */
  readonly line: number;
  /** Models it counts whose price is not known: its usage is unknown then, and it denies nobody. */
  readonly unpriced: readonly string[];
  readonly crossings: readonly Crossing[];
  /** From a crossing until our run has sent the deny. */
  readonly detectionMs: Spread;
  /** From a crossing until the deny works in IAM. */
  readonly enforcementMs: Spread;
  /** Of the worst crossing; 0 if there is none. */
  readonly overshoot: number;
  readonly overshootPct: number;
  readonly floor: number | null;
  readonly refused: number;
  /** How often the denies of a crossing were lifted again. */
  readonly lifts: number;
}

/** Of all crossings that were answered; null if none was. */
export interface Spread {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly max: number | null;
}

/** Usage reaching the line once in a period. */
export interface Crossing {
  /** When the request completed that brought completed usage to the line. */
  readonly crossedAtMs: number;
  /** When the source showed it, before anything of ours ran; null if it never did while it mattered. */
  readonly evidenceAtMs: number | null;
  /** When our run had IAM's answer to the deny, the last one if it is for several principals; null if it sent none. */
  readonly deniedAtMs: number | null;
  /** When the deny worked, for the last principal it is for; null if it did not before the period was over. */
  readonly effectiveAtMs: number | null;
  /** Usage of all requests that arrived before then and were not refused; null without a deny. */
  readonly usedAtEffective: number | null;
  /** What was used above the line; without a deny, until the end of the period. */
  readonly overshoot: number;
  readonly overshootPct: number;
  /** The overshoot without any reaction time of ours: evidence and IAM's propagation alone. Null without evidence. */
  readonly floor: number | null;
}
