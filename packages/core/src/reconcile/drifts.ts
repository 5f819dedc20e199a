import type { ModelId } from "../model/model-id.ts";
import type { EpochMs, Span } from "../period/period.ts";
import { agreements, type BothSides, COMPARED, type Compared } from "../usage/drift.ts";
import { amount } from "../words/amount.ts";
import { clock } from "../words/when.ts";
import type { ComparedHour } from "./compared-hours.ts";
import type { GovernorEvent } from "./event.ts";
import type { MakeEvent } from "./event-maker.ts";
import type { JournalEntry, MarkOf } from "./journal.ts";

export type Drift = MarkOf<"drift">;

interface DriftInput {
  readonly open: readonly Drift[];
  /** Oldest first. Of one that is not among them nothing new is known. */
  readonly hours: readonly ComparedHour[];
  /** Before it no hour is compared any more. */
  readonly since: EpochMs;
  /** Whether what was used of a model before that time still counts for a limit. */
  readonly counts: (model: ModelId, before: EpochMs) => boolean;
  readonly now: EpochMs;
  readonly makeEvent: MakeEvent;
}

/** One model in one hour. */
interface Finding extends BothSides {
  readonly hour: Span;
  readonly agreement: ReturnType<typeof agreements>[number];
  readonly unseen: string | undefined;
}

const HOUR_MS = 3_600_000;

/**
 * Begins, continues and ends drifts, one per model and way: from the first hour in which both sides differ until every
 * hour was found to agree after all, or is compared no more and counts for no limit. Told when it begins and when it is
 * over, and not when it comes back in between.
 *
 * @returns the marks as they are then, and how the journal gets there.
 */
export function driftsAfter(input: DriftInput): {
  readonly drifts: readonly Drift[];
  readonly entries: readonly JournalEntry[];
} {
  const named = input.hours.flatMap(({ logged, runtime }) => [...logged.models, ...runtime.models]);
  const models = [...new Set([...named, ...input.open.map(({ model }) => model)])].sort();
  const drifts: Drift[] = [];
  const entries: JournalEntry[] = [];
  for (const model of models) {
    const findings = findingsOf(model, input.hours);
    for (const way of ["short", "over"] as const) {
      const before = input.open.find((mark) => mark.model === model && mark.way === way);
      const after = driftAfter(model, way, before, findings, input);
      if (after !== undefined) drifts.push(after);
      const entry = entryFor(before, after, findings, input);
      if (entry !== undefined) entries.push(entry);
    }
  }
  return { drifts, entries };
}

function findingsOf(model: ModelId, hours: readonly ComparedHour[]): readonly Finding[] {
  const both = hours.map(({ hour, logged, runtime }) => ({
    hour,
    logged: logged.of(model),
    measured: runtime.of(model),
    unseen: logged.unseen,
  }));
  const found = inRows(both).flatMap(agreements);
  return both.map((one, index) => ({ ...one, agreement: found[index] ?? "unknown" }));
}

/** Hours that follow each other. */
function inRows<T extends { readonly hour: Span }>(hours: readonly T[]): readonly (readonly T[])[] {
  const rows: T[][] = [];
  for (const one of hours) {
    const row = rows.at(-1);
    if (row?.at(-1)?.hour.end === one.hour.start) row.push(one);
    else rows.push([one]);
  }
  return rows;
}

/** Early versions of the governor noted the first hour only. */
export const hoursOf = ({ hours, hour }: Drift): readonly EpochMs[] => hours ?? [hour];

