import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import type { KnownBlock } from "@slack/types";
import { countsByType, type DigestGroup, digestGroups, whereWhole } from "./digest.ts";
import { cut, listed, readable } from "./readable.ts";
import {
  blocksWeight,
  bold,
  context,
  header,
  MOST_BLOCKS_WEIGHT,
  type SlackMessage,
  slackMessage,
  text,
} from "./slack-message.ts";

const MOST_MESSAGES = 3;
const MOST_GROUPS = 15;
/** For the head of a message, the counts, and what is said at the end. */
const FRAME = 2_500;
/** Some eighty names: nobody reads more, and the next group is still to be seen. */
const MOST_GROUP = 1_500;

/** A message, and the events that are told or counted in it and in no other. */
export interface SlackLetter {
  readonly message: SlackMessage;
  readonly events: readonly GovernorEvent[];
}

/** At most three messages for any number of events. What there is no room for is counted, and where it stands is said. */
export function slackDigest(events: readonly GovernorEvent[]): readonly SlackLetter[] {
  const groups = digestGroups(events);
  const pages = paged(groups);
  const shown = pages.flat().length;
  const stage = events[0]?.stage ?? "";
  return pages.map((page, index) => {
    const isFirst = index === 0;
    const isLast = index === pages.length - 1;
    const title = `${events.length} changes in stage ${cut(readable(stage), 60)}`;
    const place = pages.length === 1 ? "" : ` (${index + 1} of ${pages.length})`;
    const left = isLast ? groups.slice(shown) : [];
    const counts = countsByType(groups).join(" · ");
    const blocks: readonly KnownBlock[] = [
      header(`🗂️ ${title}${place}`),
      ...(isFirst ? [richText(text(counts))] : []),
      ...page.map(({ group, room }) => groupBlock(group, room)),
      ...(left.length === 0 ? [] : [richText(bold(`and ${total(left)} more: `), text(countsByType(left).join(" · ")))]),
      context(`To read ${whereWhole(stage)}`, 300),
    ];
    return {
      message: slackMessage(`🗂️ ${title}${place}: ${counts}`, blocks),
      events: [...page.map(({ group }) => group), ...left].flatMap(({ events }) => events),
    };
  });
}

const total = (groups: readonly DigestGroup[]): number => groups.reduce((sum, { count }) => sum + count, 0);

interface Placed {
  readonly group: DigestGroup;
  readonly room: number;
}

/** As few messages as give every group all the room it can use; else three, in which each has as much. */
function paged(groups: readonly DigestGroup[]): readonly (readonly Placed[])[] {
  const free = MOST_BLOCKS_WEIGHT - FRAME;
  for (let pages = 1; pages <= MOST_MESSAGES; pages++) {
    const placed = chunks(groups, Math.ceil(groups.length / pages)).map((page) =>
      page.map((group) => ({ group, room: MOST_GROUP })),
    );
    if (placed.every((page) => page.length <= MOST_GROUPS && pageWeight(page) <= free)) return placed;
  }
  const perPage = Math.min(MOST_GROUPS, Math.ceil(groups.length / MOST_MESSAGES));
  const room = Math.min(MOST_GROUP, Math.floor(free / perPage));
  return chunks(groups.slice(0, perPage * MOST_MESSAGES), perPage).map((page) =>
    page.map((group) => ({ group, room })),
  );
}

const pageWeight = (page: readonly Placed[]): number =>
  blocksWeight(page.map(({ group, room }) => groupBlock(group, room)));

function chunks<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) =>
    all.slice(index * size, (index + 1) * size),
  );
}

type RichTextBlock = Extract<KnownBlock, { type: "rich_text" }>;

const richText = (...lines: readonly ReturnType<typeof text>[]): RichTextBlock => ({
  type: "rich_text",
  elements: [{ type: "rich_text_section", elements: lines.flat() }],
});

/** One group in at most `room`: what, of which limit and models, why, and as many principals as fit. */
function groupBlock({ look, count, limit, models, reason, isSame, principals }: DigestGroup, room: number): KnownBlock {
  const about = [
    ...(limit === undefined ? [] : [`limit ${cut(limit, room / 10)}`]),
    ...(models.length === 0
      ? []
      : [
          listed(
            models.map((model) => cut(model, room / 10)),
            room / 5,
            "models",
          ),
        ]),
  ].join(" · ");
  const why = `${isSame ? "" : "such as "}${cut(reason, Math.min(400, room / 6))}`;
  const head = [
    bold(`${look.emoji} ${count} × ${look.title}`),
    text(about === "" ? "" : ` · ${about}`),
    text(reason === "" ? "" : `\n${why}`),
    text(principals.length === 0 ? "" : "\n"),
  ];
  // The element that the names stand in has a weight too.
  const left = room - blocksWeight([richText(...head)]) - 60;
  const names = principals.map((name) => cut(name, 160));
  return richText(...head, text(names.length === 0 ? "" : listed(names, left, "principals")));
}
