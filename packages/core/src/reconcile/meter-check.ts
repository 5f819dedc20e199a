import type { LimitReadings } from "../enforcement/judge-limit.ts";
import type { Limit } from "../limit/limit.ts";
import type { Settings } from "../limit/settings.ts";
import type { ModelId } from "../model/model-id.ts";
import { matchesAny, type Pattern } from "../model/pattern.ts";
import type { EpochMs, Span } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { doubted } from "../usage/doubted.ts";
import { agreementOf, COMPARED, type Compared } from "../usage/drift.ts";
import type { UsageTable } from "../usage/usage-table.ts";
import { amount } from "../words/amount.ts";
import { clock } from "../words/when.ts";
import type { MakeEvent } from "./event-maker.ts";
import { type JournalEntry, type Mark, type MarkOf, marksOf } from "./journal.ts";
import type { Ports, UsagePort, UsageReading } from "./ports.ts";
import type { Failure } from "./report.ts";
import { saidIds } from "./resets.ts";

type Drift = MarkOf<"drift">;

const HOUR_MS = 3_600_000;
/** By then the log's late deliveries and CloudWatch's late points of an hour are there. */
const LATE_MS = 30 * 60_000;
/** Two hours after one was checked nobody asks for it again. */
const KEEP_CHECKED_MS = 2 * HOUR_MS;
/** Use of `bedrock-mantle` is no accident: one notice a week is enough. */
const MANTLE_AGAIN_MS = 7 * 24 * HOUR_MS;

