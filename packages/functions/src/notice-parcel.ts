import type { UndeliveredQueue } from "@bedrock-governor/aws/sqs/undelivered";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { isTooOld } from "@bedrock-governor/notices/turn";
import { afterFailure, asideAfterSuccess, breakUp, idsIn, idsOf } from "./notice-aside.ts";
import { type ChannelBook, keepSurely } from "./notice-book.ts";
import { ChannelClosedError, type Letter, type NoticeChannel, type Outcome } from "./notice-channel.ts";

export interface Delivering {
  readonly channel: NoticeChannel;
  readonly book: ChannelBook;
  readonly undelivered: UndeliveredQueue;
  /** Messages that the channel took, and events that it will not get any more. */
  readonly counted: { sent: number; undelivered: number };
  /** How often the channel answered that it is busy, since we were woken. */
  readonly answers: { busy: number };
  now(): EpochMs;
  wait(ms: number): Promise<unknown>;
  /** Nothing is begun after it. */
  readonly deadline: EpochMs;
}

const MINUTE_MS = 60_000;

/** A channel is asked again after so long, whatever it says; */
const LONGEST_BUSY_MS = 60 * MINUTE_MS;
/** so often until the next wake; */
const MOST_BUSY = 3;
/** and it is a failure when it goes on for so long. */
const BUSY_FAILS_MS = 10 * MINUTE_MS;

/**
 * Sends what is left of the parcel that is open, and closes it. What is about to go out and what went is written down
 * before and after each message. Resolves with undefined when that is done; rejects if the channel fails.
 */
export async function deliver(
  events: readonly GovernorEvent[],
  delivering: Delivering,
): Promise<"left" | "absent" | undefined> {
  const { channel, book, now } = delivering;
  const breaking = book.notes.parcel?.breaking;
  if (breaking !== undefined) return breakUp(events, breaking, delivering);
  if (events.every((event) => isTooOld(event, now()))) {
    // Of a parcel that nothing was put into nothing is lost.
    if (events.length > 0) await giveUp(events, "the channel did not take all of it within 24 hours", delivering);
    return close(delivering);
  }
  const letters = lettersOf(channel, events);
  if (letters instanceof Error) {
    if (events.length > 1) return breakUp(events, idsOf(events), delivering);
    await giveUp(events, `it cannot be put into words: ${letters.name}`, delivering);
    return close(delivering);
  }
  for (;;) {
    if (book.notes.parcel === undefined || book.notes.parcel.sent >= letters.length) return close(delivering);
    if ((await pause(book.notes.pace.notBefore, delivering)) === "left") return "left";
    const ended = await send(letters, events, delivering);
    if (ended !== undefined) return ended;
  }
}

/** Resolves with undefined when the time has come, and with "left" at once if that is beyond the deadline. */
export async function pause(
  until: EpochMs,
  { book, now, wait, deadline }: Pick<Delivering, "book" | "now" | "wait" | "deadline">,
): Promise<"left" | undefined> {
  if (Math.max(until, now()) >= deadline) return leave(book, Math.max(until, now()));
  const ms = until - now();
  if (ms > 0) {
    await book.keep(ms);
    await wait(ms);
  }
  return undefined;
}

/** @throws if the channel has been busy for long by then: people should know. */
function leave({ notes }: ChannelBook, until: EpochMs): "left" {
  if (notes.busySince !== undefined && until - notes.busySince > BUSY_FAILS_MS) {
    throw new Error(`the channel is busy, and is asked again after ${new Date(until).toISOString()}`);
  }
  return "left";
}

/** For the dead-letter queue, which people look at. */
export async function giveUp(
  events: readonly GovernorEvent[],
  why: string,
  { channel, undelivered, counted }: Pick<Delivering, "channel" | "undelivered" | "counted">,
): Promise<void> {
  await undelivered.put({ channel: channel.name, ids: idsOf(events), why });
  counted.undelivered += events.length;
}

/** Sends the next one. */
async function send(
  letters: readonly Letter[],
  events: readonly GovernorEvent[],
  delivering: Delivering,
): Promise<"absent" | "left" | undefined> {
  const { channel, book, counted, answers, now } = delivering;
  const unsent = letters.slice(book.notes.parcel?.sent);
  const [letter] = unsent;
  if (letter === undefined) return close(delivering);
  notBefore(now() + channel.apartMs);
  await book.keep();
  let outcome: Outcome;
  try {
    outcome = await letter.send();
  } catch (error) {
    if (!(error instanceof ChannelClosedError)) await afterFailure(unsent, events, delivering);
    throw error;
  }
  switch (outcome.status) {
    case "absent":
      return "absent";
    case "busy":
      notBefore(now() + Math.max(channel.apartMs, Math.min(outcome.retryAfterMs, LONGEST_BUSY_MS)));
      book.note({ busySince: book.notes.busySince ?? now() });
      return ++answers.busy < MOST_BUSY ? undefined : leave(book, book.notes.pace.notBefore);
    case "refused":
      // One of several may be what it refuses: the others are still told.
      if (letter.events.length > 1) return breakUp(events, idsIn(unsent), delivering);
      await giveUp(letter.events, outcome.why, delivering);
      break;
    case "sent":
      counted.sent++;
      book.note({ aside: asideAfterSuccess(book.notes, letter) });
  }
  const { parcel } = book.notes;
  book.note({ busySince: undefined, parcel: parcel && { ...parcel, sent: parcel.sent + 1, failed: undefined } });
  await keepSurely(delivering);
  return undefined;

  function notBefore(at: EpochMs): void {
    book.note({ pace: { ...book.notes.pace, notBefore: at } });
  }
}

/** The error, if this channel has no words for them. */
function lettersOf(channel: NoticeChannel, events: readonly GovernorEvent[]): readonly Letter[] | Error {
  try {
    return channel.letters(events);
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}

async function close(delivering: Delivering): Promise<undefined> {
  delivering.book.note({ parcel: undefined });
  await keepSurely(delivering);
}