function driftAfter(
  model: ModelId,
  way: Drift["way"],
  before: Drift | undefined,
  findings: readonly Finding[],
  { since, counts, now }: DriftInput,
): Drift | undefined {
  const judged = findings.filter(({ agreement }) => agreement !== "unknown");
  const again = new Set(judged.map(({ hour }) => hour.start));
  const kept = (before === undefined ? [] : hoursOf(before)).filter((hour) => !again.has(hour));
  // Of those that do not change any more the last is enough: spans of limits end now.
  const settled = kept.filter((hour) => hour < since && counts(model, hour + HOUR_MS)).slice(-1);
  const differing = judged.flatMap(({ hour, agreement }) => (agreement === way ? [hour.start] : []));
  const hours = [...settled, ...kept.filter((hour) => hour >= since), ...differing].sort((a, b) => a - b);
  const last = hours.at(-1);
  if (last === undefined) return undefined;
  const shown = judged.find(({ hour }) => hour.start === last);
  const wasLast = before !== undefined && hoursOf(before).at(-1) === last;
  const past = judged.some(({ hour }) => hour.start > last) || (wasLast && before.past === true);
  return {
    kind: "drift",
    model,
    way,
    hour: before?.hour ?? last,
    why: shown === undefined ? (before?.why ?? model) : `${model}: ${hourText(shown.hour, now)}, ${numbersOf(shown)}`,
    hours,
    ...(past && { past }),
  };
}

function entryFor(
  before: Drift | undefined,
  after: Drift | undefined,
  findings: readonly Finding[],
  input: DriftInput,
): JournalEntry | undefined {
  if (before === undefined) {
    const shown = findings.find(({ hour }) => hour.start === after?.hour);
    if (after === undefined || shown === undefined) return undefined;
    return { writes: [{ op: "open", mark: after }], event: beginning(after, shown, input) };
  }
  if (after === undefined) return { writes: [{ op: "close", mark: before }], event: ending(before, findings, input) };
  const isSame = after.why === before.why && after.past === before.past && `${after.hours}` === `${before.hours}`;
  return isSame ? undefined : { writes: [{ op: "replace", before, mark: after }] };
}

export const told = (sums: Compared): string => COMPARED.map((measure) => amount(measure, sums[measure])).join(" and ");

const numbersOf = ({ logged, measured }: BothSides): string =>
  `the invocation log tells of ${told(logged)}, CloudWatch of ${told(measured)}`;

export const hourText = ({ start, end }: Span, now: EpochMs): string =>
  `from ${clock(start, "UTC", now)} to ${clock(end, "UTC", now)}`;

function beginning({ model, way }: Drift, found: Finding, input: DriftInput): GovernorEvent {
  const { unseen, logged } = found;
  const short = way === "short";
  const missed = `calls in a region without a meter, an invocation log that was switched off or goes elsewhere, a subscription filter on it that is missing or was replaced, log deliveries that failed, or roads that the log does not see${unseen === undefined ? "" : ` (${unseen})`}`;
  const surplus = "forged records, or a region that is metered and is not one of the stage's";
  return input.makeEvent("Metering Drift", {
    models: [model],
    period: { ...found.hour, timeZone: "UTC" },
    measure: "totalTokens",
    usage: logged.totalTokens,
    reason: `${model}: ${hourText(found.hour, input.now)}, ${numbersOf(found)}; likely ${short ? missed : surplus}`,
    ends: short
      ? "while it goes on, and then in every period with such an hour, usage of this model by the log is unknown, unless what is missing still comes within two days: limits on the log deny nobody newly for it, and hold their denies"
      : "usage by the log goes on counting; ends when no such hour counts for a limit any more. Look at who may write to the log group",
  });
}

function ending({ model, way, hour: since }: Drift, findings: readonly Finding[], input: DriftInput): GovernorEvent {
  const last = findings.findLast(({ agreement }) => agreement !== "unknown");
  const over = `no hour in which the log told of ${way === "short" ? "less" : "more"} counts for a limit any more`;
  const outcome = last?.agreement === "agrees" ? "they agree again" : over;
  const now = last === undefined ? outcome : `${hourText(last.hour, input.now)}, ${numbersOf(last)}: ${outcome}`;
  return input.makeEvent("Enforcement Recovered", {
    models: [model],
    ...(last !== undefined && { period: { ...last.hour, timeZone: "UTC" } }),
    since,
    reason: `${model}: ${now}`,
  });
}
