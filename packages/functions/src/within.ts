import { setTimeout as sleep } from "node:timers/promises";

/** What comes of the work, or a rejection when the time is over: the work itself may go on. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const done = new AbortController();
  const over = sleep(Math.max(0, ms), undefined, { signal: done.signal }).then(() => {
    throw new Error("the time for it is over");
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    done.abort();
  }
}
