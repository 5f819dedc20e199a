import { SilentRegion } from "../region-reads.ts";
import { UnreadLists } from "./region-catalogue.ts";

/** Which lists are unread now; says of each when that begins, when the cause is another, and when it ends. */
export interface UnreadNotes {
  /** @param error of the last reading of a region; undefined if it was read */
  note(region: string, error: unknown): void;
  names(): readonly string[];
}

export function createUnreadLists(warn: (text: string) => void): UnreadNotes {
  const unread = new Map<string, ReadonlyMap<string, string>>();
  return {
    note(region, error) {
      const before = unread.get(region) ?? new Map<string, string>();
      // It was not asked again: what was unread still is.
      if (error instanceof SilentRegion && error.cause === undefined) return;
      const causes = causesOf(error);
      unread.set(region, new Map([...causes].map(([list, cause]) => [list, nameOf(cause)])));
      for (const [list, cause] of causes) {
        if (before.get(list) === nameOf(cause)) continue;
        const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
        warn(
          `${list} in ${region} cannot be read: within an hour this makes the whole catalogue unknown, and then denies by pattern may miss models, and none is made smaller (${why})`,
        );
      }
      for (const list of before.keys()) if (!causes.has(list)) warn(`${list} in ${region} can be read again`);
    },
    names: () => [...unread].flatMap(([region, causes]) => [...causes.keys()].map((list) => `${list} in ${region}`)),
  };
}

function causesOf(error: unknown): ReadonlyMap<string, unknown> {
  if (error === undefined) return new Map();
  if (error instanceof UnreadLists) return error.causes;
  if (!(error instanceof SilentRegion)) return new Map([["every list", error]]);
  // Lists that were cut off are silent as their region is; another may have been refused before.
  return new Map([...causesOf(error.cause)].map(([list, cause]) => [list, isCutOff(cause) ? error : cause]));
}

const isCutOff = (cause: unknown): boolean =>
  cause instanceof Error && (cause.name === "AbortError" || cause.name === "TimeoutError");

/** Messages carry ids of requests; names do not. */
const nameOf = (cause: unknown): string => (cause instanceof Error ? cause.name : String(cause));
