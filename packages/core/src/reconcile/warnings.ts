import type { Decision } from "../enforcement/decide.ts";
import { type DeclaredState, declaredAbout } from "../enforcement/declared.ts";
import type { Directory } from "../enforcement/scope.ts";
import { type ReachedStep, type Standing, stepAmount } from "../enforcement/standing.ts";
import type { EpochMs } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { explain } from "../words/explain.ts";
import type { GovernorEvent } from "./event.ts";
import { type EventFields, limitFields, type MakeEvent } from "./event-maker.ts";
import { type JournalEntry, type JournalWrite, keyText } from "./journal.ts";
import { whyNotDenied } from "./why-not-denied.ts";

const KEEP_AFTER_PERIOD_MS = 24 * 3_600_000;

interface WarningInput {
  readonly declared: DeclaredState;
  readonly directory: Directory;
  readonly said: ReadonlySet<string>;
  readonly now: EpochMs;
  readonly makeEvent: MakeEvent;
}

/**
 * Tells of the steps a key has reached: a warning once per step and period, and a deny that has nobody
 * to be put on. Also declares which steps of rolling limits hold.
 */
export function tellStanding(found: Standing, input: WarningInput, write: (entry: JournalEntry) => void): void {
  if (found.limit.period.kind === "rolling") declareHeldSteps(found, input, write);
  else for (const reached of found.reached) once(found, reached, input, write);
}

/** Rolling periods have no start to count warnings by: one is told when the step begins to hold. */
function declareHeldSteps(found: Standing, input: WarningInput, write: (entry: JournalEntry) => void): void {
  const { limit, key, reached } = found;
  const held = declaredAbout(input.declared, limit.name, key)?.heldSteps ?? NO_STEPS;
  const mark = (at: number) => ({ kind: "held-step" as const, limit: limit.name, key, at, since: input.now });
  for (const step of reached) {
    const { at } = step.step;
    if (!held.includes(at)) write(entry([{ op: "open", mark: mark(at) }], telling(found, step, input)?.()));
  }
  for (const at of held) {
    if (!reached.some(({ step }) => step.at === at)) write(entry([{ op: "close", mark: mark(at) }], undefined));
  }
}

const NO_STEPS: readonly number[] = [];

function once(found: Standing, reached: ReachedStep, input: WarningInput, write: (entry: JournalEntry) => void): void {
  if (reached.because !== "usage") return;
  const tell = telling(found, reached, input);
  if (tell === undefined) return;
  const { limit, key, span, threshold } = found;
  const id = ["step", limit.name, keyText(key), reached.step.at, threshold, span.start].join("#");
  if (input.said.has(id)) return;
  const mark = { kind: "said" as const, id, until: span.end + KEEP_AFTER_PERIOD_MS };
  write(entry([{ op: "open", mark }], tell()));
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

/**
 * Declares the peaks of limits with a manual reset: when a higher step is reached, not with every call.
 *
 * @param isLatched whether a deny that the reset will have to end is in force for one of these principals.
 */
export function peakEntries(
  latched: Decision["latched"],
  isLatched: (principals: readonly PrincipalId[]) => boolean,
  { declared, now }: Pick<WarningInput, "declared" | "now">,
): readonly JournalEntry[] {
  return latched.flatMap(({ found, principals }) => {
    const { limit, key, usage } = found;
    const peak = declaredAbout(declared, limit.name, key)?.peak;
    if ((peak !== undefined && stepsAt(peak.amount, found) >= stepsAt(usage, found)) || !isLatched(principals))
      return [];
    const since = peak?.since ?? now;
    const mark = { kind: "peak" as const, limit: limit.name, key, measure: limit.measure, amount: usage, since };
    return [entry([{ op: "set", mark }], undefined)];
  });
}

const stepsAt = (amount: number, { limit, threshold }: Standing): number =>
  limit.steps.filter((step) => amount >= stepAmount(threshold, step.at)).length;
