import type { ChannelHold } from "@bedrock-governor/aws/dynamodb/notices-hold";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { type Pace, UNHURRIED } from "@bedrock-governor/notices/turn";

/** What one notifier leaves to the next about a channel. */
export interface ChannelNotes {
  /** Everything until then is told, but for what a run writes late. */
  readonly toldUntil: EpochMs;
  readonly pace: Pace;
  /** Events that are being told together, and how many of their messages went out. */
  readonly parcel: { readonly id: string; readonly sent: number } | undefined;
}

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

/** A channel that is new begins now. */
export function openBook(hold: ChannelHold, now: EpochMs): ChannelBook {
  let notes: ChannelNotes =
    hold.notes === undefined ? { toldUntil: now, pace: UNHURRIED, parcel: undefined } : JSON.parse(hold.notes);
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
