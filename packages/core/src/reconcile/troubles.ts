import type { EpochMs } from "../period/period.ts";
import type { Applied } from "./apply.ts";
import type { MakeEvent } from "./event-maker.ts";
import { type JournalEntry, type JournalWrite, type Mark, type MarkOf, marksOf } from "./journal.ts";

type Trouble = MarkOf<"trouble">;

/** What may pass by itself is told when it has not for this long. */
const PATIENCE_MS = 5 * 60_000;

interface TroubleInput {
  readonly applied: Applied;
  /** Whether the run acted on principals at all. */
  readonly acts: boolean;
  /** Limits of which some usage is unknown, and why. */
  readonly unknown: ReadonlyMap<string, string>;
  readonly marks: readonly Mark[];
  readonly now: EpochMs;
  readonly makeEvent: MakeEvent;
}

/**
 * Keeps track of what goes wrong from when it began to when it is over: told once, and once more
 * when a principal we could not act on is as it should be again.
 */
export function troubleEntries(input: TroubleInput): readonly JournalEntry[] {
  const { applied, now, makeEvent } = input;
  const open = new Map(marksOf(input.marks, "trouble").map((mark) => [mark.subject, mark]));
  const present = new Set<string>();
  const entries: JournalEntry[] = [];
  const keep = (subject: string, why: string, patience: number, event: () => NonNullable<JournalEntry["event"]>) => {
    present.add(subject);
    const mark = open.get(subject);
    const since = mark?.since ?? now;
    if (mark?.announced) return;
    const announced = now - since >= patience;
    if (mark !== undefined && !announced) return;
    const next: Trouble = { kind: "trouble", subject, since, why, announced };
    const write: JournalWrite =
      mark === undefined ? { op: "open", mark: next } : { op: "replace", before: mark, mark: next };
    entries.push({ writes: [write], ...(announced && { event: event() }) });
  };

  for (const { principal, why, remedy } of applied.blocked) {
    keep(`principal#${principal}`, why, 0, () =>
      makeEvent("Enforcement Failed", { principal, reason: why, ends: remedy }),
    );
  }
  for (const { what, principal, error } of applied.passing) {
    const why = `${what} failed: ${error instanceof Error ? error.message : String(error)}`;
    keep(`principal#${principal ?? "publisher"}`, why, PATIENCE_MS, () =>
      makeEvent("Enforcement Failed", {
        ...(principal !== undefined && { principal }),
        reason: why,
        ends: "tried again on every run",
      }),
    );
  }
  for (const [limit, why] of input.unknown) {
    keep(`usage#${limit}`, why, PATIENCE_MS, () =>
      makeEvent("Usage Unknown", {
        limit,
        reason: `usage is unknown (${why}): nobody is newly denied by this limit, and denies that it could cause are held`,
        ends: "ends with the next complete reading",
      }),
    );
  }
  for (const mark of open.values()) {
    if (!present.has(mark.subject) && !waits(mark, input)) entries.push(over(mark, input));
  }
  return entries;
}

/** Not tried, or not reached before the deadline: whether it works again is not known yet. */
function waits(mark: Trouble, { applied, acts }: TroubleInput): boolean {
  if (!acts) return mark.subject.startsWith("principal#");
  return applied.postponed.some(({ principal }) => mark.subject === `principal#${principal}`);
}

function over(mark: Trouble, { makeEvent }: TroubleInput): JournalEntry {
  const writes = [{ op: "close" as const, mark }];
  if (!mark.announced || !mark.subject.startsWith("principal#")) return { writes };
  const principal = mark.subject.slice("principal#".length);
  const reason = `what went wrong is over (${mark.why})`;
  return {
    writes,
    event: makeEvent("Enforcement Recovered", { ...(principal !== "publisher" && { principal }), reason }),
  };
}
