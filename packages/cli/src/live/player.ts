import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Live } from "@bedrock-governor/simulator/live/live";

/** Lets the account's time pass as somebody who watches wants it. */
export interface Player {
  /** Also when there is nothing left to play. */
  readonly paused: boolean;
  /** Seconds of the account's time that pass in one second. */
  readonly speed: number;
  setPaused(paused: boolean): void;
  setSpeed(speed: number): void;
  /** Goes on by so much at once, whether paused or not. */
  step(ms: number): Promise<void>;
  /** Plays until it is stopped or time is up. Rejects with what goes wrong in the account. */
  play(until: EpochMs, stopped: AbortSignal): Promise<void>;
}

const FRAME_MS = 50;
/** A machine that cannot keep up falls behind; the page goes on answering. */
const LONGEST_FRAME_MS = 150;
const SLICE_MS = 5 * 60_000;

export function createPlayer(live: Live, startSpeed: number): Player {
  let speed = startSpeed;
  let paused = false;
  // One at a time: a step waits for the frame that is being played.
  let turn: Promise<void> = Promise.resolve();

  function advance(to: EpochMs, mayTakeMs: number): Promise<void> {
    const ahead = turn.then(async () => {
      const begun = performance.now();
      while (live.clock.now() < to && performance.now() - begun < mayTakeMs) {
        await live.runUntil(Math.min(to, live.clock.now() + SLICE_MS));
      }
    });
    turn = ahead.catch(() => {});
    return ahead;
  }

  return {
    get paused() {
      return paused;
    },
    get speed() {
      return speed;
    },
    setPaused(wanted) {
      paused = wanted;
    },
    setSpeed(wanted) {
      speed = wanted;
    },
    step: (ms) => advance(live.clock.now() + ms, Number.POSITIVE_INFINITY),
    async play(until, stopped) {
      let last = performance.now();
      while (!stopped.aborted && live.clock.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, FRAME_MS));
        const now = performance.now();
        const passed = paused ? 0 : Math.min(now - last, LONGEST_FRAME_MS) * speed;
        last = now;
        if (passed > 0) await advance(Math.min(until, live.clock.now() + passed), LONGEST_FRAME_MS);
      }
      paused = true;
    },
  };
}
