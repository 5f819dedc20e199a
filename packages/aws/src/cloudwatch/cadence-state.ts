import type { Limit } from "@bedrock-governor/core/limit/limit";
import type { ModelId } from "@bedrock-governor/core/model/model-id";
import { matchesAny } from "@bedrock-governor/core/model/pattern";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Calendar } from "@bedrock-governor/core/period/span-at";
import type { UsageQuery } from "@bedrock-governor/core/reconcile/ports";
import type { Answer, Evidence } from "./answer-query.ts";
import { asksFor, isNear, type Sample, sharesOf } from "./cadence.ts";
import { seriesKey } from "./series.ts";

export interface Answered extends Answer {
  readonly query: UsageQuery;
  readonly found: Evidence | undefined;
}

/** Remembers how far each limit was on its way. Without a memory everything is near. */
export interface Cadence {
  /** Says of a model whether a limit that these queries are for is near its first step. */
  nearness(queries: readonly UsageQuery[], limits: readonly Limit[], now: EpochMs): (model: ModelId) => boolean;
  learn(answered: readonly Answered[], limits: readonly Limit[], now: EpochMs): void;
}

export function createCadence(spanAt: Calendar["spanAt"]): Cadence {
  let samples = new Map<string, readonly Sample[]>();

  const nameOf = (limit: Limit, { span }: UsageQuery, key: string): string => {
    const sinceReset =
      limit.period.kind === "rolling" && span !== undefined && span.end - span.start < limit.period.lengthMs;
    // A limit that was changed has another first step, and has not come any way to it yet.
    const step = [limit.threshold, limit.steps[0]?.at];
    return [limit.name, ...step, sinceReset ? span.start : "", key].join(" ");
  };

  return {
    nearness(queries, limits, now) {
      const askers = queries.map((query) => ({
        query,
        limits: limits.filter((limit) => asksFor(limit, query, now, spanAt)),
      }));
      return (model) =>
        askers.some(({ query, limits }) => {
          if (!matchesAny(query.models, model)) return false;
          const counting = limits.filter((limit) => matchesAny(limit.models, model));
          // Somebody asks whose steps are not known.
          if (counting.length === 0) return true;
          return counting.some((limit) =>
            isNear(samples.get(nameOf(limit, query, limit.per.model ? model : "")) ?? []),
          );
        });
    },

    learn(answered, limits, now) {
      const next = new Map<string, readonly Sample[]>();
      for (const { query, found, reading, unpriced } of answered) {
        if (reading.status === "unknown") continue;
        for (const limit of limits) {
          if (!asksFor(limit, query, now, spanAt)) continue;
          const fresh = freshModels(found, limit);
          for (const [key, share] of sharesOf(limit, reading.table, unpriced)) {
            const name = nameOf(limit, query, key);
            const before = samples.get(name) ?? [];
            const isFresh = key === "" ? fresh.size > 0 : fresh.has(key);
            next.set(name, isFresh || before.length === 0 ? [...before.slice(-1), { at: now, share }] : before);
          }
        }
      }
      samples = next;
    },
  };
}

/** Models that a limit counts and of which something was read now, not remembered. */
function freshModels(found: Evidence | undefined, limit: Limit): ReadonlySet<ModelId> {
  const fresh = new Set<ModelId>();
  for (const series of found?.series ?? []) {
    const readNow = found?.answers.get(seriesKey(series))?.fresh === true;
    if (readNow && matchesAny(limit.models, series.model)) fresh.add(series.model);
  }
  return fresh;
}
