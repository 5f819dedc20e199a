import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { failedAgain } from "@bedrock-governor/notices/turn";
import { ASIDE, type Aside, type ChannelNotes, keepSurely, NOTHING_ASIDE } from "./notice-book.ts";
import type { Letter } from "./notice-channel.ts";
import type { Delivering } from "./notice-parcel.ts";

const MINUTE_MS = 60_000;

/** A parcel is broken up when its message has failed so often, for so long at least; */
const MOST_FAILURES = 5;
const FAILING_MS = 10 * MINUTE_MS;
/** or for so long, if none was taken since the last was broken up: then it may well be the channel. */
const FAILING_AGAIN_MS = 60 * MINUTE_MS;
/** A message that is taken after it failed so often was not to blame, and nor is any other, perhaps. */
const CLEARING_FAILURES = 2;

/** Counts a message that failed, and breaks its parcel up when it is time to. */
export async function afterFailure(
  unsent: readonly Letter[],
  events: readonly GovernorEvent[],
  delivering: Delivering,
): Promise<void> {
  const { book, now } = delivering;
  const { parcel, aside } = book.notes;
  if (parcel === undefined) return;
  const { count, since } = parcel.failed ?? { count: 0, since: now() };
  const failed = { count: count + 1, since };
  book.note({ busySince: undefined, parcel: { ...parcel, failed } });
  const isLong = now() - since >= (aside.isDoubtful ? FAILING_AGAIN_MS : FAILING_MS);
  if (parcel.ofAside || (failed.count >= MOST_FAILURES && isLong)) await breakUp(events, idsIn(unsent), delivering);
}

/**
 * Its events that were not told go aside, each for itself from now on. Which they are is written down first: of a
 * parcel that is broken up in part, the messages would be others.
 */
export async function breakUp(
  events: readonly GovernorEvent[],
  ids: readonly string[],
  delivering: Delivering,
): Promise<undefined> {
  const { book, now } = delivering;
  const { parcel, aside } = book.notes;
  if (parcel === undefined) return;
  book.note({ parcel: { ...parcel, breaking: ids } });
  await book.keep();
  await book.put(
    ASIDE,
    events.filter(({ id }) => ids.includes(id)),
  );
  const [id, ...others] = ids;
  const isByItself = id !== undefined && others.length === 0;
  const failures = isByItself ? { [id]: failedAgain(aside.failures[id], now()) } : {};
  book.note({
    parcel: undefined,
    aside: {
      failures: { ...aside.failures, ...failures },
      isCleared: parcel.ofAside ? aside.isCleared : false,
      isDoubtful: parcel.ofAside ? aside.isDoubtful : true,
    },
  });
  await keepSurely(delivering);
}

/** What failed and is taken now was not to blame, but the channel was: then nothing that is aside need be. */
export function asideAfterSuccess({ aside, parcel }: ChannelNotes, { events }: Letter): Aside {
  const failures = events.reduce((most, { id }) => Math.max(most, aside.failures[id]?.count ?? 0), 0);
  const wasChannel = failures > 0 || (parcel?.failed !== undefined && parcel.failed.count >= CLEARING_FAILURES);
  return wasChannel ? { ...NOTHING_ASIDE, isCleared: true } : { ...aside, isDoubtful: false };
}

export const idsOf = (events: readonly GovernorEvent[]): readonly string[] => events.map(({ id }) => id);
export const idsIn = (letters: readonly Letter[]): readonly string[] => letters.flatMap(({ events }) => idsOf(events));
