import type { EpochMs } from "../period/period.ts";
import type { GovernorEvent } from "./event.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import type { Ports } from "./ports.ts";
import type { Failure } from "./report.ts";

/** Longer than a run lasts: what is unsent and younger is still being sent by the run that wrote it. */
const ANOTHER_RUNS_MS = 70_000;

export interface Announcement {
  readonly entries: readonly JournalEntry[];
  /** Events that this run wrote before it decided. */
  readonly told: readonly GovernorEvent[];
  readonly journal: Journal;
  readonly now: EpochMs;
}

/**
 * Writes the journal, then sends what this run has written, and what an earlier run wrote and did not
 * get to send. Nothing of this can change access: a failure is kept for the report.
 *
 * @returns the events this run wrote.
 */
export async function announce(
  { entries, told, journal, now }: Announcement,
  ports: Pick<Ports, "journal" | "announcer">,
  failures: Failure[],
): Promise<readonly GovernorEvent[]> {
  let written = told;
  try {
    const done = entries.length === 0 ? [] : await ports.journal.commit(entries);
    written = [...told, ...done.flatMap(({ event }) => event ?? [])];
  } catch (error) {
    failures.push({ what: "writing the journal", error });
  }
  const events = [...journal.unsent.filter(({ time }) => time <= now - ANOTHER_RUNS_MS), ...written];
  if (events.length === 0) return written;
  try {
    const sent = await ports.announcer.announce(events);
    if (sent.size > 0) await ports.journal.sent([...sent]);
    if (sent.size < events.length) {
      const error = new Error(`the bus did not take ${events.length - sent.size} of ${events.length} events`);
      failures.push({ what: "announcing", error });
    }
  } catch (error) {
    failures.push({ what: "announcing", error });
  }
  return written;
}
