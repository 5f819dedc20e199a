import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { UsagePort, UsageQuery, UsageReading } from "@bedrock-governor/core/reconcile/ports";
import { type UsageRow, usageTable } from "@bedrock-governor/core/usage/usage-table";
import { pass } from "../retrying.ts";
import { amountOf, type Row } from "./amounts.ts";
import { type Marks, readMarks } from "./marks.ts";
import { createMemory } from "./memory.ts";
import { createOpenReader } from "./open-reader.ts";
import { type Pieces, piecesOf, sealedBy } from "./pieces.ts";
import { createSealedReader } from "./sealed-reader.ts";
import type { Store } from "./store.ts";
import { sumRows } from "./sums.ts";
import { DAY_MS, firstCertain, RETENTION_DAYS } from "./times.ts";

export interface LogsUsageOptions extends Omit<Store, "wait"> {
  now(): EpochMs;
  /** Why what the meters count cannot be trusted now, in words; undefined while it can. */
  readonly health?: () => Promise<string | undefined>;
  /** As the roll-up has it; 400 days if not said. */
  readonly retentionDays?: number;
  /** How to wait between attempts; a timer if not said. */
  readonly wait?: Store["wait"];
}

/**
 * Usage per principal and model, as meters found it in the invocation log: docs/adr/0008 says how it is kept.
 *
 * Made once per process: it remembers what does not change, and asks for what is new. What nobody
 * was seen to use was not used, unless the meters are not well.
 */
export function createLogsUsage(options: LogsUsageOptions): UsagePort {
  const { dynamodb, table, now, health = async () => undefined, retentionDays = RETENTION_DAYS, wait = pass } = options;
  const store: Store = { dynamodb, table, wait };
  const sealed = createSealedReader(store);
  const open = createOpenReader(store, now);
  const sealedSums = createMemory<readonly Row[]>();

  /** Of a calendar period they are the same until the next roll-up. */
  const sealedSum = (span: Span, pieces: Pieces): Promise<readonly Row[]> =>
    sealedSums.recall(`${keyOf(span)} ${describe(pieces)}`, (last) => last ?? addUp(span, pieces));

  async function addUp(span: Span, pieces: Pieces): Promise<readonly Row[]> {
    const [days, quarters, minutes] = await Promise.all([
      sealed.days(pieces.days),
      sealed.quarters(pieces.quarters),
      sealed.minutes(pieces.cut),
    ]);
    return sumRows([...days, ...quarters, ...minutes.filter(isWithin(span))], () => span.start);
  }

  return {
    async read(queries) {
      const at = now();
      const [why, marks] = await Promise.all([
        trouble("whether the meters are well is unknown", health),
        readMarks(store).catch((error: unknown) => couldNotBeRead(error)),
      ]);
      if (why !== undefined) return queries.map(() => unknown(why));
      if (typeof marks === "string") return queries.map(() => unknown(marks));
      sealedSums.tidy(!sealed.turnTo(marks));
      open.forgetBefore(marks.progress?.quartersUpTo ?? firstCertain(at));
      const isSealed = sealedBy(marks, at);

      const openRows = remembering((quarter: EpochMs) => open.rows(quarter));
      const sumsOf = async (span: Span): Promise<Sum> => {
        const missing = whyMissing(span, marks, at, retentionDays);
        if (missing !== undefined) return missing;
        const pieces = piecesOf(span, isSealed, at);
        try {
          const [before, ...minutes] = await Promise.all([sealedSum(span, pieces), ...pieces.open.map(openRows)]);
          return sumRows([...before, ...minutes.flat().filter(isWithin(span))], () => span.start);
        } catch (error) {
          return couldNotBeRead(error);
        }
      };
      const sums = remembering((key: string) => sumsOf(spanOf(key)));
      return Promise.all(
        queries.map(async (query) =>
          query.span === undefined
            ? unknown("the log has no period of its own")
            : answer(query, query.span, await sums(keyOf(query.span))),
        ),
      );
    },
  };
}

const isWithin =
  ({ start, end }: Span) =>
  ({ at }: Row): boolean =>
    at >= start && at < end;

/** Sums, or why they are unknown. */
type Sum = readonly Row[] | string;

const unknown = (why: string): UsageReading => ({ status: "unknown", why });

const couldNotBeRead = (error: unknown): string =>
  `the usage table could not be read: ${error instanceof Error ? error.message : String(error)}`;

async function trouble(otherwise: string, health: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await health();
  } catch (error) {
    return `${otherwise}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Why the span cannot be added up, in words. */
function whyMissing(span: Span, { gaps, progress }: Marks, now: EpochMs, retentionDays: number): string | undefined {
  const reachesInto = (lost: Span) => span.start < lost.end && lost.start < span.end;
  // No roll-up has said so yet, but what it has not come to is being deleted.
  const late = progress && { start: progress.quartersUpTo, end: firstCertain(now) };
  const lost = [...gaps, ...(late !== undefined && late.start < late.end ? [late] : [])].find(reachesInto);
  const text = (at: EpochMs) => new Date(at).toISOString();
  if (lost !== undefined) {
    return `usage from ${text(lost.start)} to ${text(lost.end)} is lost: no roll-up ran for three days`;
  }
  return span.start < now - retentionDays * DAY_MS ? `usage is kept for ${retentionDays} days` : undefined;
}

function answer({ measure }: UsageQuery, span: Span, sum: Sum): UsageReading {
  if (typeof sum === "string") return unknown(sum);
  const rows = sum.map(
    ({ principal, model, amounts }): UsageRow => ({ principal, model, amount: amountOf(amounts, measure) }),
  );
  const unpriced = [...new Set(rows.flatMap(({ model, amount }) => (amount === undefined ? [model] : [])))];
  const gap = unpriced.length === 0 ? undefined : `the price of ${unpriced.sort().join(", ")} is not known`;
  return { status: "known", table: usageTable(rows, gap), span };
}

/** Tells two sets of pieces of the same span apart: with every roll-up something is put into fewer of them. */
const describe = ({ days, quarters, cut }: Pieces): string =>
  [days, quarters, cut].map((some) => some.join()).join(" ");

const keyOf = ({ start, end }: Span): string => `${start} ${end}`;
function spanOf(key: string): Span {
  const [start, end] = key.split(" ").map(Number);
  return { start: start ?? Number.NaN, end: end ?? Number.NaN };
}

/** Asks each thing once. */
function remembering<K, T>(ask: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const asked = new Map<K, Promise<T>>();
  return (key) => {
    const known = asked.get(key) ?? ask(key);
    asked.set(key, known);
    return known;
  };
}
