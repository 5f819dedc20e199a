import { randomUUID } from "node:crypto";
import type { Notice, Notices } from "@bedrock-governor/aws/dynamodb/notices";
import type { ChannelHolds } from "@bedrock-governor/aws/dynamodb/notices-hold";
import type { UndeliveredQueue } from "@bedrock-governor/aws/sqs/undelivered";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { nextTurn, paceAfter, type Untold } from "@bedrock-governor/notices/turn";
import {
  ASIDE,
  type Aside,
  type ChannelBook,
  HOLD_MS,
  HoldLostError,
  NOTHING_ASIDE,
  openBook,
  RUN_MS,
} from "./notice-book.ts";
import type { Listener, NoticeChannel } from "./notice-channel.ts";
import { deliver, giveUp, pause } from "./notice-parcel.ts";

export interface Telling {
  readonly notices: Notices;
  readonly holds: ChannelHolds;
  readonly undelivered: UndeliveredQueue;
  now(): EpochMs;
  wait(ms: number): Promise<unknown>;
  /** Nothing is begun after it. */
  readonly deadline: EpochMs;
}

/**
 * How it ended. `told`: nothing is left. `left`: the next wake goes on. `absent`: nobody listens. `held`: another
 * notifier is at it, and looks again when it is done.
 */
export type Ended = "told" | "left" | "absent" | "held";

export interface ChannelReport {
  readonly channel: NoticeChannel["name"];
  readonly ended: Ended | "failed";
  /** Messages that the channel took. */
  readonly sent: number;
  /** Events that it will not get any more. */
  readonly undelivered: number;
  /** What a person should put right, though it works. */
  readonly warning?: string;
  /** Why it failed. The next wake tells what is left. */
  readonly error?: unknown;
}

/** An event is in the journal at most so long after it happened. */
const LATE_MS = 15 * 60_000;
/** Stands where the parcel would, of events that no message tells of. */
const GIVEN_UP = "given up";

/**
 * Tells on one channel what the journal holds and the channel was not told yet, whatever woke us. Never rejects.
 *
 * Where it is killed, the message under way is in doubt and goes out again; no other does, and none is lost.
 */
export async function tellChannel(channel: NoticeChannel, telling: Telling): Promise<ChannelReport> {
  const { notices, holds, now, deadline } = telling;
  const counted = { sent: 0, undelivered: 0 };
  const answers = { busy: 0 };
  let warning: string | undefined;
  const foundAt = new Map<string, EpochMs>();
  try {
    return report(await tell());
  } catch (error) {
    return error instanceof HoldLostError ? report("held") : { ...report("failed"), error };
  }

  function report(ended: ChannelReport["ended"]): ChannelReport {
    return { channel: channel.name, ended, ...counted, ...(warning !== undefined && { warning }) };
  }

  async function tell(): Promise<Ended> {
    for (;;) {
      const hold = await holds.take(channel.name, HOLD_MS);
      if (hold === undefined) return "held";
      const book = openBook(hold, now());
      const ended = await tellAll(book);
      if (ended !== "told") return ended;
      // Whoever came while we held the channel went away again, relying on this.
      const { untold } = await look(book);
      if (untold.length === 0) return ended;
    }
  }

  async function tellAll(book: ChannelBook): Promise<Ended> {
    try {
      let ended: Ended | undefined;
      while (ended === undefined) ended = await takeTurn(book);
      await book.close();
      return ended;
    } catch (error) {
      // If this fails too, the hold ends by itself.
      if (!(error instanceof HoldLostError)) await Promise.allSettled([book.close()]);
      throw error;
    }
  }

  /** Resolves with undefined if there may be more to do. */
  async function takeTurn(book: ChannelBook): Promise<Ended | undefined> {
    const at = now();
    let { untold, begun } = await look(book);
    if (untold.length + begun.length > 0) {
      const listener = await channel.listener();
      if (listener === undefined) {
        book.note({ toldUntil: at, beganAt: undefined, parcel: undefined, aside: NOTHING_ASIDE });
        return "absent";
      }
      greet(listener, book, at);
      untold = untold.filter(({ event }) => isSince(book.notes.beganAt, event));
    }
    const left = [...begun, ...untold.map(({ event }) => event)];
    const toldUntil = left.reduce((earliest, { time }) => Math.min(earliest, time), at);
    const ids = new Set(left.map(({ id }) => id));
    const failures = Object.entries(book.notes.aside.failures).filter(([id]) => ids.has(id));
    book.note({
      toldUntil: Math.max(book.notes.toldUntil, toldUntil),
      aside: { ...book.notes.aside, failures: Object.fromEntries(failures) },
    });
    const delivering = { ...telling, channel, book, counted, answers };
    if (book.notes.parcel !== undefined) return deliver(begun, delivering);

    const turn = nextTurn(untold, book.notes.pace, now());
    switch (turn.do) {
      case "rest":
        return "told";
      case "wait":
        return pause(turn.until, delivering);
      case "give up":
        await giveUp(turn.events, "the channel did not take it within 24 hours", delivering);
        await book.put(GIVEN_UP, turn.events);
        return undefined;
      case "tell": {
        if (now() >= deadline) return "left";
        const ofAside = untold.some(({ event, aside }) => aside !== undefined && turn.events.includes(event));
        const parcel = { id: randomUUID(), sent: 0, ofAside };
        book.note({ parcel, pace: paceAfter(book.notes.pace, turn, now()) });
        // The parcel is open before anything is put into it: what is in a closed one counts as told.
        await book.keep();
        await book.put(parcel.id, turn.events);
        return deliver(turn.events, delivering);
      }
    }
  }

  async function look({ notes }: ChannelBook) {
    const found = await notices.read(channel.name, notes.toldUntil - LATE_MS);
    const untold = found
      .filter(({ event, parcel }) => (parcel === undefined || parcel === ASIDE) && isSince(notes.beganAt, event))
      .map((one) => untoldOf(one, notes.aside));
    const begun = found.filter(({ parcel }) => parcel !== undefined && parcel === notes.parcel?.id);
    return { untold, begun: begun.map(({ event }) => event) };
  }

  function untoldOf({ event, parcel }: Notice, { isCleared, failures }: Aside): Untold {
    const first = foundAt.get(event.id) ?? now();
    foundAt.set(event.id, first);
    const isAside = parcel === ASIDE && !isCleared;
    return { event, foundAt: first, ...(isAside && { aside: failures[event.id] ?? { count: 0, notBefore: 0 } }) };
  }

  /** Whoever sets a webhook does not want to read what happened before; whoever changes it does not want to wait. */
  function greet({ mark, since, warning: warns }: Listener, { notes, note }: ChannelBook, at: EpochMs): void {
    warning = warns;
    const isAnother = notes.listener !== undefined && notes.listener !== mark;
    note({
      listener: mark,
      beganAt: notes.beganAt ?? Math.min(since ?? at, at) - RUN_MS,
      ...(isAnother && { pace: { ...notes.pace, notBefore: at }, busySince: undefined }),
    });
  }
}

const isSince = (beganAt: EpochMs | undefined, { time }: GovernorEvent): boolean =>
  beganAt === undefined || time >= beganAt;
