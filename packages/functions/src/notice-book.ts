import type { ChannelHold } from "@bedrock-governor/aws/dynamodb/notices-hold";
import { retrying } from "@bedrock-governor/aws/dynamodb/retrying";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { type Failures, type Pace, UNHURRIED } from "@bedrock-governor/notices/turn";

/** What one notifier leaves to the next about a channel. */
export interface ChannelNotes {
  /** Everything until then is told, but for what a run writes late. */
  readonly toldUntil: EpochMs;
  readonly pace: Pace;
  /** What happened before is not told. Undefined: nobody listened. */
  readonly beganAt: EpochMs | undefined;
  /** The mark of who listened last. */
  readonly listener?: string;
  /** Since when the channel answers that it is busy, and nothing else. */
  readonly busySince?: EpochMs | undefined;
  readonly parcel: Parcel | undefined;
  readonly aside: Aside;
}

/** Events that are being told together. */
export interface Parcel {
  readonly id: string;
  /** How many of its messages went out. */
  readonly sent: number;
  /** How often the next message failed, since when. */
  readonly failed?: { readonly count: number; readonly since: EpochMs } | undefined;
  /** It is of one event that was aside. */
  readonly ofAside?: boolean;
  /** It is being broken up: ids of its events that go aside. */
  readonly breaking?: readonly string[];
}

/** Events of parcels that were broken up and are not told since: they are marked as `ASIDE`. */
export interface Aside {
  /** By ids of those that failed by themselves. */
  readonly failures: Readonly<Record<string, Failures>>;
  /** They were not to blame, and stand in line like others. */
  readonly isCleared: boolean;
  /** No message was taken since the last parcel was broken up: perhaps none was to blame. */
  readonly isDoubtful: boolean;
}

export const NOTHING_ASIDE: Aside = { failures: {}, isCleared: false, isDoubtful: false };
/** Stands where the parcel would, of events that are aside. */
export const ASIDE = "aside";

/** Longer than a message and its note take, and not long to wait for when a notifier was killed. */
export const HOLD_MS = 60_000;

/** Another notifier has taken the channel: it sees to what is left. */
export class HoldLostError extends Error {}

/** A channel's notes, of a notifier that holds it. */
export interface ChannelBook {
  readonly notes: ChannelNotes;
  note(change: Partial<ChannelNotes>): void;
  /** Writes the notes down and goes on holding, also for a pause of so many milliseconds. @throws HoldLostError */
  keep(pauseMs?: number): Promise<void>;
  /** Puts events into a parcel. @throws HoldLostError */
  put(parcel: string, events: readonly GovernorEvent[]): Promise<void>;
  /** Writes the notes down and lets go. */
  close(): Promise<void>;
}

/** A run journals what happens with the time at which it began. */
export const RUN_MS = 90_000;

/** A channel that is new begins now. */
export function openBook(hold: ChannelHold, now: EpochMs): ChannelBook {
  let notes: ChannelNotes =
    hold.notes === undefined
      ? { toldUntil: now, pace: UNHURRIED, beganAt: now - RUN_MS, parcel: undefined, aside: NOTHING_ASIDE }
      : JSON.parse(hold.notes);
  return {
    get notes() {
      return notes;
    },
    note(change) {
      notes = { ...notes, ...change };
    },
    async keep(pauseMs = 0) {
      unlessLost(await hold.keep(JSON.stringify(notes), HOLD_MS + pauseMs));
    },
    async put(parcel, events) {
      unlessLost(await hold.put(parcel, events));
    },
    async close() {
      await hold.keep(JSON.stringify(notes), 0);
    },
  };
}

function unlessLost(isOurs: boolean): void {
  if (!isOurs) throw new HoldLostError("another notifier has taken the channel");
}

/** What went out and is not noted would go out again. */
export const keepSurely = ({
  book,
  wait,
}: {
  readonly book: ChannelBook;
  wait(ms: number): Promise<unknown>;
}): Promise<void> =>
  retrying(
    () => book.keep(),
    (error) => !(error instanceof HoldLostError),
    wait,
  );
