import type { EpochMs } from "@bedrock-governor/core/period/period";
import FlatQueue from "flatqueue";

/** A source of many events, such as the calls of a trace, that would be too many for a closure each. */
export interface EventStream {
  /** When its next event is due; `Infinity` when it has none. */
  nextAt(): EpochMs;
  /** Handles the one that is due. */
  handle(): void;
}

/**
 * Virtual time. It stands still while anything happens, and jumps to whatever is due next.
 *
 * Of what is due at the same time, what the world does comes first (`at`, in the order in which it
 * was planned), then streams in the order in which they were added, then code that lives in virtual
 * time (`start`, `sleep`): whoever looks at the world sees everything that has happened by then.
 */
export interface Clock {
  now(): EpochMs;
  /** Plans something that takes no time. What is planned for the past happens now. */
  at(time: EpochMs, action: () => void): void;
  addStream(stream: EventStream): void;
  /**
   * Begins code that lives in virtual time: it may wait for nothing but the clock.
   * `runUntil` rejects with what it throws.
   */
  start(time: EpochMs, task: () => Promise<void>): void;
  /** Resolves when `ms` have passed; waits for its turn even if `ms` is 0. */
  sleep(ms: number): Promise<void>;
  /** When something is due next; `Infinity` when nothing is planned. */
  nextAt(): EpochMs;
  /** Lets everything happen that is due up to and including `end`, and stops there. */
  runUntil(end: EpochMs): Promise<void>;
}

export function createClock(startAt: EpochMs): Clock {
  const world = createTimeline();
  const tasks = createTimeline();
  const streams: EventStream[] = [];
  const failures: unknown[] = [];
  let now = startAt;

  const run = (task: () => Promise<void>) => {
    task().catch((error: unknown) => failures.push(error));
  };
  const later = (time: EpochMs) => Math.max(time, now);

  function nextStream(): EventStream | undefined {
    let first: EventStream | undefined;
    let firstAt = Number.POSITIVE_INFINITY;
    for (const stream of streams) {
      const at = stream.nextAt();
      if (at < firstAt) [first, firstAt] = [stream, at];
    }
    return first;
  }

  async function runUntil(end: EpochMs): Promise<void> {
    for (;;) {
      const stream = nextStream();
      const streamAt = stream?.nextAt() ?? Number.POSITIVE_INFINITY;
      const due = Math.min(world.nextAt(), streamAt, tasks.nextAt());
      if (due > end || due === Number.POSITIVE_INFINITY) break;
      now = later(due);
      if (world.nextAt() === due) for (const action of world.take()) action();
      else if (stream !== undefined && streamAt === due) stream.handle();
      else {
        for (const action of tasks.take()) action();
        await settled();
        if (failures.length > 0) throw failures.shift();
      }
    }
    if (end !== Number.POSITIVE_INFINITY) now = later(end);
  }

  return {
    now: () => now,
    at: (time, action) => world.add(later(time), action),
    addStream: (stream) => streams.push(stream),
    start: (time, task) => tasks.add(later(time), () => run(task)),
    sleep: (ms) => new Promise((resolve) => tasks.add(now + ms, resolve)),
    nextAt: () => Math.min(world.nextAt(), nextStream()?.nextAt() ?? Number.POSITIVE_INFINITY, tasks.nextAt()),
    runUntil,
  };
}

/** Code that waits for nothing but the clock has gone as far as it can once a macrotask gets its turn. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Actions by time, those of one time in the order in which they were added (a heap alone would not keep it). */
function createTimeline() {
  const times = new FlatQueue<number>();
  const actions = new Map<EpochMs, (() => void)[]>();
  return {
    nextAt: () => times.peekValue() ?? Number.POSITIVE_INFINITY,
    add(time: EpochMs, action: () => void) {
      const there = actions.get(time);
      if (there !== undefined) there.push(action);
      else {
        actions.set(time, [action]);
        times.push(0, time);
      }
    },
    /** Everything of the earliest time. What is added for that time meanwhile comes after it. */
    take(): readonly (() => void)[] {
      const time = times.peekValue();
      if (time === undefined) return [];
      times.pop();
      const taken = actions.get(time) ?? [];
      actions.delete(time);
      return taken;
    },
  };
}
