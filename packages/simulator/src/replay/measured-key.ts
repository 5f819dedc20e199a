import { stepPatterns } from "@bedrock-governor/core/enforcement/contribution";
import { type Directory, limitScope } from "@bedrock-governor/core/enforcement/scope";
import { stepAmount } from "@bedrock-governor/core/enforcement/standing";
import type { Limit } from "@bedrock-governor/core/limit/limit";
import { matchesAny } from "@bedrock-governor/core/model/pattern";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { Key } from "@bedrock-governor/core/reconcile/journal";
import type { Caller } from "../account/callers.ts";
import type { ReplaySource } from "./result.ts";
import type { ReplayedLimit } from "./source-override.ts";

/** One threshold that a replay measures. */
export interface MeasuredKey {
  readonly limit: Limit;
  readonly key: Key;
  readonly source: ReplaySource;
  readonly threshold: number;
  /** The usage at which it is crossed. */
  readonly line: number;
  /** The usage from which something is denied; `Infinity` if nothing ever is. */
  readonly denyLine: number;
  /** Whose calls it counts. */
  readonly callers: readonly Caller[];
  /** Whom its denies are for. */
  readonly principals: readonly PrincipalId[];
  /** Spellings called in the trace whose models its steps deny; none if it only observes. */
  readonly denied: ReadonlySet<string>;
}

/** The keys of a limit that the trace's calls count for, sorted. */
export function measuredKeys(
  { limit, source }: ReplayedLimit,
  callers: readonly Caller[],
  directory: Directory,
): readonly MeasuredKey[] {
  const scope = limitScope(limit, directory);
  const counted = callers.filter(
    ({ principal, model }) =>
      matchesAny(limit.models, model) && (limit.source !== "logs" || scope.selected.has(principal)),
  );
  const byKey = new Map<string, { key: Key; callers: Caller[] }>();
  for (const caller of counted) {
    const key: Key = {
      ...(limit.per.principal && { principal: caller.principal }),
      ...(limit.per.model && { model: caller.model }),
    };
    const id = JSON.stringify(key);
    const there = byKey.get(id) ?? { key, callers: [] };
    there.callers.push(caller);
    byKey.set(id, there);
  }
  const deniable = scope.deniable.map(({ id }) => id);
  return [...byKey.keys()].sort().flatMap((id) => {
    const found = byKey.get(id);
    if (found === undefined) return [];
    const { key } = found;
    const threshold =
      key.principal === undefined ? limit.threshold : (scope.overrides.get(key.principal) ?? limit.threshold);
    const principals = deniable.filter((principal) => key.principal === undefined || key.principal === principal);
    return [
      {
        limit,
        source,
        ...found,
        threshold,
        principals,
        ...lines(limit, threshold),
        denied: deniedSpellings(limit, key, callers),
      },
    ];
  });
}

function lines(limit: Limit, threshold: number): Pick<MeasuredKey, "line" | "denyLine"> {
  const denying = limit.steps.filter((step) => step.deny !== undefined);
  return {
    line: stepAmount(threshold, denying.at(-1)?.at ?? 100),
    denyLine: denying[0] === undefined ? Number.POSITIVE_INFINITY : stepAmount(threshold, denying[0].at),
  };
}

function deniedSpellings(limit: Limit, key: Key, callers: readonly Caller[]): ReadonlySet<string> {
  if (limit.mode === "observe") return new Set();
  const known = [...new Set(callers.map(({ model }) => model))];
  const patterns = limit.steps.flatMap((step) => stepPatterns(limit, step, key, known));
  return new Set(callers.filter(({ model }) => matchesAny(patterns, model)).map(({ spelling }) => spelling));
}
