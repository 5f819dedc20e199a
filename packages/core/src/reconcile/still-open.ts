import { type DenySet, denySet, denySetKey, without } from "../enforcement/deny-set.ts";
import type { Limit } from "../limit/limit.ts";
import type { ModelId } from "../model/model-id.ts";
import { overlaps } from "../model/pattern.ts";
import { MOST_STILL_OPEN } from "./event.ts";

/** What a set of denies leaves open of the models that a limit is about. */
export type StillOpen = (limit: Limit, denied: DenySet) => readonly string[];

/** What the limit's steps except is named as it is written, other models one by one where a deny touches their pattern. */
export function createStillOpen(known: readonly ModelId[]): StillOpen {
  // Many principals are denied the same by one limit.
  const found = new Map<string, readonly string[]>();
  return (limit, denied) => {
    const id = `${limit.name} ${denySetKey(denied)}`;
    const before = found.get(id);
    if (before !== undefined) return before;
    const exceptions = limit.steps.flatMap(({ except }) => except);
    const own = exceptions.filter((exception) => limit.models.some((model) => overlaps(model, exception)));
    const open = denySet(without([...own, ...limit.models], denied, known)).slice(0, MOST_STILL_OPEN);
    found.set(id, open);
    return open;
  };
}
