import type { Settings } from "../limit/settings.ts";
import type { EpochMs } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { clock } from "../words/when.ts";
import type { Applied } from "./apply.ts";
import type { GovernorEvent } from "./event.ts";
import { aboutLimit, type EventFields, type MakeEvent } from "./event-maker.ts";
import { type JournalEntry, type JournalWrite, type Mark, type MarkOf, marksOf } from "./journal.ts";
import { saidIds } from "./resets.ts";

type Trouble = MarkOf<"trouble">;

/** What may pass by itself is told when it has not for this long. */
const PATIENCE_MS = 5 * 60_000;
/** What is over may come back soon, and go again: within this time it is told only if it stays until its end. */
const QUIET_MS = 3_600_000;
const PRINCIPAL = "principal#";
const USAGE = "usage#";

/** Principals on whom the last try failed: those IAM refuses, what has not passed for a while, and what came back. */
export function troubledPrincipals(marks: readonly Mark[]): ReadonlySet<PrincipalId> {
  const said = saidIds(marks);
  const troubled = marksOf(marks, "trouble").filter(
    ({ subject, announced }) => subject.startsWith(PRINCIPAL) && (announced || said.has(quietId(subject))),
  );
  return new Set(troubled.map(({ subject }) => subject.slice(PRINCIPAL.length)));
}

interface TroubleInput {
  readonly applied: Applied;
  /** Whether the run acted on principals at all. */
  readonly acts: boolean;
  /** Limits of which some usage is unknown, and why. */
  readonly unknown: ReadonlyMap<string, string>;
  /** Those of them of which that is no trouble, and told of nobody: a budget's that is new in its period. */
  readonly expected: ReadonlySet<string>;
  readonly settings: Settings;
  /** Ids of everything that was said once. */
  readonly said: ReadonlySet<string>;
  readonly marks: readonly Mark[];
  readonly now: EpochMs;
  readonly makeEvent: MakeEvent;
}

/**
 * Keeps track of what goes wrong from when it began to when it is over: told once, and once more when a
 * principal we could not act on is as it should be again, or usage is known again. One that comes and goes is
 * told once an hour at most, and never its end without its beginning.
 */
export function troubleEntries(input: TroubleInput): readonly JournalEntry[] {
  const { applied, said, now, makeEvent } = input;
  const open = new Map(marksOf(input.marks, "trouble").map((mark) => [mark.subject, mark]));
  const present = new Set<string>();
  const entries: JournalEntry[] = [];
  const keep = (subject: string, why: string, patience: number, event: (since: EpochMs) => GovernorEvent) => {
    present.add(subject);
    const mark = open.get(subject);
    const since = mark?.since ?? now;
    if (mark?.announced) return;
    const announced = now - since >= patience && !said.has(quietId(subject));
    if (mark !== undefined && !announced) return;
    const next: Trouble = { kind: "trouble", subject, since, why, announced };
    const write: JournalWrite =
      mark === undefined ? { op: "open", mark: next } : { op: "replace", before: mark, mark: next };
    entries.push({ writes: [write], ...(announced && { event: event(since) }) });
  };

  for (const { principal, why, remedy } of applied.blocked) {
    keep(`${PRINCIPAL}${principal}`, why, 0, (since) =>
      makeEvent("Enforcement Failed", { principal, since, reason: why, ends: remedy }),
    );
  }
  for (const { what, principal, error } of applied.passing) {
    const why = `${what} failed: ${error instanceof Error ? error.message : String(error)}`;
    keep(`${PRINCIPAL}${principal ?? "publisher"}`, why, PATIENCE_MS, (since) =>
      makeEvent("Enforcement Failed", {
        ...(principal !== undefined && { principal }),
        since,
        reason: why,
        ends: "tried again on every run",
      }),
    );
  }
  for (const [limit, why] of input.unknown) {
    if (input.expected.has(limit)) continue;
    keep(`${USAGE}${limit}`, why, PATIENCE_MS, (since) =>
      makeEvent("Usage Unknown", {
        ...ofLimit(limit, input),
        since,
        reason: `usage is unknown (${why}): ${meanwhile(limit, input)}`,
        ends: "ends with the next complete reading",
      }),
    );
  }
  for (const mark of open.values()) {
    if (!present.has(mark.subject) && !waits(mark, input)) entries.push(over(mark, input));
  }
  return entries;
}

/**
 * Not tried, not reached before the deadline, or without its policy: whether it works again is not known yet. Nor is
 * usage that became unknown and, by now, would be so anyhow.
 */
function waits(mark: Trouble, { applied, acts, expected }: TroubleInput): boolean {
  if (mark.subject.startsWith(USAGE)) return expected.has(mark.subject.slice(USAGE.length));
  if (!acts) return mark.subject.startsWith(PRINCIPAL);
  return mark.subject.startsWith(PRINCIPAL) && applied.waiting.has(mark.subject.slice(PRINCIPAL.length));
}

const quietId = (subject: string): string => `trouble-over#${subject}`;

const limitOf = (name: string, { settings }: TroubleInput) => settings.limits.find((limit) => limit.name === name);

function ofLimit(name: string, input: TroubleInput): Omit<EventFields, "reason"> {
  const limit = limitOf(name, input);
  return limit === undefined ? { limit: name } : aboutLimit(limit);
}

const meanwhile = (name: string, input: TroubleInput): string =>
  input.settings.mode === "observe" || limitOf(name, input)?.mode === "observe"
    ? "this limit would newly deny nobody, and would hold the denies that it could cause"
    : "nobody is newly denied by this limit, and denies that it could cause are held";

function over(mark: Trouble, input: TroubleInput): JournalEntry {
  const close = { op: "close" as const, mark };
  const fields = mark.announced ? recovered(mark, input) : undefined;
  if (fields === undefined) return { writes: [close] };
  const quiet = { kind: "said" as const, id: quietId(mark.subject), until: input.now + QUIET_MS };
  return {
    writes: [close, { op: "set", mark: quiet }],
    event: input.makeEvent("Enforcement Recovered", { ...fields, since: mark.since }),
  };
}

/** Undefined if nothing became right: a limit that was removed has no usage that could be known again. */
function recovered({ subject, why, since }: Trouble, input: TroubleInput): EventFields | undefined {
  const began = `from ${clock(since, "UTC", input.now)} on`;
  if (subject.startsWith(USAGE)) {
    const name = subject.slice(USAGE.length);
    if (limitOf(name, input) === undefined) return undefined;
    return { ...ofLimit(name, input), reason: `usage is known again. It was unknown ${began} (${why})` };
  }
  const principal = subject.slice(PRINCIPAL.length);
  const reason = `what went wrong ${began} is over: ${why}`;
  return { ...(principal !== "publisher" && { principal }), reason };
}
