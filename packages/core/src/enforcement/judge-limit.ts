import type { Reset } from "../limit/settings.ts";
import type { EpochMs, Span } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { type Key, makeKey } from "../reconcile/journal.ts";
import type { UsageReading } from "../reconcile/ports.ts";
import type { Declared, DeclaredKeys, DeclaredState } from "./declared.ts";
import { type KeyVisitor, visitKeys, type Worth } from "./keys.ts";
import { concerns } from "./reset.ts";
import { countsUsageOf, type Directory, type LimitScope } from "./scope.ts";
import { type Standing, standing, stepAmount } from "./standing.ts";

/** The readings one limit is judged by. */
export interface LimitReadings {
  readonly main: UsageReading;
  /** Rolling periods: usage since each reset within the span, for the keys it concerns; the latest reset first. */
  readonly sinceResets: readonly ReadingOfReset[];
  /** Other periods: usage from the period's start to each reset that was not carried out yet. */
  readonly upToResets: readonly ReadingOfReset[];
}

export interface ReadingOfReset {
  readonly reset: Reset;
  readonly reading: UsageReading;
}

/** What the standings of one limit rest on. */
export interface Evidence {
  readonly now: EpochMs;
  readonly directory: Directory;
  readonly readings: LimitReadings | undefined;
  readonly declared: DeclaredState;
}

export interface Verdict {
  readonly judge: (standing: Standing) => void;
  /** Usage of a key is unknown; of the empty key, that of the whole limit. */
  readonly doubt: (key: Key, why: string) => void;
  /** Judges the quiet keys too, which nothing follows from. */
  readonly everyKey?: true;
}

/** Finds the standing of every key that could matter, and the keys whose usage is unknown. */
export function judgeLimit(scope: LimitScope, evidence: Evidence, verdict: Verdict): void {
  const { limit } = scope;
  const { readings, now } = evidence;
  const declared = evidence.declared.get(limit.name) ?? NOTHING_DECLARED;
  const main = readings?.main;
  const threshold = limit.threshold ?? (main?.status === "known" ? main.threshold : undefined);
  if (readings === undefined || main === undefined || main.status === "unknown" || threshold === undefined) {
    const why = main?.status === "unknown" ? main.why : "the budget has no amount";
    verdict.doubt({}, why);
    judgePeaks(scope, declared, now, verdict);
    return;
  }
  const ownThreshold = (principal: PrincipalId | undefined) => thresholdOf(scope, principal, threshold);
  const everyKey = verdict.everyKey === true;
  // Nothing follows from a key below its first step, unless something was declared about it.
  const firstStep = limit.steps[0]?.at ?? 0;
  const worth: Worth = {
    least: (principal) => (everyKey ? 0 : stepAmount(ownThreshold(principal), firstStep)),
    always: declared,
  };
  const seen = new Set<Declared>();
  const visit =
    (span: Span, gap: string): KeyVisitor =>
    (principal, model, amount) => {
      const key = makeKey(principal, model);
      const mark = declared.get(principal)?.get(model);
      if (mark !== undefined) seen.add(mark);
      if (Number.isNaN(amount)) {
        verdict.doubt(key, gap);
        if (mark !== undefined) judgePeak(scope, mark, now, verdict);
        return;
      }
      const found = standing(limit, key, amount, ownThreshold(principal), span, mark);
      if (found.reached.length > 0 || mark !== undefined || everyKey) verdict.judge(found);
    };
  visitAll(scope, readings, main, evidence.directory, visit, worth);
  for (const mark of allOf(declared)) {
    if (seen.has(mark) || !fits(scope, mark.key)) continue;
    verdict.judge(standing(limit, mark.key, 0, ownThreshold(mark.key.principal), main.span, mark));
  }
}

const NOTHING_DECLARED: DeclaredKeys = new Map();

function* allOf(declared: DeclaredKeys): Iterable<Declared> {
  for (const models of declared.values()) yield* models.values();
}

/** Each key once: from the reading since its latest reset, else from the limit's own. */
function visitAll(
  scope: LimitScope,
  readings: LimitReadings,
  main: UsageReading & { status: "known" },
  directory: Directory,
  visit: (span: Span, gap: string) => KeyVisitor,
  worth: Worth,
): void {
  const visitMain = visit(main.span, main.table.gap ?? "usage is unknown");
  if (readings.sinceResets.length === 0) {
    visitKeys(scope, main.table, visitMain, worth);
    return;
  }
  const latest = (key: Key) => readings.sinceResets.find(({ reset }) => concerns(reset, key, directory));
  visitKeys(scope, main.table, (principal, model, amount) => {
    const since = latest(makeKey(principal, model));
    if (since === undefined) visitMain(principal, model, amount);
    else if (since.reading.status === "unknown") visit(main.span, since.reading.why)(principal, model, Number.NaN);
  });
  for (const since of readings.sinceResets) {
    if (since.reading.status === "unknown") continue;
    const visitSince = visit(main.span, since.reading.table.gap ?? "usage is unknown");
    const visitOwn: KeyVisitor = (principal, model, amount) => {
      if (latest(makeKey(principal, model)) === since) visitSince(principal, model, amount);
    };
    visitKeys(scope, since.reading.table, visitOwn, worth);
  }
}

/** A manual reset's peak needs no new evidence to hold. */
function judgePeaks(scope: LimitScope, declared: DeclaredKeys, now: EpochMs, verdict: Verdict): void {
  for (const mark of allOf(declared)) if (fits(scope, mark.key)) judgePeak(scope, mark, now, verdict);
}

function judgePeak(scope: LimitScope, mark: Declared, now: EpochMs, verdict: Verdict): void {
  const { limit } = scope;
  if (limit.reset !== "manual" || mark.peak === undefined || limit.threshold === undefined) return;
  const threshold = thresholdOf(scope, mark.key.principal, limit.threshold);
  verdict.judge(standing(limit, mark.key, 0, threshold, { start: mark.peak.since, end: now }, mark));
}

const thresholdOf = (scope: LimitScope, principal: PrincipalId | undefined, base: number): number =>
  principal === undefined ? base : (scope.overrides.get(principal) ?? base);

/** Says whether a key is one that the limit, as it stands now, has a threshold for. */
function fits(scope: LimitScope, key: Key): boolean {
  const { per } = scope.limit;
  return (
    (key.principal !== undefined) === per.principal &&
    (key.model !== undefined) === per.model &&
    (key.principal === undefined || countsUsageOf(scope, key.principal))
  );
}
