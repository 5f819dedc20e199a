import { type Evidence, judgeLimit, type LimitReadings } from "../enforcement/judge-limit.ts";
import type { LimitScope } from "../enforcement/scope.ts";
import type { Limit } from "../limit/limit.ts";
import type { Pattern } from "../model/pattern.ts";
import type { Span } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { aboutLimit, type EventFields, limitFields } from "./event-maker.ts";
import { type Key, keyText, makeKey } from "./journal.ts";

/** What an event that is not about a step says of a limit, and of where a principal's usage is now. */
export type LimitNow = (
  name: string,
  principal: PrincipalId,
  models: readonly Pattern[],
) => Omit<EventFields, "reason">;

interface LimitNowInput extends Omit<Evidence, "readings"> {
  readonly scopes: readonly LimitScope[];
  readonly readings: ReadonlyMap<string, LimitReadings>;
}

interface Place {
  readonly usage: number;
  readonly threshold: number;
  readonly span: Span;
}

/** Works a limit's keys out when it is first asked for: most runs tell of none. */
export function createLimitNow(input: LimitNowInput): LimitNow {
  const found = new Map<string, (key: Key) => Place | undefined>();
  return (name, principal, models) => {
    const scope = input.scopes.find(({ limit }) => limit.name === name);
    if (scope === undefined) return { limit: name };
    const key = scope.selected.has(principal) ? keyOf(scope.limit, principal, models) : undefined;
    if (key === undefined) return aboutLimit(scope.limit);
    const placeOf = found.get(name) ?? placesOf(scope, { ...input, readings: input.readings.get(name) });
    found.set(name, placeOf);
    const place = placeOf(key);
    return place === undefined ? aboutLimit(scope.limit) : limitFields(scope.limit, place);
  };
}

/** Undefined if the models have several thresholds. */
function keyOf({ per }: Limit, principal: PrincipalId, [model, ...more]: readonly Pattern[]): Key | undefined {
  if (per.model && (model === undefined || more.length > 0 || model.includes("*"))) return undefined;
  return makeKey(per.principal ? principal : undefined, per.model ? model : undefined);
}

/** Undefined where usage is unknown. A complete answer in which a key has no place says that it used nothing. */
function placesOf(scope: LimitScope, evidence: Evidence): (key: Key) => Place | undefined {
  const places = new Map<string, Place | undefined>();
  judgeLimit(scope, evidence, {
    judge: (found) => places.set(keyText(found.key), found),
    doubt: (key) => places.set(keyText(key), undefined),
    everyKey: true,
  });
  const main = evidence.readings?.main;
  return (key) => {
    if (main?.status !== "known") return undefined;
    const text = keyText(key);
    if (places.has(text)) return places.get(text);
    const own = key.principal === undefined ? undefined : scope.overrides.get(key.principal);
    const threshold = own ?? scope.limit.threshold ?? main.threshold;
    return threshold === undefined ? undefined : { usage: 0, threshold, span: main.span };
  };
}
