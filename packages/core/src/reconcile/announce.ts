import type { GovernorEvent } from "./event.ts";
import type { Journal, JournalEntry } from "./journal.ts";
import type { Ports } from "./ports.ts";
import type { Failure } from "./report.ts";

/**
 * Writes the journal, then sends what is new in it, and what an earlier run wrote and did not get
 * to send. Nothing of this can change access: a failure is kept for the report.
 *
 * @returns the events this run wrote.
 */
export async function announce(
  entries: readonly JournalEntry[],
  journal: Journal,
  ports: Pick<Ports, "journal" | "announcer">,
  failures: Failure[],
): Promise<readonly GovernorEvent[]> {
  let written: readonly GovernorEvent[] = [];
  try {
    const done = entries.length === 0 ? [] : await ports.journal.commit(entries);
    written = done.flatMap(({ event }) => event ?? []);
  } catch (error) {
    failures.push({ what: "writing the journal", error });
  }
  const events = [...journal.unsent, ...written];
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
