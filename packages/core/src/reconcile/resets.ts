import { visitKeys } from "../enforcement/keys.ts";
import { concerns, resetId, resetsWithin } from "../enforcement/reset.ts";
import type { LimitScope } from "../enforcement/scope.ts";
import type { Reset } from "../limit/settings.ts";
import type { EpochMs } from "../period/period.ts";
import { type JournalEntry, type Mark, type MarkOf, makeKey } from "./journal.ts";
import type { UsageReading } from "./ports.ts";

const KEEP_AFTER_PERIOD_MS = 24 * 3_600_000;

interface ResetInput {
  readonly scopes: readonly LimitScope[];
  readonly resets: readonly Reset[];
  readonly readingOf: (limit: string) => UsageReading | undefined;
  readonly marks: readonly Mark[];
  readonly now: EpochMs;
}

/**
 * Carries out resets that no run has seen yet: what is used by now is the baseline for the rest of
 * the period, and a manual reset's peak ends. While usage is unknown there is nothing to forgive, and
 * the reset waits. The mark that it is done comes last: a run that dies before begins again.
 */
export function resetEntries(input: ResetInput): readonly JournalEntry[] {
  const said = new Set(input.marks.flatMap((mark) => (mark.kind === "said" ? [mark.id] : [])));
  return input.scopes.flatMap((scope) => {
    const entries = endedPeaks(scope, input);
    if (scope.limit.period.kind === "rolling") return entries;
    const reading = input.readingOf(scope.limit.name);
    if (reading?.status !== "known") return entries;
    for (const reset of resetsWithin(input.resets, scope.limit.name, reading.span, input.now)) {
      const done = `reset#${resetId(reset)}`;
      const baselines = said.has(done) ? undefined : baselinesOf(reset, scope, reading);
      if (baselines === undefined) continue;
      const mark = { kind: "said" as const, id: done, until: reading.span.end + KEEP_AFTER_PERIOD_MS };
      entries.push(...baselines.map((baseline) => ({ writes: [{ op: "open" as const, mark: baseline }] })), {
        writes: [{ op: "open", mark }],
      });
    }
    return entries;
  });
}

/** Undefined while one of the reset's keys is unknown. */
function baselinesOf(
  reset: Reset,
  scope: LimitScope,
  reading: UsageReading & { status: "known" },
): readonly MarkOf<"baseline">[] | undefined {
  const found: MarkOf<"baseline">[] = [];
  let unknown = false;
  visitKeys(scope, reading.table, (principal, model, amount) => {
    if (amount === 0) return;
    const key = makeKey(principal, model);
    if (!concerns(reset, key, scope.directory)) return;
    unknown ||= Number.isNaN(amount);
    found.push({
      kind: "baseline",
      reset: resetId(reset),
      limit: scope.limit.name,
      key,
      periodStart: reading.span.start,
      amount,
    });
  });
  return unknown ? undefined : found;
}

function endedPeaks(scope: LimitScope, input: ResetInput): JournalEntry[] {
  return input.marks.flatMap((mark) => {
    if (mark.kind !== "peak" || mark.limit !== scope.limit.name) return [];
    const ended = input.resets.some(
      (reset) =>
        reset.limit === mark.limit &&
        reset.at >= mark.since &&
        reset.at <= input.now &&
        concerns(reset, mark.key, scope.directory),
    );
    return ended ? [{ writes: [{ op: "close" as const, mark }] }] : [];
  });
}
