import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import type { KnownBlock, RichTextText } from "@slack/types";
import { type Fact, type Notice, notice } from "./notice.ts";
import { cut } from "./readable.ts";
import { type SlackLetter, slackDigest } from "./slack-digest.ts";
import {
  blocksWeight,
  bold,
  codeNames,
  context,
  header,
  MOST_BLOCKS_WEIGHT,
  type SlackMessage,
  slackMessage,
  text,
} from "./slack-message.ts";
import { tellable } from "./tellable.ts";

/** What a fact may weigh: as much as leaves the whole within Slack's limits. With the least, everything is. */
const ROOMS = [1_000, 500, 250] as const;
const LEAST_ROOM = 100;

/**
 * Events as messages for an incoming webhook: one as its own message, several as a digest of at most three
 * in which each is counted. Every message is within Block Kit's limits and calls nobody, whatever the events hold, and names the
 * events that it tells of.
 */
export function slackLetters(events: readonly GovernorEvent[]): readonly SlackLetter[] {
  const all = events.map(tellable);
  const [event, ...others] = all;
  if (event === undefined) return [];
  return others.length === 0 ? [{ message: ownMessage(event), events: all }] : slackDigest(all);
}

function ownMessage(event: GovernorEvent): SlackMessage {
  const told = notice(event);
  const fits = (room: number) => blocksWeight(blocksOf(told, room)) <= MOST_BLOCKS_WEIGHT;
  return slackMessage(plainText(told), blocksOf(told, ROOMS.find(fits) ?? LEAST_ROOM));
}

function blocksOf({ look, headline, facts, footer }: Notice, room: number): readonly KnownBlock[] {
  return [
    header(`${look.emoji} ${headline}`),
    // Slack refuses one without elements.
    ...(facts.length === 0 ? [] : [{ type: "rich_text" as const, elements: richText(facts, room) }]),
    context(footer, room),
  ];
}

type RichTextParts = Extract<KnownBlock, { type: "rich_text" }>["elements"];

/** A line for each fact; lines of one width are drawn in a frame of their own. */
function richText(facts: readonly Fact[], room: number): RichTextParts {
  const parts: RichTextParts = [];
  let line: RichTextText[] = [];
  const endSection = () => {
    if (line.length > 0) parts.push({ type: "rich_text_section", elements: line });
    line = [];
  };
  for (const { label, names = [], words = "", lines } of facts) {
    line.push(...text(line.length === 0 ? "" : "\n"), ...bold(`${label}: `));
    line.push(...codeNames(names, room / 2), ...text(names.length > 0 && words !== "" ? " " : ""));
    line.push(...text(cut(words, room)));
    if (lines === undefined) continue;
    endSection();
    parts.push({ type: "rich_text_preformatted", elements: [...text(cutLines(lines, room))] });
  }
  endSection();
  return parts;
}

function cutLines(lines: readonly string[], room: number): string {
  const each = Math.max(3, Math.floor((room * 2) / Math.max(1, lines.length)));
  return lines.map((line) => cut(line, each)).join("\n");
}

/** All of it for a phone's lock screen, and for a Slack that refuses the blocks. */
function plainText({ look, headline, facts, footer }: Notice): string {
  const told = facts
    .filter(({ label }) => label !== "Who")
    .map(({ label, names = [], words = "", lines = [] }) => {
      const all = [names.join(", "), words, lines.join("\n")].filter((part) => part !== "");
      return `${label}: ${cut(all.join(" "), 600)}`;
    });
  return [`${look.emoji} ${cut(headline, 300)}`, ...told, cut(footer, 300)].join("\n");
}
