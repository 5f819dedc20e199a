import { retrying } from "@bedrock-governor/aws/dynamodb/retrying";
import type { UndeliveredQueue } from "@bedrock-governor/aws/sqs/undelivered";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { isTooOld } from "@bedrock-governor/notices/turn";
import { type ChannelBook, HoldLostError } from "./notice-book.ts";
import type { Letter, NoticeChannel } from "./notice-channel.ts";

export interface Delivering {
  readonly channel: NoticeChannel;
  readonly book: ChannelBook;
  readonly undelivered: UndeliveredQueue;
  /** Messages that the channel took, and events that it will not get any more. */
  readonly counted: { sent: number; undelivered: number };
  now(): EpochMs;
  wait(ms: number): Promise<unknown>;
  /** Nothing is begun after it. */
  readonly deadline: EpochMs;
}

/**
 * Sends what is left of the parcel that is open, and closes it. What is about to go out and what went is written down
 * before and after each message. Resolves with undefined when that is done; rejects if the channel fails.
 */
export async function deliver(
  events: readonly GovernorEvent[],
  delivering: Delivering,
): Promise<"left" | "absent" | undefined> {
  const { channel, book, now } = delivering;
  if (events.every((event) => isTooOld(event, now()))) {
    // Of a parcel that nothing was put into nothing is lost.
    if (events.length > 0) await giveUp(events, "the channel did not take all of it within 24 hours", delivering);
    return close(delivering);
  }
  const letters = channel.letters(events);
  for (;;) {
    const letter = letters[book.notes.parcel?.sent ?? letters.length];
    if (letter === undefined) return close(delivering);
    if ((await pause(book.notes.pace.notBefore, delivering)) === "left") return "left";
    if ((await send(letter, events, delivering)) === "absent") return "absent";
  }
}

/** Resolves with undefined when the time has come, and with "left" at once if that is beyond the deadline. */
export async function pause(
  until: EpochMs,
  { book, now, wait, deadline }: Pick<Delivering, "book" | "now" | "wait" | "deadline">,
): Promise<"left" | undefined> {
  if (Math.max(until, now()) >= deadline) return "left";
  const ms = until - now();
  if (ms > 0) {
    await book.keep(ms);
    await wait(ms);
  }
  return undefined;
}

/** For the dead-letter queue, which people look at. */
export async function giveUp(
  events: readonly GovernorEvent[],
  why: string,
  { channel, undelivered, counted }: Pick<Delivering, "channel" | "undelivered" | "counted">,
): Promise<void> {
  await undelivered.put({ channel: channel.name, ids: events.map(({ id }) => id), why });
  counted.undelivered += events.length;
}

async function send(
  letter: Letter,
  events: readonly GovernorEvent[],
  delivering: Delivering,
): Promise<"absent" | undefined> {
  const { channel, book, counted, now, deadline } = delivering;
  notBefore(now() + channel.apartMs);
  await book.keep();
  const outcome = await letter();
  switch (outcome.status) {
    case "absent":
      return "absent";
    case "busy":
      notBefore(now() + outcome.retryAfterMs);
      if (book.notes.pace.notBefore < deadline) return undefined;
      throw new Error(`the channel asks for ${Math.ceil(outcome.retryAfterMs / 1_000)} s of patience`);
    case "refused":
      await giveUp(events, outcome.why, delivering);
      break;
    case "sent":
      counted.sent++;
  }
  const { parcel } = book.notes;
  book.note({ parcel: parcel && { ...parcel, sent: parcel.sent + 1 } });
  await keepSurely(delivering);
  return undefined;

  function notBefore(at: EpochMs): void {
    book.note({ pace: { ...book.notes.pace, notBefore: at } });
  }
}

async function close(delivering: Delivering): Promise<undefined> {
  delivering.book.note({ parcel: undefined });
  await keepSurely(delivering);
}

/** What went out and is not noted would go out again. */
const keepSurely = ({ book, wait }: Delivering): Promise<void> =>
  retrying(
    () => book.keep(),
    (error) => !(error instanceof HoldLostError),
    wait,
  );
