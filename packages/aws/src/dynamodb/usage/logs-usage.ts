import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { UsagePort, UsageQuery, UsageReading } from "@bedrock-governor/core/reconcile/ports";
import { type UsageRow, usageTable } from "@bedrock-governor/core/usage/usage-table";
import { pass } from "../retrying.ts";
import { amountOf, type Row } from "./amounts.ts";
import { type Marks, readMarks } from "./marks.ts";
import { createMemory } from "./memory.ts";
import { rolledUpTo, unseenIn, whyMissing } from "./missing.ts";
import { createOpenReader } from "./open-reader.ts";
import { type Pieces, piecesOf, sealedBy } from "./pieces.ts";
import { isUnresolved, type Resolver } from "./resolver.ts";
import { createSealedReader } from "./sealed-reader.ts";
import type { Store } from "./store.ts";
import { sumRows } from "./sums.ts";
import { HOUR_MS, keptDays, minuteText } from "./times.ts";

export interface LogsUsageOptions extends Omit<Store, "wait"> {
  now(): EpochMs;
  /** Why what the meters count cannot be trusted now, in words; undefined while it can. */
  readonly health?: () => Promise<string | undefined>;
  /** As the roll-up has it; 400 days if not said, and 62 at least. */
  readonly retentionDays?: number;
  /** Without one, calls of an id that its meter did not know count as a model of their own for good. */
  readonly resolver?: Resolver;
  /** Is told, once an hour, while roll-ups are far behind. */
  readonly warn?: (text: string) => void;
  /** How to wait between attempts; a timer if not said. */
  readonly wait?: Store["wait"];
}

/** Roll-ups come by each minute. */
const FAR_BEHIND_MS = 2 * HOUR_MS;
const WARN_AGAIN_MS = HOUR_MS;

/**
 * Usage per principal and model, as meters found it in the invocation log: docs/adr/0008 says how it is kept.
 *
 * Made once per process: it remembers what does not change, and asks for what is new. What nobody
 * was seen to use was not used, unless the meters are not well.
 */
export function createLogsUsage(options: LogsUsageOptions): UsagePort {
  const { dynamodb, table, now, health = async () => undefined, resolver, warn, wait = pass } = options;
  const keptForDays = keptDays(options.retentionDays);
  const store: Store = { dynamodb, table, wait };
  const sealed = createSealedReader(store);
  const open = createOpenReader(store, now);
  const sealedSums = createMemory<readonly Row[]>();
  let warnedAt = Number.NEGATIVE_INFINITY;

  /** Of a calendar period they are the same until the next roll-up. */
  const sealedSum = (span: Span, pieces: Pieces): Promise<readonly Row[]> =>
    sealedSums.recall(`${keyOf(span)} ${describe(pieces)}`, (last) => last ?? addUp(span, pieces));

  async function addUp(span: Span, pieces: Pieces): Promise<readonly Row[]> {
    const [days, quarters, minutes] = await Promise.all([
      sealed.days(pieces.days),
      sealed.quarters(pieces.quarters),
      sealed.minutes(pieces.cut),
    ]);
    const rows = [...days, ...quarters, ...minutes.filter(isWithin(span))];
    const { named = [], unnamed = [] } = Object.groupBy(rows, (row) => (isUnresolved(row) ? "unnamed" : "named"));
    // What these stand for may be known the next time, and then they are priced by when they were made.
    return [...sumRows(named, () => span.start), ...unnamed];
  }

  function warnIfBehind(marks: Marks, at: EpochMs): void {
    const reached = rolledUpTo(marks);
    if (reached === undefined || at - reached < FAR_BEHIND_MS || at - warnedAt < WARN_AGAIN_MS) return;
    warnedAt = at;
    warn?.(`usage is rolled up to ${minuteText(reached)} only: what is not within three days is lost`);
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
      warnIfBehind(marks, at);
      sealedSums.tidy(!sealed.turnTo(marks));
      const isSealed = sealedBy(marks, at);
      open.forget(isSealed.isQuarter);

      const late = new Set(marks.stale.flatMap(({ level, at }) => (level === "quarter" ? [at] : [])));
      const openRows = remembering((quarter: EpochMs) => open.rows(quarter, late.has(quarter)));
      const sumsOf = async (span: Span): Promise<Sum> => {
        const missing = whyMissing(span, marks, at, keptForDays);
        if (missing !== undefined) return missing;
        const pieces = piecesOf(span, isSealed, at);
        try {
          const [before, ...minutes] = await Promise.all([sealedSum(span, pieces), ...pieces.open.map(openRows)]);
          const rows = [...before, ...minutes.flat().filter(isWithin(span))];
          return sumRows(resolver === undefined ? rows : await resolver.resolve(rows), () => span.start);
        } catch (error) {
          return couldNotBeRead(error);
        }
      };
      const sums = remembering((key: string) => sumsOf(spanOf(key)));
      return Promise.all(
        queries.map(async (query) =>
          query.span === undefined
            ? unknown("the log has no period of its own")
            : answer(query, query.span, await sums(keyOf(query.span)), unseenIn(query.span, marks)),
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

function answer({ measure }: UsageQuery, span: Span, sum: Sum, unseen: readonly string[]): UsageReading {
  if (typeof sum === "string") return unknown(sum);
  const rows = sum.map(
    ({ principal, model, amounts }): UsageRow => ({ principal, model, amount: amountOf(amounts, measure) }),
  );
  const unpriced = [...new Set(rows.flatMap(({ model, amount }) => (amount === undefined ? [model] : [])))];
  const gap = unpriced.length === 0 ? undefined : `the price of ${unpriced.sort().join(", ")} is not known`;
  const table = usageTable(rows, gap);
  return { status: "known", table, span, ...(unseen.length > 0 && { unseen: unseen.join("; "), incomplete: true }) };
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
