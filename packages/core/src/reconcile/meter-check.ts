import type { LimitReadings } from "../enforcement/judge-limit.ts";
import type { Limit } from "../limit/limit.ts";
import type { Settings } from "../limit/settings.ts";
import type { ModelId } from "../model/model-id.ts";
import { matchesAny } from "../model/pattern.ts";
import type { EpochMs, Span } from "../period/period.ts";
import { createCalendar } from "../period/span-at.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { doubted } from "../usage/doubted.ts";
import type { UsageTable } from "../usage/usage-table.ts";
import { type ComparedHour, readHours } from "./compared-hours.ts";
import { type Drift, driftsAfter, hoursOf, hourText, told } from "./drifts.ts";
import type { MakeEvent } from "./event-maker.ts";
import { type JournalEntry, type Mark, marksOf } from "./journal.ts";
import type { Ports, UsageReading } from "./ports.ts";
import type { Failure } from "./report.ts";
import { saidIds } from "./resets.ts";

const HOUR_MS = 3_600_000;
/** By then the log's late deliveries and CloudWatch's late points of an hour are there. */
const LATE_MS = 30 * 60_000;
/** The log's records are taken for two days: half an hour after that an hour is compared for the last time. */
const COMPARED_HOURS = 49;
/** Two hours after they were compared nobody asks for these hours again. */
const KEEP_CHECKED_MS = 2 * HOUR_MS;
/** CloudWatch charges for each metric that is asked for: what it does not tell is asked for three times in an hour. */
const AGAIN_MS = 10 * 60_000;
const TRIES = 3;
/** Use of `bedrock-mantle` is no accident: one notice a week is enough. */
const MANTLE_AGAIN_MS = 7 * 24 * HOUR_MS;

/** The log tells less of a model than was used. */
export interface Doubt {
  readonly why: string;
  /** When that ended; infinite while it goes on. */
  readonly until: EpochMs;
}

export interface Doubts {
  readonly byModel: ReadonlyMap<ModelId, Doubt>;
  /** When each limit was last reset as a whole: what it counts since then misses nothing from before. */
  readonly resets: ReadonlyMap<string, EpochMs>;
}

export interface MeterCheck {
  readonly entries: readonly JournalEntry[];
  readonly doubts: Doubts;
}

interface CheckInput {
  readonly ports: Pick<Ports, "usage" | "measured">;
  readonly settings: Settings;
  readonly marks: readonly Mark[];
  readonly now: EpochMs;
  readonly makeEvent: MakeEvent;
  readonly failures: Failure[];
}

/**
 * Compares once an hour what the invocation log and CloudWatch tell of each of the last two days' hours, for the models
 * of limits on the log; again some minutes later if CloudWatch did not tell all. So an hour that could not be compared is
 * caught up with, and one that something was added to is found. Drift is told when it begins and when it is over.
 */
export async function checkMeters(input: CheckInput): Promise<MeterCheck> {
  const { ports, settings, marks, now } = input;
  const open = marksOf(marks, "drift");
  const limits = settings.limits.filter(({ source }) => source === "logs");
  const resets = wholeResets(settings, now);
  const unchanged: MeterCheck = { entries: [], doubts: { byModel: doubtsOf(open), resets } };
  if (ports.measured === undefined) return unchanged;
  if (limits.length === 0) {
    return { ...unchanged, entries: open.map((mark) => ({ writes: [{ op: "close", mark }] })) };
  }
  const end = Math.floor((now - LATE_MS) / HOUR_MS) * HOUR_MS;
  const checked = `meters-checked#${end - HOUR_MS}`;
  if (marksOf(marks, "said").some(({ id, until }) => id.startsWith(checked) && until > now)) return unchanged;
  const since = end - COMPARED_HOURS * HOUR_MS;
  const spans = Array.from({ length: COMPARED_HOURS }, (_, hour): Span => {
    const start = since + hour * HOUR_MS;
    return { start, end: start + HOUR_MS };
  });
  try {
    const models = [...new Set(limits.flatMap((limit) => limit.models))];
    const hours = await readHours(spans, models, ports.usage, ports.measured);
    if (hours.length === 0) return unchanged;
    const isWhole = hours.every(({ runtime, mantle }) => runtime.complete && mantle.complete);
    const isLastTry = now >= end + LATE_MS + (TRIES - 1) * AGAIN_MS;
    const mark =
      isWhole || isLastTry
        ? { id: checked, until: end + KEEP_CHECKED_MS }
        : { id: `${checked}#${now}`, until: now + AGAIN_MS };
    const { drifts, entries } = driftsAfter({ ...input, open, hours, since, counts: countedBy(limits, resets, now) });
    return {
      entries: [
        { writes: [{ op: "open", mark: { kind: "said", ...mark } }] },
        ...entries,
        ...mantleEntries(hours, limits, input),
      ],
      doubts: { byModel: doubtsOf(drifts), resets },
    };
  } catch (error) {
    input.failures.push({ what: "comparing the invocation log with CloudWatch", error });
    return unchanged;
  }
}

