import type { Reset } from "../limit/settings.ts";
import { matches } from "../model/pattern.ts";
import type { EpochMs, Span } from "../period/period.ts";
import { selects } from "../principal/selector.ts";
import type { Key } from "../reconcile/journal.ts";
import type { Directory } from "./scope.ts";
import { unlisted } from "./scope.ts";

/** Says whether a reset is for a key: for every key if it names none. */
export function concerns(reset: Reset, key: Key, directory: Directory): boolean {
  if (reset.keys === undefined) return true;
  const principal =
    key.principal === undefined ? undefined : (directory.byId.get(key.principal) ?? unlisted(key.principal));
  return reset.keys.some(
    (named) =>
      (named.principal === undefined || (principal !== undefined && selects(named.principal, principal))) &&
      (named.model === undefined || (key.model !== undefined && matches(named.model, key.model))),
  );
}

/** The resets of a limit that bear on a span, the latest first. One dated in the future waits. */
export function resetsWithin(resets: readonly Reset[], limit: string, span: Span, now: EpochMs): readonly Reset[] {
  return resets
    .filter((reset) => reset.limit === limit && reset.at >= span.start && reset.at <= now)
    .sort((a, b) => b.at - a.at);
}

/** Tells one use of a reset's name from the next. */
export const resetId = (reset: Reset): string => `${reset.name}@${reset.at}`;

/** The id of what is said when it is carried out. */
export const resetMark = (reset: Reset): string => `reset#${resetId(reset)}`;
