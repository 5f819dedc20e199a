import type { Limit } from "@bedrock-governor/core/limit/limit";
import type { KeyState, LimitState } from "./state.ts";

/** What a limit's bars have in common: how many percent of the threshold their whole width stands for. */
export interface Scale {
  readonly widest: number;
  /** Where percent of the threshold are, as a share of the width; never beyond its end. */
  readonly at: (percent: number) => number;
  /** Whether so many percent are beyond its end. */
  readonly beyond: (percent: number) => boolean;
}

/**
 * Wide enough for every step and for the worst usage and forecast shown, but no wider than twice the highest step: what is far
 * beyond runs off the end, or nothing else could be told apart.
 */
export function scaleOf({ limit }: LimitState, shown: readonly KeyState[]): Scale {
  const highest = Math.max(100, ...limit.steps.map(({ at }) => at));
  const worst = Math.max(0, ...shown.map(worstPercent));
  const widest = Math.max(highest * 1.08, Math.min(worst * 1.02, highest * 2));
  return { widest, at: (percent) => Math.min(1, Math.max(0, percent / widest)), beyond: (percent) => percent > widest };
}

function worstPercent({ usage, threshold, forecast }: KeyState): number {
  if (usage.status === "unknown" || threshold === undefined) return 0;
  return (Math.max(usage.amount, forecast?.amount ?? 0) / threshold) * 100;
}

export interface Label {
  readonly percent: number;
  /** Where it is as a share of the width, and which part of the text is there. */
  readonly at: number;
  readonly anchor: "start" | "middle" | "end";
  readonly denies: boolean;
}

/** Pixels that a scale has at least, on the narrowest page. */
const NARROWEST = 270;
const LETTER = 7;
const GAP = 6;

/**
 * Which steps have a label under the bars. On a narrow page not all may have room: those that deny come
 * first, then the higher ones. The text of the steps stands below in any case.
 */
export function stepLabels(limit: Limit, scale: Scale): readonly Label[] {
  const taken: (readonly [from: number, to: number])[] = [];
  const labels: Label[] = [];
  const byWeight = [...limit.steps].sort(
    (a, b) => Number(b.deny !== undefined) - Number(a.deny !== undefined) || b.at - a.at,
  );
  for (const { at: percent, deny } of byWeight) {
    const at = scale.at(percent);
    const width = `${percent} %`.length * LETTER;
    const [middle, left, right] = [at * NARROWEST, at * NARROWEST - width / 2, at * NARROWEST + width / 2];
    const anchor = left < 0 ? "start" : right > NARROWEST ? "end" : "middle";
    const from = anchor === "start" ? middle : anchor === "end" ? middle - width : left;
    if (taken.some(([start, end]) => from < end + GAP && from + width + GAP > start)) continue;
    taken.push([from, from + width]);
    labels.push({ percent, at, anchor, denies: deny !== undefined });
  }
  return labels.sort((a, b) => a.percent - b.percent);
}
