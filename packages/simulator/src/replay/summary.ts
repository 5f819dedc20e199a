import type { EpochMs } from "@bedrock-governor/core/period/period";
import { unitOf } from "../account/amounts.ts";
import { type OpenCrossing, usedAtFloor } from "./open-crossing.ts";
import type { Crossing, KeyResult, Spread } from "./result.ts";
import type { Watch } from "./watch.ts";

/** What a watch found, in the units and times that people read. */
export function keyResult(watch: Watch, start: EpochMs): KeyResult {
  const { limit, key, source, threshold, line } = watch.key;
  const crossings =
    watch.unpriced.size > 0 ? [] : watch.crossings.map((crossing) => crossingResult(crossing, watch, start));
  const worst = crossings.reduce<Crossing | undefined>(
    (most, one) => (most === undefined || one.overshoot > most.overshoot ? one : most),
    undefined,
  );
  return {
    name: limit.name,
    key,
    source,
    measure: limit.measure,
    threshold,
    line,
    unpriced: [...watch.unpriced].sort(),
    crossings,
    detectionMs: spread(crossings.map(({ crossedAtMs, deniedAtMs }) => since(crossedAtMs, deniedAtMs))),
    enforcementMs: spread(crossings.map(({ crossedAtMs, effectiveAtMs }) => since(crossedAtMs, effectiveAtMs))),
    overshoot: worst?.overshoot ?? 0,
    overshootPct: worst?.overshootPct ?? 0,
    floor: worst === undefined ? 0 : worst.floor,
    refused: watch.refused,
    lifts: watch.lifts,
  };
}

function crossingResult(crossing: OpenCrossing, { key }: Watch, start: EpochMs): Crossing {
  const { evidence, effectiveAt } = crossing;
  const unit = unitOf(key.limit.measure);
  const over = (used: number) => rounded(used / unit - key.line);
  const after = (time: EpochMs | undefined) => (time === undefined ? null : time - start);
  const overshoot = over(crossing.usedAtEffective ?? crossing.usedWithout ?? crossing.peak);
  return {
    crossedAtMs: crossing.at - start,
    evidenceAtMs: after(evidence?.at),
    deniedAtMs: after(effectiveAt === undefined ? undefined : crossing.deniedAt),
    effectiveAtMs: after(effectiveAt),
    usedAtEffective: crossing.usedAtEffective === undefined ? null : rounded(crossing.usedAtEffective / unit),
    overshoot,
    overshootPct: rounded((overshoot / key.line) * 100),
    floor: evidence === undefined ? null : over(usedAtFloor(crossing, evidence, key.denied)),
  };
}

const since = (crossedAtMs: number, at: number | null): number | null => (at === null ? null : at - crossedAtMs);

/** Amounts are whole numbers or billionths of a dollar; further digits come from dividing. */
const rounded = (amount: number): number => Math.round(amount * 1e9) / 1e9;

/** By nearest rank: each value is one that occurred. */
function spread(values: readonly (number | null)[]): Spread {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  return { p50: rank(0.5), p95: rank(0.95), max: rank(1) };
}