const doubtsOf = (drifts: readonly Drift[]): Doubts["byModel"] =>
  new Map(drifts.flatMap((drift) => (drift.way === "short" ? [[drift.model, doubtOf(drift)] as const] : [])));

function doubtOf(drift: Drift): Doubt {
  const last = hoursOf(drift).at(-1);
  const isOver = drift.past === true && last !== undefined;
  return { why: drift.why, until: isOver ? last + HOUR_MS : Number.POSITIVE_INFINITY };
}

function wholeResets({ resets }: Settings, now: EpochMs): ReadonlyMap<string, EpochMs> {
  const last = new Map<string, EpochMs>();
  for (const { limit, at, keys } of resets) {
    if (keys === undefined && at <= now) last.set(limit, Math.max(at, last.get(limit) ?? at));
  }
  return last;
}

/** Whether what a limit counts now reaches back before a time. */
function countedBy(
  limits: readonly Limit[],
  resets: Doubts["resets"],
  now: EpochMs,
): (model: ModelId, before: EpochMs) => boolean {
  const { spanAt } = createCalendar();
  return (model, before) =>
    limits.some(({ name, models, period }) => {
      if (period.kind === "budget" || !matchesAny(models, model)) return false;
      return Math.max(spanAt(period, now).start, resets.get(name) ?? Number.NEGATIVE_INFINITY) < before;
    });
}

/** Calls on the road without a log, named with the limits that do not count them. */
function mantleEntries(
  hours: readonly ComparedHour[],
  limits: readonly Limit[],
  { marks, now, makeEvent }: CheckInput,
): readonly JournalEntry[] {
  const said = saidIds(marks);
  const models = new Set(hours.flatMap(({ mantle }) => [...mantle.models]));
  return [...models].flatMap((model) => {
    const id = `mantle#${model}`;
    const last = hours.findLast(({ mantle }) => mantle.of(model).invocations > 0);
    if (last === undefined || said.has(id)) return [];
    const blind = limits.filter(({ models }) => matchesAny(models, model)).map(({ name }) => name);
    const event = makeEvent("Metering Drift", {
      models: [model],
      period: { ...last.hour, timeZone: "UTC" },
      reason: `${model}: ${hourText(last.hour, now)}, ${told(last.mantle.of(model))} went through bedrock-mantle, which has no invocation log: ${blind.join(", ")} on the log did not count them`,
      ends: 'a limit with "source": "metrics" counts them; bedrock-mantle can be denied to whoever should not use it',
    });
    const mark = { kind: "said" as const, id, until: now + MANTLE_AGAIN_MS };
    return [{ writes: [{ op: "open" as const, mark }], event }];
  });
}

/**
 * The readings that limits on the log are judged by, with what the check found of what they count. Up to a reset nothing
 * is doubted that was over by then: it is as much as is taken off what the log tells later.
 */
export function withDoubts(
  readings: ReadonlyMap<string, LimitReadings>,
  limits: readonly Limit[],
  { byModel, resets }: Doubts,
  denied: Iterable<PrincipalId>,
): ReadonlyMap<string, LimitReadings> {
  if (byModel.size === 0) return readings;
  const others = [...denied];
  // Limits that read the same table go on doing so.
  const known = new Map<UsageTable, Map<string, UsageTable>>();
  const doubting = (reading: UsageReading, since: EpochMs): UsageReading => {
    if (reading.status === "unknown") return reading;
    const within = [...byModel].filter(([, { until }]) => until > Math.max(since, reading.span.start));
    if (within.length === 0) return reading;
    const tables = known.get(reading.table) ?? new Map<string, UsageTable>();
    const models = within.map(([model]) => model).join(" ");
    const whys = new Map(within.map(([model, { why }]) => [model, why]));
    const table = tables.get(models) ?? doubted(reading.table, whys, others);
    known.set(reading.table, tables.set(models, table));
    return { ...reading, table };
  };
  const onLog = new Set(limits.flatMap(({ name, source }) => (source === "logs" ? [name] : [])));
  return new Map(
    [...readings].map(([name, each]) => {
      if (!onLog.has(name)) return [name, each];
      const main = doubting(each.main, resets.get(name) ?? Number.NEGATIVE_INFINITY);
      const doubtingEach = (some: LimitReadings["sinceResets"]) =>
        some.map((one) => ({ ...one, reading: doubting(one.reading, one.reset.at) }));
      return [name, { main, sinceResets: doubtingEach(each.sinceResets), upToResets: doubtingEach(each.upToResets) }];
    }),
  );
}
