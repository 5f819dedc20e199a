import { stepAmount } from "@bedrock-governor/core/enforcement/standing";
import type { Limit, Step } from "@bedrock-governor/core/limit/limit";
import { createMoments, type Moments } from "./figures.ts";
import type { ConsoleState, DeniedState, KeyState, LimitState } from "./state.ts";

/** How serious something is, as a class of the style sheet and, in words, beside it. */
export type Tone = "calm" | "warn" | "over" | "would" | "unknown";

export interface KeyStanding {
  readonly tone: Tone;
  /** "past 80 %", "denied"; undefined where there is nothing to say. */
  readonly badge?: string;
}

/** Who is denied or would be, to look up. */
export type DeniedLookup = ReadonlyMap<string, "denied" | "would">;

function deniedLookup(denied: readonly DeniedState[]): DeniedLookup {
  const found = new Map<string, "denied" | "would">();
  for (const { principal, state } of denied) {
    if (state !== "would" || !found.has(principal)) found.set(principal, state === "would" ? "would" : "denied");
  }
  return found;
}

/** The highest step that usage has reached; reaching it counts as exceeding it. */
export function stepReached(limit: Limit, usage: number, threshold: number): Step | undefined {
  return limit.steps.findLast(({ at }) => usage >= stepAmount(threshold, at));
}

/** A key is called denied here only if this limit reached a step that denies. */
export function keyStanding(
  { limit }: LimitState,
  { key, usage, threshold }: KeyState,
  denied: DeniedLookup,
): KeyStanding {
  if (usage.status === "unknown" || threshold === undefined) return { tone: "unknown", badge: "unknown" };
  const reached = stepReached(limit, usage.amount, threshold);
  if (reached === undefined) return { tone: "calm" };
  const deniesNow = limit.steps.some(({ at, deny }) => deny !== undefined && usage.amount >= stepAmount(threshold, at));
  const past = `past ${reached.at} %`;
  if (!deniesNow) return { tone: "warn", badge: past };
  const fate = key.principal === undefined ? undefined : denied.get(key.principal);
  if (fate === "would") return { tone: "would", badge: "would be denied" };
  return { tone: "over", badge: fate === "denied" ? "denied" : past };
}

const RANK: Readonly<Record<Tone, number>> = { over: 4, would: 3, unknown: 2, warn: 1, calm: 0 };

/** The most serious tone among a limit's keys. */
function limitTone(limit: LimitState, denied: DeniedLookup): Tone {
  let worst: Tone = "calm";
  for (const key of limit.keys) {
    const { tone } = keyStanding(limit, key, denied);
    if (RANK[tone] > RANK[worst]) worst = tone;
  }
  return worst;
}

/** What a page draws from: the state, and what several parts of it look up. */
export interface Look {
  readonly state: ConsoleState;
  readonly denied: DeniedLookup;
  readonly tones: ReadonlyMap<LimitState, Tone>;
  readonly moments: Moments;
}

export function lookAt(state: ConsoleState): Look {
  const denied = deniedLookup(state.denied);
  const tones = new Map(state.limits.map((limit) => [limit, limitTone(limit, denied)]));
  return { state, denied, tones, moments: createMoments(state.timeZone, state.now) };
}
