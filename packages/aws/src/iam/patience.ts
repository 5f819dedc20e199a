import { setTimeout as wait } from "node:timers/promises";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { isPassing } from "./iam-error.ts";

/** Time and chance, as an adapter sees them. What is left out is the machine's own. */
export interface Timing {
  readonly now?: () => EpochMs;
  readonly sleep?: (ms: number) => Promise<unknown>;
  /** From 0 up to 1. */
  readonly random?: () => number;
  /** When the present run has to be over: no call is made again after it. */
  readonly deadline?: () => EpochMs;
  /** How many writes IAM takes in one second without throttling; its own figure is not published. */
  readonly writesPerSecond?: number;
}

/** How IAM is called: again after a passing failure, and writes not faster than it likes. */
export interface Patience {
  /** Resolves with what the call does; rejects with its last error. */
  read<T>(call: () => Promise<T>): Promise<T>;
  /** The same, not sooner than the pace allows. */
  write<T>(call: () => Promise<T>): Promise<T>;
}

/** Each wait is a random part of a span that doubles: 0.4 s, 0.8 s, 1.6 s, 3.2 s. */
const TRIES = 5;
const FIRST_WAIT_MS = 400;
const WRITES_PER_SECOND = 1.5;

/**
 * A loop of our own in place of the SDK's: that one knows neither pace nor deadline, and cannot be tested
 * without waiting. So that tries do not multiply, the client is to be made with `maxAttempts: 1`.
 *
 * The deadline ends retries, not the first try nor the wait for its turn, which is below a second: to attach a new
 * policy and not detach the old one is worse than to be late.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ (full jitter)
 */
export function createPatience(timing: Timing): Patience {
  const { now = Date.now, sleep = wait, random = Math.random, deadline = () => Number.POSITIVE_INFINITY } = timing;
  const interval = 1_000 / (timing.writesPerSecond ?? WRITES_PER_SECOND);
  let nextTurn = Number.NEGATIVE_INFINITY;

  async function turn(): Promise<void> {
    const present = now();
    const mine = Math.max(present, nextTurn);
    nextTurn = mine + interval;
    if (mine > present) await sleep(mine - present);
  }

  async function persist<T>(call: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await call();
      } catch (error) {
        const pause = random() * FIRST_WAIT_MS * 2 ** (tries - 1);
        if (tries === TRIES || !isPassing(error) || now() + pause >= deadline()) throw error;
        await sleep(pause);
      }
    }
  }

  return {
    read: persist,
    write: (call) =>
      persist(async () => {
        await turn();
        return call();
      }),
  };
}
