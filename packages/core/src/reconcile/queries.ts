import type { LimitReadings } from "../enforcement/judge-limit.ts";
import { resetMark, resetsWithin } from "../enforcement/reset.ts";
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
    {
      readonly main: number;
      readonly sinceResets: readonly QueryOfReset[];
      readonly upToResets: readonly QueryOfReset[];
    }
  >;
}

interface QueryOfReset {
  readonly reset: Reset;
  readonly query: number;
}

/** @param done ids of what was said and done, resets among them */
export function usageNeeds(
  limits: readonly Limit[],
  resets: readonly Reset[],
  now: EpochMs,
  spanAt: Calendar["spanAt"],
  done: ReadonlySet<string>,
): UsageNeeds {
  const index = new Map<string, number>();
  const asked: (Omit<UsageQuery, "models"> & { readonly models: Set<string> })[] = [];
  const ask = ({ name, source, measure, models }: Limit, span: Span | undefined): number => {
    // A budget has one amount whatever the models, so each limit gets it under its own.
    const id = [source, measure, span?.start, span?.end, isBudget(source) ? name : ""].join(" ");
    let at = index.get(id);
    if (at === undefined) {
      at = asked.push({ source, measure, span, models: new Set() }) - 1;
      index.set(id, at);
    }
    for (const model of models) asked[at]?.models.add(model);
    return at;
  };
  const byLimit = new Map<string, { main: number; sinceResets: QueryOfReset[]; upToResets: QueryOfReset[] }>();
  for (const limit of limits) {
    const span = limit.period.kind === "budget" ? undefined : spanAt(limit.period, now);
    const main = ask(limit, span);
    // A budget tells what is spent by now, and no more.
    const within = span === undefined ? [] : resetsWithin(resets, limit.name, span, now);
    const rolling = limit.period.kind === "rolling";
    const asking = (of: readonly Reset[], spanOf: (reset: Reset) => Span) =>
      of.map((reset) => ({ reset, query: ask(limit, spanOf(reset)) }));
    byLimit.set(limit.name, {
      main,
      sinceResets: rolling ? asking(within, ({ at }) => ({ start: at, end: now })) : [],
      upToResets: rolling
        ? []
        : asking(
            within.filter((reset) => !done.has(resetMark(reset))),
            ({ at }) => ({ start: span?.start ?? at, end: at }),
          ),
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
  const answer = ({ reset, query }: QueryOfReset) => ({ reset, reading: at(query) });
  return new Map(
    [...needs.byLimit].map(([limit, { main, sinceResets, upToResets }]) => [
      limit,
      { main: at(main), sinceResets: sinceResets.map(answer), upToResets: upToResets.map(answer) },
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
