import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** A run journals its events one after the other: they are told when no more have come for so long, */
const QUIET_MS = 2 * SECOND_MS;
/** or when the first of them has waited for so long. */
const LONGEST_QUIET_MS = 30 * SECOND_MS;

/** So many changes in a minute are told one by one; more become a digest, and there is one digest a minute at most. */
const MOST_SINGLE = 10;
const DIGESTS_APART_MS = MINUTE_MS;

/** Nobody acts on a notice that is older, and the journal has it. */
const TOO_OLD_MS = 24 * 60 * MINUTE_MS;

/** An event that is not told yet, and when the teller first found it. */
export interface Untold {
  readonly event: GovernorEvent;
  readonly foundAt: EpochMs;
  /** It was in a message that failed again and again: it is told by itself, and not before others. */
  readonly aside?: Failures;
}

/** Of an event that was told by itself. */
export interface Failures {
  readonly count: number;
  /** When it may be tried again. */
  readonly notBefore: EpochMs;
}

const RETRY_MS = 5 * MINUTE_MS;
const LONGEST_RETRY_MS = 60 * MINUTE_MS;

/** Once more, and the next attempt later. */
export function failedAgain(before: Failures | undefined, now: EpochMs): Failures {
  const count = before === undefined ? 1 : before.count + 1;
  return { count, notBefore: now + Math.min(RETRY_MS * 2 ** (count - 1), LONGEST_RETRY_MS) };
}

/** What was told on a channel of late. */
export interface Pace {
  /** When the next message may go. */
  readonly notBefore: EpochMs;
  readonly lastDigestAt?: EpochMs;
  /** How many changes were told when, the oldest first. */
  readonly recent: readonly { readonly at: EpochMs; readonly changes: number }[];
}

/** Of a channel on which nothing was told yet. */
export const UNHURRIED: Pace = { notBefore: 0, recent: [] };

export type Turn =
  /** Nothing is left to tell. */
  | { readonly do: "rest" }
  /** Nothing may be told before then; more may have come by then. */
  | { readonly do: "wait"; readonly until: EpochMs }
  /** These no channel took in time. */
  | { readonly do: "give up"; readonly events: readonly GovernorEvent[] }
  /** One event is told for itself, several as a digest. */
  | { readonly do: "tell"; readonly events: readonly GovernorEvent[]; readonly digest: boolean };

/** What to do next on a channel. */
export function nextTurn(untold: readonly Untold[], pace: Pace, now: EpochMs): Turn {
  const tooOld = untold.filter(({ event }) => isTooOld(event, now));
  if (tooOld.length > 0) return { do: "give up", events: inOrder(tooOld) };
  if (untold.length === 0) return { do: "rest" };

  const inLine = untold.filter(({ aside }) => aside === undefined);
  if (inLine.length === 0) return turnAside(untold, pace, now);

  const found = inLine.map(({ foundAt }) => foundAt);
  const quietAt = Math.min(Math.max(...found) + QUIET_MS, Math.min(...found) + LONGEST_QUIET_MS);
  const from = Math.max(quietAt, pace.notBefore);
  if (now < from) return { do: "wait", until: from };

  const events = inOrder(inLine);
  if (toldLately(pace, now) + events.length <= MOST_SINGLE) {
    return { do: "tell", events: events.slice(0, 1), digest: false };
  }
  const { lastDigestAt } = pace;
  if (lastDigestAt !== undefined && now < lastDigestAt + DIGESTS_APART_MS) {
    return { do: "wait", until: lastDigestAt + DIGESTS_APART_MS };
  }
  return { do: "tell", events, digest: true };
}

/** Of events that are all aside: never a digest, which one of them would spoil for the others. */
function turnAside(untold: readonly Untold[], pace: Pace, now: EpochMs): Turn {
  const readyAt = ({ aside }: Untold) => Math.max(aside?.notBefore ?? now, now);
  const soonest = Math.min(...untold.map(readyAt));
  const ready = untold.filter((one) => readyAt(one) === soonest);
  const fewest = Math.min(...ready.map(({ aside }) => aside?.count ?? 0));
  const events = inOrder(ready.filter(({ aside }) => (aside?.count ?? 0) === fewest)).slice(0, 1);
  const hasRoomAt = toldLately(pace, now) < MOST_SINGLE ? now : (pace.recent[0]?.at ?? now) + MINUTE_MS;
  const from = Math.max(soonest, hasRoomAt, pace.notBefore);
  return now < from ? { do: "wait", until: from } : { do: "tell", events, digest: false };
}

export const isTooOld = ({ time }: GovernorEvent, now: EpochMs): boolean => now - time > TOO_OLD_MS;

/** The pace once a turn is taken. */
export function paceAfter(pace: Pace, { events, digest }: Extract<Turn, { do: "tell" }>, now: EpochMs): Pace {
  const recent = pace.recent.filter(({ at }) => isLate(at, now));
  return { ...pace, ...(digest && { lastDigestAt: now }), recent: [...recent, { at: now, changes: events.length }] };
}

const isLate = (at: EpochMs, now: EpochMs): boolean => at > now - MINUTE_MS;

const toldLately = ({ recent }: Pace, now: EpochMs): number =>
  recent.reduce((sum, { at, changes }) => (isLate(at, now) ? sum + changes : sum), 0);

const inOrder = (untold: readonly Untold[]): readonly GovernorEvent[] =>
  untold.map(({ event }) => event).toSorted((a, b) => a.time - b.time || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
