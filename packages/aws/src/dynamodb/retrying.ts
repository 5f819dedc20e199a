import { setTimeout as sleep } from "node:timers/promises";

/** How to pass the time between attempts. */
export type Wait = (ms: number) => Promise<unknown>;

export const pass: Wait = (ms) => sleep(ms);

/** With pauses of at most 3.5 s together. */
const ATTEMPTS = 7;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Tries again what failed for a passing reason, later each time and at random, so that two runs that
 * meet on one item do not meet again. Rejects with the last failure.
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  isPassing: (error: unknown) => boolean,
  wait: Wait,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (tried === ATTEMPTS || !isPassing(error)) throw error;
    }
    await wait(Math.random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tried));
  }
}
