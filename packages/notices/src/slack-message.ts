import type { KnownBlock, RichTextText } from "@slack/types";
import { cut, escapeSlack, weight } from "./readable.ts";

/**
 * What an incoming webhook is sent. `text` is what a phone shows, and all there is in a message without blocks.
 * In it `&`, `<` and `>` are escaped; blocks hold plain and rich text, which know no markup.
 */
export interface SlackMessage {
  readonly text: string;
  readonly blocks?: readonly KnownBlock[];
}

/**
 * Slack refuses blocks of about 13,200 characters in all as `msg_blocks_too_long` and does not document how it counts;
 * of rich text it counts more than the texts: https://github.com/slackapi/bolt-js/issues/2867. So this is for the JSON.
 */
export const MOST_BLOCKS_WEIGHT = 12_000;
const MOST_HEADER = 150;
const MOST_TEXT = 3_000;

export const blocksWeight = (blocks: readonly KnownBlock[]): number =>
  Buffer.byteLength(escapeSlack(JSON.stringify(blocks)));

/** Cut first: an escape is never cut in the middle. */
export const slackMessage = (text: string, blocks: readonly KnownBlock[]): SlackMessage => ({
  text: escapeSlack(cut(text, MOST_TEXT)),
  blocks,
});

/** The same without blocks, for a Slack that refuses them. */
export function withoutBlocks({ text }: SlackMessage): SlackMessage {
  return { text };
}

export const header = (text: string): KnownBlock => ({
  type: "header",
  text: { type: "plain_text", text: cut(text, MOST_HEADER), emoji: false },
});

export const context = (text: string, most = 1_000): KnownBlock => ({
  type: "context",
  elements: [{ type: "plain_text", text: cut(text, most), emoji: false }],
});

/** Rich text is shown as it stands. Slack refuses an element without text. */
export function text(words: string, style?: { readonly bold?: true; readonly code?: true }): readonly RichTextText[] {
  return words === "" ? [] : [{ type: "text", text: words, ...(style && { style }) }];
}

export const bold = (words: string): readonly RichTextText[] => text(words, { bold: true });
export const code = (words: string): readonly RichTextText[] => text(words, { code: true });

const MOST_NAMES = 8;

/** Names as code with commas between, and how many there was no room for. */
export function codeNames(names: readonly string[], most: number): readonly RichTextText[] {
  const elements: RichTextText[] = [];
  let left = most;
  let shown = 0;
  for (const name of names) {
    const short = cut(name, Math.max(3, Math.min(most, 200)));
    left -= weight(short) + 2;
    if (shown === MOST_NAMES || (left < 0 && shown > 0)) break;
    elements.push(...text(shown === 0 ? "" : ", "), ...code(short));
    shown++;
  }
  const more = names.length - shown;
  return more === 0 ? elements : [...elements, ...text(` and ${more} more`)];
}
