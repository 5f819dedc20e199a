import type { Decision } from "../enforcement/decide.ts";
import type { DeclaredState } from "../enforcement/declared.ts";
import type { Directory } from "../enforcement/scope.ts";
import type { ReachedStep, Standing } from "../enforcement/standing.ts";
import type { EpochMs } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { explain } from "../words/explain.ts";
import type { GovernorEvent } from "./event.ts";
import { type EventFields, limitFields, type MakeEvent } from "./event-maker.ts";
import { type JournalEntry, type JournalWrite, keyText } from "./journal.ts";
import { whyNotDenied } from "./why-not-denied.ts";

const KEEP_AFTER_PERIOD_MS = 24 * 3_600_000;

interface WarningInput {
  readonly decision: Decision;
  readonly declared: DeclaredState;
  readonly directory: Directory;
  readonly said: ReadonlySet<string>;
  /** Whether a deny that a manual reset will have to end is in force for one of these principals. */
  readonly isLatched: (principals: readonly PrincipalId[]) => boolean;
  readonly now: EpochMs;
  readonly makeEvent: MakeEvent;
}

/**
 * Tells of steps that were reached: a warning once per step and period, and a deny that has nobody
 * to be put on. Also declares which steps of rolling limits hold, and which peaks of limits with a
 * manual reset.
 */
export function standingEntries(input: WarningInput): readonly JournalEntry[] {
  const entries: JournalEntry[] = [];
  for (const found of input.decision.standings) {
    if (found.limit.period.kind === "rolling") entries.push(...heldStepEntries(found, input));
    else {
      for (const reached of found.reached) {
        const told = once(found, reached, input);
        if (told !== undefined) entries.push(told);
      }
    }
  }
  for (const { found, principals } of input.decision.latched) {
    if (input.isLatched(principals)) entries.push(...peakEntry(found, input));
  }
  return entries;
}

/** Rolling periods have no start to count warnings by: one is told when the step begins to hold. */
function heldStepEntries(found: Standing, input: WarningInput): readonly JournalEntry[] {
  const { limit, key } = found;
  const held = input.declared.get(limit.name)?.get(keyText(key))?.heldSteps ?? new Set<number>();
  const mark = (at: number) => ({ kind: "held-step" as const, limit: limit.name, key, at, since: input.now });
  const reached = new Set(found.reached.map(({ step }) => step.at));
  return [
    ...found.reached
      .filter(({ step }) => !held.has(step.at))
      .map((step) => entry([{ op: "open", mark: mark(step.step.at) }], telling(found, step, input)?.())),
    ...[...held].filter((at) => !reached.has(at)).map((at) => entry([{ op: "close", mark: mark(at) }], undefined)),
  ];
}

function once(found: Standing, reached: ReachedStep, input: WarningInput): JournalEntry | undefined {
  if (reached.because !== "usage") return undefined;
  const tell = telling(found, reached, input);
  if (tell === undefined) return undefined;
  const { limit, key, span, threshold } = found;
  const id = ["step", limit.name, keyText(key), reached.step.at, threshold, span.start].join("#");
  if (input.said.has(id)) return undefined;
  const mark = { kind: "said" as const, id, until: span.end + KEEP_AFTER_PERIOD_MS };
  return entry([{ op: "open", mark }], tell());
}

const entry = (writes: readonly JournalWrite[], event: JournalEntry["event"]): JournalEntry => ({
  writes,
  ...(event !== undefined && { event }),
});

/**
 * How to tell of a step, if it is worth telling. One that denies is told by the deny itself, unless there is
 * nobody it can be put on; and a warning only as long as no higher step is reached, which is told instead.
 */
function telling(found: Standing, reached: ReachedStep, input: WarningInput): (() => GovernorEvent) | undefined {
  const { step } = reached;
  if (step.deny === undefined) {
    if (found.reached.some((other) => other.step.at > step.at)) return undefined;
    return () => input.makeEvent("Limit Warned", aboutStep(found, reached, input.now));
  }
  const obstacle = whyNotDenied(found.key, input.directory);
  if (obstacle === undefined) return undefined;
  return () => {
    const { reason, ...about } = aboutStep(found, reached, input.now);
    const { why, instead } = obstacle;
    return input.makeEvent("Enforcement Failed", { ...about, reason: `${reason}, and ${why}`, ends: instead });
  };
}

function aboutStep({ reached: _, ...found }: Standing, { step, because }: ReachedStep, now: EpochMs): EventFields {
  const { limit, key } = found;
  return {
    ...limitFields(limit, { ...found, step: step.at }),
    ...(key.principal !== undefined && { principal: key.principal }),
    models: key.model === undefined ? limit.models : [key.model],
    reason: explain({ kind: "limit", ...found, step: step.at, because }, now).reason,
  };
}

/** Written when a higher step is reached, not with every call. */
function peakEntry(found: Standing, input: WarningInput): readonly JournalEntry[] {
  const { limit, key, usage } = found;
  const peak = input.declared.get(limit.name)?.get(keyText(key))?.peak;
  const stepsAt = (amount: number) => limit.steps.filter((step) => amount >= (found.threshold * step.at) / 100).length;
  if (peak !== undefined && stepsAt(peak.amount) >= stepsAt(usage)) return [];
  const mark = {
    kind: "peak" as const,
    limit: limit.name,
    key,
    measure: limit.measure,
    amount: usage,
    since: peak?.since ?? input.now,
  };
  return [entry([{ op: "set", mark }], undefined)];
}