export interface MeterCheck {
  readonly entries: readonly JournalEntry[];
  /** Models of which the log tells less than was used, and how that is known. */
  readonly doubts: ReadonlyMap<ModelId, string>;
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
 * Compares once an hour what the invocation log and CloudWatch tell of the last hour that is complete, for the
 * models of limits on the log. Drift is told when it begins and when it is over; while the log is the smaller one,
 * usage by it is unknown.
 */
export async function checkMeters(input: CheckInput): Promise<MeterCheck> {
  const { ports, settings, now, failures } = input;
  const open = marksOf(input.marks, "drift");
  const limits = settings.limits.filter(({ source }) => source === "logs");
  const unchanged: MeterCheck = { entries: [], doubts: doubtsOf(open) };
  if (ports.measured === undefined) return unchanged;
  if (limits.length === 0) return { entries: open.map(closing), doubts: new Map() };
  const end = Math.floor((now - LATE_MS) / HOUR_MS) * HOUR_MS;
  const hour: Span = { start: end - HOUR_MS, end };
  const checked = { kind: "said" as const, id: `meters-checked#${hour.start}`, until: end + KEEP_CHECKED_MS };
  if (saidIds(input.marks).has(checked.id)) return unchanged;
  try {
    const models = [...new Set(limits.flatMap((limit) => limit.models))];
    const logged = await sumsOf(ports.usage.logs, "logs", hour, models);
    // Told as unknown usage already, or of an hour in which metering began.
    if (logged === undefined) return unchanged;
    const { runtime, mantle } = ports.measured;
    const [measured, unmetered] = await Promise.all(
      [runtime, mantle].map((port) => sumsOf(port, "metrics", hour, models)),
    );
    const judged = judge({ ...input, open, limits, hour }, logged, measured);
    const entries = [{ writes: [{ op: "open" as const, mark: checked }] }, ...judged.entries];
    return { entries: [...entries, ...mantleEntries({ ...input, limits, hour }, unmetered)], doubts: judged.doubts };
  } catch (error) {
    failures.push({ what: "comparing the invocation log with CloudWatch", error });
    return unchanged;
  }
}

const doubtsOf = (open: readonly Drift[]): MeterCheck["doubts"] =>
  new Map(open.flatMap(({ model, way, why }) => (way === "short" ? [[model, why] as const] : [])));

const closing = (mark: Drift): JournalEntry => ({ writes: [{ op: "close", mark }] });

interface Sums {
  readonly byModel: ReadonlyMap<ModelId, Compared>;
  /** What the source cannot see. */
  readonly unseen: string | undefined;
}

const NONE: Compared = { invocations: 0, totalTokens: 0 };

/** Sums per model, NaN where they are unknown; undefined if all of it is. */
async function sumsOf(
  port: UsagePort,
  source: "logs" | "metrics",
  span: Span,
  models: readonly Pattern[],
): Promise<Sums | undefined> {
  const readings = await port.read(COMPARED.map((measure) => ({ source, measure, models, span })));
  const byModel = new Map<ModelId, Compared>();
  for (const [index, measure] of COMPARED.entries()) {
    const reading = readings[index];
    if (reading?.status !== "known" || reading.incomplete) return undefined;
    for (const [model, sum] of columnSums(reading.table)) {
      if (matchesAny(models, model)) byModel.set(model, { ...(byModel.get(model) ?? NONE), [measure]: sum });
    }
  }
  return {
    byModel,
    unseen: readings.flatMap((reading) => (reading.status === "known" ? (reading.unseen ?? []) : []))[0],
  };
}

function columnSums({ principals, models, amounts }: UsageTable): ReadonlyMap<ModelId, number> {
  const sums = models.map((model, column): [ModelId, number] => {
    let sum = 0;
    for (let row = 0; row < principals.length; row++) sum += amounts[row * models.length + column] ?? Number.NaN;
    return [model, sum];
  });
  return new Map(sums);
}

interface Judging extends Pick<CheckInput, "makeEvent" | "now" | "marks"> {
  readonly limits: readonly Limit[];
  readonly hour: Span;
}

function judge(
  input: Judging & { readonly open: readonly Drift[] },
  logged: Sums,
  measured: Sums | undefined,
): MeterCheck {
  const { open, hour } = input;
  if (measured === undefined) return { entries: [], doubts: doubtsOf(open) };
  const models = new Set([...logged.byModel.keys(), ...measured.byModel.keys(), ...open.map(({ model }) => model)]);
  const entries: JournalEntry[] = [];
  const after: Drift[] = [];
  for (const model of [...models].sort()) {
    const [log, truth] = [logged.byModel.get(model) ?? NONE, measured.byModel.get(model) ?? NONE];
    const agreement = agreementOf(log, truth);
    const before = open.filter((mark) => mark.model === model);
    const lasting = before.filter(({ way }) => agreement === "unknown" || way === agreement);
    const over = before.filter((mark) => !lasting.includes(mark));
    const numbers = `the invocation log tells of ${told(log)}, CloudWatch of ${told(truth)}`;
    after.push(...lasting);
    if (agreement === "agrees") {
      const event = (mark: Drift) => agreeingEvent(mark, `${numbers}: they agree again`, input);
      entries.push(...over.map((mark, index) => ({ ...closing(mark), ...(index === 0 && { event: event(mark) }) })));
    } else {
      entries.push(...over.map(closing));
      if (agreement === "unknown" || lasting.length > 0) continue;
      const mark: Drift = { kind: "drift", model, way: agreement, hour: hour.start, why: `${model}: ${numbers}` };
      after.push(mark);
      entries.push({
        writes: [{ op: "open", mark }],
        event: driftEvent(mark, numbers, logged.unseen, log, input),
      });
    }
  }
  return { entries, doubts: doubtsOf(after) };
}

const told = (sums: Compared): string => COMPARED.map((measure) => amount(measure, sums[measure])).join(" and ");

const hourText = ({ start, end }: Span, now: EpochMs): string =>
  `from ${clock(start, "UTC", now)} to ${clock(end, "UTC", now)}`;

const about = (model: ModelId, { hour }: Judging) => ({ models: [model], period: { ...hour, timeZone: "UTC" } });

function driftEvent(
  { model, way }: Drift,
  numbers: string,
  unseen: string | undefined,
  log: Compared,
  input: Judging,
): NonNullable<JournalEntry["event"]> {
  const short = way === "short";
  const missed = `calls in a region without a meter, an invocation log that was switched off or goes elsewhere, a subscription filter on it that is missing or was replaced, log deliveries that failed, or roads that the log does not see${unseen === undefined ? "" : ` (${unseen})`}`;
  const surplus = "forged records, or a region that is metered and is not one of the stage's";
  return input.makeEvent("Metering Drift", {
    ...about(model, input),
    measure: "totalTokens",
    usage: log.totalTokens,
    reason: `${model}: ${hourText(input.hour, input.now)}, ${numbers}; likely ${short ? missed : surplus}`,
    ends: short
      ? "until an hourly check agrees, usage of this model by the log is unknown: limits on the log deny nobody newly for it, and hold their denies"
      : "usage by the log goes on counting; ends when an hourly check agrees. Look at who may write to the log group",
  });
}

const agreeingEvent = ({ model, hour }: Drift, text: string, input: Judging): NonNullable<JournalEntry["event"]> =>
  input.makeEvent("Enforcement Recovered", {
    ...about(model, input),
    since: hour,
    reason: `${model}: ${hourText(input.hour, input.now)}, ${text}`,
  });

/** Calls on the road without a log, named with the limits that do not count them. */
function mantleEntries(input: Judging, unmetered: Sums | undefined): readonly JournalEntry[] {
  const said = saidIds(input.marks);
  return [...(unmetered?.byModel ?? [])].flatMap(([model, used]) => {
    const id = `mantle#${model}`;
    if (!(used.invocations > 0) || said.has(id)) return [];
    const limits = input.limits.filter(({ models }) => matchesAny(models, model)).map(({ name }) => name);
    const event = input.makeEvent("Metering Drift", {
      ...about(model, input),
      reason: `${model}: ${hourText(input.hour, input.now)}, ${told(used)} went through bedrock-mantle, which has no invocation log: ${limits.join(", ")} on the log did not count them`,
      ends: 'a limit with "source": "metrics" counts them; bedrock-mantle can be denied to whoever should not use it',
    });
    const mark = { kind: "said" as const, id, until: input.now + MANTLE_AGAIN_MS };
    return [{ writes: [{ op: "open" as const, mark }], event }];
  });
}

/** The readings that limits on the log are judged by, with what the check found. */
export function withDoubts(
  readings: ReadonlyMap<string, LimitReadings>,
  limits: readonly Limit[],
  doubts: ReadonlyMap<ModelId, string>,
  denied: Iterable<PrincipalId>,
): ReadonlyMap<string, LimitReadings> {
  if (doubts.size === 0) return readings;
  const others = [...denied];
  // Limits that read the same table go on doing so.
  const tables = new Map<UsageTable, UsageTable>();
  const doubting = (reading: UsageReading): UsageReading => {
    if (reading.status === "unknown") return reading;
    const table = tables.get(reading.table) ?? doubted(reading.table, doubts, others);
    tables.set(reading.table, table);
    return { ...reading, table };
  };
  const onLog = new Set(limits.flatMap(({ name, source }) => (source === "logs" ? [name] : [])));
  return new Map(
    [...readings].map(([name, { main, sinceResets, upToResets }]) => {
      const doubtingEach = (some: LimitReadings["sinceResets"]) =>
        some.map((one) => ({ ...one, reading: doubting(one.reading) }));
      if (!onLog.has(name)) return [name, { main, sinceResets, upToResets }];
      return [
        name,
        { main: doubting(main), sinceResets: doubtingEach(sinceResets), upToResets: doubtingEach(upToResets) },
      ];
    }),
  );
}
