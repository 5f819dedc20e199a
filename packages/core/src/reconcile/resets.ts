import type { LimitReadings } from "../enforcement/judge-limit.ts";
import { visitKeys } from "../enforcement/keys.ts";
import { concerns, resetId, resetMark, resetsWithin } from "../enforcement/reset.ts";
import type { LimitScope } from "../enforcement/scope.ts";
import type { Limit } from "../limit/limit.ts";
import type { Authorship, Reset } from "../limit/settings.ts";
import type { EpochMs, Span } from "../period/period.ts";
import type { GovernorEvent } from "./event.ts";
import { aboutLimit, type MakeEvent } from "./event-maker.ts";
import { type JournalEntry, type Mark, type MarkOf, makeKey, marksOf } from "./journal.ts";
import type { UsageReading } from "./ports.ts";

const KEEP_AFTER_PERIOD_MS = 24 * 3_600_000;

interface ResetInput {
  readonly scopes: readonly LimitScope[];
  readonly resets: readonly Reset[];
  readonly authorship: readonly Authorship[];
  readonly readings: ReadonlyMap<string, LimitReadings>;
  readonly marks: readonly Mark[];
  readonly now: EpochMs;
  readonly makeEvent: MakeEvent;
}

/** Ids of everything that was said once. */
export const saidIds = (marks: readonly Mark[]): ReadonlySet<string> =>
  new Set(marksOf(marks, "said").map(({ id }) => id));

/**
 * Carries out resets that no run has seen yet: what was used by their time is the baseline for the rest
 * of the period, and a manual reset's peak ends. While usage is unknown there is nothing to forgive, and
 * the reset waits. The mark that it is done comes last: a run that dies before begins again.
 */
export function resetEntries(input: ResetInput): readonly JournalEntry[] {
  if (input.resets.length === 0) return [];
  const said = saidIds(input.marks);
  const peaks = marksOf(input.marks, "peak");
  return input.scopes.flatMap((scope) => {
    const { name, period } = scope.limit;
    const entries = endedPeaks(scope, peaks, input);
    const readings = input.readings.get(name);
    const main = readings?.main;
    if (period.kind === "rolling" || main?.status !== "known") return entries;
    for (const reset of resetsWithin(input.resets, name, main.span, input.now)) {
      if (said.has(resetMark(reset))) continue;
      const upTo = readings?.upToResets.find((one) => one.reset === reset)?.reading ?? main;
      const baselines = upTo.status === "known" ? baselinesOf(reset, scope, upTo, main.span) : undefined;
      if (baselines === undefined) continue;
      const mark = { kind: "said" as const, id: resetMark(reset), until: main.span.end + KEEP_AFTER_PERIOD_MS };
      const event = idle(reset, scope.limit) ? nothingReset(reset, scope.limit, input) : undefined;
      entries.push(...baselines.map((baseline) => ({ writes: [{ op: "open" as const, mark: baseline }] })), {
        writes: [{ op: "open", mark }],
        ...(event !== undefined && { event }),
      });
    }
    return entries;
  });
}

/** Says whether a reset names only keys that its limit has no threshold for. */
const idle = (reset: Reset, { per }: Limit): boolean =>
  reset.keys?.every(
    (key) => (key.principal !== undefined && !per.principal) || (key.model !== undefined && !per.model),
  ) ?? false;

function nothingReset(reset: Reset, limit: Limit, { authorship, makeEvent }: ResetInput): GovernorEvent {
  const by = authorship.find(({ parameter }) => parameter === `resets/${reset.name}`)?.by;
  const per = [limit.per.principal && "principal", limit.per.model && "model"].filter(Boolean).join(" and ");
  return makeEvent("Limit Invalid", {
    ...aboutLimit(limit),
    reason: `reset ${reset.name} resets nothing: limit ${limit.name} ${per === "" ? "has one threshold for all" : `is per ${per}`}, and its keys name something else`,
    ends: "remove keys from the reset to reset everything the limit counts, under a new name",
    ...(by !== undefined && { change: { by } }),
  });
}

/** Undefined while one of the reset's keys is unknown. */
function baselinesOf(
  reset: Reset,
  scope: LimitScope,
  reading: UsageReading & { status: "known" },
  period: Span,
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
      periodStart: period.start,
      amount,
    });
  });
  return unknown ? undefined : found;
}

function endedPeaks(scope: LimitScope, peaks: readonly MarkOf<"peak">[], { resets, now }: ResetInput): JournalEntry[] {
  return peaks.flatMap((mark) => {
    if (mark.limit !== scope.limit.name) return [];
    const ended = resets.some(
      (reset) =>
        reset.limit === mark.limit &&
        reset.at >= mark.since &&
        reset.at <= now &&
        concerns(reset, mark.key, scope.directory),
    );
    return ended ? [{ writes: [{ op: "close" as const, mark }] }] : [];
  });
}
