import type { Decision } from "../enforcement/decide.ts";
import { type DeclaredState, declaredAbout } from "../enforcement/declared.ts";
import type { Directory } from "../enforcement/scope.ts";
import { type ReachedStep, type Standing, stepAmount } from "../enforcement/standing.ts";
import type { EpochMs } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { explain } from "../words/explain.ts";
import type { GovernorEvent } from "./event.ts";
import { type EventFields, limitFields, type MakeEvent } from "./event-maker.ts";
import { type JournalEntry, type JournalWrite, keyText, type Mark, type MarkOf, markId, marksOf } from "./journal.ts";
import { whyNotDenied } from "./why-not-denied.ts";

const KEEP_AFTER_PERIOD_MS = 24 * 3_600_000;

interface WarningInput {
  readonly declared: DeclaredState;
  readonly directory: Directory;
  readonly said: ReadonlySet<string>;
  readonly marks: readonly Mark[];
  readonly now: EpochMs;
  readonly makeEvent: MakeEvent;
}

/**
 * Tells of the steps a key has reached: a warning once per step and period, and a deny that has nobody
 * to be put on. Also declares which steps of rolling limits hold.
 */
export function tellStanding(found: Standing, input: WarningInput, write: (entry: JournalEntry) => void): void {
  const { period } = found.limit;
  if (period.kind === "rolling") declareHeldSteps(found, period.lengthMs, input, write);
  else for (const reached of found.reached) once(found, reached, input, write);
}

/**
 * Rolling periods have no start to count warnings by: one is told when the step begins to hold, unless it held
 * under the same threshold less than a period ago. Usage that goes back and forth is told when it first came.
 */
function declareHeldSteps(
  found: Standing,
  periodMs: number,
  input: WarningInput,
  write: (entry: JournalEntry) => void,
): void {
  const { limit, key, threshold, reached } = found;
  const held = declaredAbout(input.declared, limit.name, key)?.heldSteps ?? NO_STEPS;
  const mark = (at: number): HeldStep => ({
    kind: "held-step",
    limit: limit.name,
    key,
    at,
    since: input.now,
    threshold,
  });
  for (const step of reached) {
    if (held.includes(step.step.at)) continue;
    const next = mark(step.step.at);
    const event = input.said.has(heldId(next, threshold)) ? undefined : telling(found, step, input)?.();
    write(entry([{ op: "open", mark: next }], event));
  }
  for (const at of held) {
    if (reached.some(({ step }) => step.at === at)) continue;
    const next = mark(at);
    const before = heldSteps(input.marks).get(markId(next))?.threshold ?? threshold;
    const said = { kind: "said" as const, id: heldId(next, before), until: input.now + periodMs };
    const close: JournalWrite = { op: "close", mark: next };
    write(entry([close, { op: "set", mark: said }], undefined));
  }
}

type HeldStep = MarkOf<"held-step">;

const heldId = (mark: HeldStep, threshold: number): string => `${markId(mark)}#${threshold}`;

const known = new WeakMap<readonly Mark[], ReadonlyMap<string, HeldStep>>();

function heldSteps(marks: readonly Mark[]): ReadonlyMap<string, HeldStep> {
  const found = known.get(marks) ?? new Map(marksOf(marks, "held-step").map((mark) => [markId(mark), mark]));
  known.set(marks, found);
  return found;
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
