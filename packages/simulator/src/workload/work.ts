import type { Random } from "../random.ts";
import { type DayShape, timeOfDay } from "./day-shape.ts";

/** How many tokens of a kind one call has: half of the calls have fewer than `median`. */
export interface Amount {
  readonly median: number;
  readonly sigma: number;
}

/** Calls that have nothing to do with each other. */
export interface Calls {
  readonly kind: "calls";
  /** On a weekday, on average. */
  readonly perDay: number;
  readonly input: Amount;
  readonly output: Amount;
  /** The instructions that every call repeats, and so reads from the cache. */
  readonly cachedPrompt: number;
}

/** An agent's sessions: every turn reads all that was said before from the cache and adds to it. */
export interface Sessions {
  readonly kind: "sessions";
  readonly perDay: number;
  /** Turns of a session, on average. */
  readonly turns: number;
  readonly talk: Talk;
}

export interface Talk {
  /** Tokens of instructions and files it starts with. */
  readonly opening: number;
  /** What a turn adds to the context. */
  readonly growth: Amount;
  readonly output: Amount;
  /** From one answer to the next call, on average. */
  readonly pauseMs: number;
  /** With a context longer than this it starts again from the opening. */
  readonly longestContext: number;
}

export interface Turn {
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheWriteTokens: number;
  readonly cacheReadTokens: number;
}

/** One day of some work; `share` is how much of a weekday's work is done on it. */
export function* dayOf(work: Calls | Sessions, hours: DayShape, share: number, random: Random): Generator<Turn> {
  const count = random.poisson(work.perDay * share * random.uniform(0.97, 1.03));
  for (let i = 0; i < count; i++) {
    const atMs = timeOfDay(random, hours);
    if (work.kind === "calls") yield call(work, atMs, random);
    else yield* talk(work.talk, atMs, 1 + random.poisson(work.turns - 1), random);
  }
}

function call({ input, output, cachedPrompt }: Calls, atMs: number, random: Random): Turn {
  return {
    atMs: Math.floor(atMs),
    inputTokens: amount(input, random),
    outputTokens: amount(output, random),
    cacheWriteTokens: 0,
    cacheReadTokens: cachedPrompt,
  };
}

/** An agent's turns from `startMs` on. They come at the pace of a model that answers; nothing here waits for it. */
export function* talk(
  { opening, growth, output, pauseMs, longestContext }: Talk,
  startMs: number,
  turns: number,
  random: Random,
): Generator<Turn> {
  let atMs = startMs;
  let context = 0;
  for (let turn = 0; turn < turns; turn++) {
    if (context > longestContext) context = 0;
    const cacheWriteTokens = context === 0 ? opening : amount(growth, random);
    const outputTokens = amount(output, random);
    const inputTokens = random.integer(2, 60);
    yield { atMs: Math.floor(atMs), inputTokens, outputTokens, cacheWriteTokens, cacheReadTokens: context };
    context += cacheWriteTokens;
    atMs += ANSWER_STARTS_MS + outputTokens * ANSWER_TOKEN_MS + random.exponential(pauseMs);
  }
}

const ANSWER_STARTS_MS = 800;
const ANSWER_TOKEN_MS = 1000 / 60;

const amount = ({ median, sigma }: Amount, random: Random): number =>
  Math.max(1, Math.round(random.lognormal(median, sigma)));
