import type { LimitReadings } from "../enforcement/judge-limit.ts";
import { resetsWithin } from "../enforcement/reset.ts";
import { isBudget, type Limit } from "../limit/limit.ts";
import type { Reset } from "../limit/settings.ts";
import type { EpochMs, Span } from "../period/period.ts";
import type { Calendar } from "../period/span-at.ts";
import type { Ports, UsagePort, UsageQuery, UsageReading } from "./ports.ts";
import type { Failure } from "./report.ts";

/** The usage that limits ask for: each span of each measure once, for the models of all who ask. */
export interface UsageNeeds {
  readonly queries: readonly UsageQuery[];
  /** Indices of queries, by limit. */
  readonly byLimit: ReadonlyMap<
    string,
    { readonly main: number; readonly sinceResets: readonly { readonly reset: Reset; readonly query: number }[] }
  >;
}

export function usageNeeds(
  limits: readonly Limit[],
  resets: readonly Reset[],
  now: EpochMs,
  spanAt: Calendar["spanAt"],
): UsageNeeds {
  const index = new Map<string, number>();
  const asked: (Omit<UsageQuery, "models"> & { readonly models: Set<string> })[] = [];
  const ask = ({ source, measure, models }: Limit, span: Span | undefined): number => {
    const id = [source, measure, span?.start, span?.end].join(" ");
    let at = index.get(id);
    if (at === undefined) {
      at = asked.push({ source, measure, span, models: new Set() }) - 1;
      index.set(id, at);
    }
    for (const model of models) asked[at]?.models.add(model);
    return at;
  };
  const byLimit: Map<string, { main: number; sinceResets: { reset: Reset; query: number }[] }> = new Map();
  for (const limit of limits) {
    const span = limit.period.kind === "budget" ? undefined : spanAt(limit.period, now);
    const rolling = limit.period.kind === "rolling" && span !== undefined;
    byLimit.set(limit.name, {
      main: ask(limit, span),
      sinceResets: rolling
        ? resetsWithin(resets, limit.name, span, now).map((reset) => ({
            reset,
            query: ask(limit, { start: reset.at, end: span.end }),
          }))
        : [],
    });
  }
  return { queries: asked.map((query) => ({ ...query, models: [...query.models] })), byLimit };
}

/** Reads every source that is asked; one that fails leaves its own usage unknown and no other. */
export async function readUsage(
  needs: UsageNeeds,
  usage: Ports["usage"],
  failures: Failure[],
): Promise<ReadonlyMap<string, LimitReadings>> {
  const readings = new Array<UsageReading>(needs.queries.length).fill({ status: "unknown", why: "not read" });
  await Promise.all(
    (["metrics", "logs", "budget"] as const).map(async (kind) => {
      const wanted = [...needs.queries.entries()].filter(([, { source }]) => kindOf(source) === kind);
      if (wanted.length === 0) return;
      const answers = await readOne(
        kind,
        usage[kind],
        wanted.map(([, query]) => query),
        failures,
      );
      for (const [position, [at]] of wanted.entries()) readings[at] = answers[position] ?? NO_ANSWER;
    }),
  );
  const at = (query: number): UsageReading => readings[query] ?? NO_ANSWER;
  return new Map(
    [...needs.byLimit].map(([limit, { main, sinceResets }]) => [
      limit,
      { main: at(main), sinceResets: sinceResets.map(({ reset, query }) => ({ reset, reading: at(query) })) },
    ]),
  );
}

const NO_ANSWER: UsageReading = { status: "unknown", why: "the source gave no answer" };

const kindOf = (source: UsageQuery["source"]): "metrics" | "logs" | "budget" => (isBudget(source) ? "budget" : source);

async function readOne(
  kind: string,
  port: UsagePort,
  queries: readonly UsageQuery[],
  failures: Failure[],
): Promise<readonly UsageReading[]> {
  try {
    return await port.read(queries);
  } catch (error) {
    failures.push({ what: `reading usage from ${kind}`, error });
    const why = `reading ${kind} failed: ${error instanceof Error ? error.message : String(error)}`;
    return queries.map(() => ({ status: "unknown", why }));
  }
}
