/** Letters without a shape that an emoji is put together with, where they stand within one. */
const WITHIN_EMOJI =
  /(?<=\p{Extended_Pictographic})\ufe0f|\ufe0f(?=\u20e3)|(?<=\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]?)\u200d(?=\p{Extended_Pictographic})/u;
/** Whatever has no shape: controls, formats, fillers, joiners, selectors, tags. U+2800 looks like a space and is none. */
const UNSEEN = new RegExp(
  `(?!${WITHIN_EMOJI.source})[\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}\\u2800]`,
  "gu",
);

/**
 * A text that others wrote, on one line and with nothing in it that is not seen: a line break cannot
 * pass for a line of ours, and no letter turns the reading direction of what follows.
 */
export const readable = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\s\u2028\u2029]+/gu, " ")
    .replace(UNSEEN, "\ufffd")
    .trim();

/** `&`, `<` and `>` as Slack wants them, outside of which its markup calls nobody and links to nothing. */
export const escapeSlack = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * An upper bound of what a text counts for, wherever it goes: the bytes of its JSON, with `&`, `<` and `>`
 * escaped. Slack does not say whether it counts characters or bytes, before or after escaping.
 */
export const weight = (text: string): number => Buffer.byteLength(JSON.stringify(escapeSlack(text))) - 2;

const DOTS = "…";
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The text, or its beginning and its end with "…" between, of no more weight than `most`, at least 3. */
export function cut(text: string, most: number): string {
  if (text.length <= most && weight(text) <= most) return text;
  const room = Math.floor(most) - weight(DOTS);
  const start = fitting(letters(text.slice(0, room)), Math.ceil(room / 2));
  const left = room - weight(start.join(""));
  // A unit weighs one at least: what is before these could not be taken anyway.
  const end = fitting([...letters(left === 0 ? "" : text.slice(-left))].reverse(), left);
  return [...start, DOTS, ...end.reverse()].join("");
}

/** Whole letters, as a reader counts them. */
function* letters(text: string): Generator<string> {
  for (const { segment } of graphemes.segment(text.toWellFormed())) yield segment;
}

/** As many of the first as fit. */
function fitting(letters: Iterable<string>, most: number): string[] {
  const taken: string[] = [];
  let left = most;
  for (const letter of letters) {
    left -= ONE.test(letter) ? 1 : weight(letter);
    if (left < 0) break;
    taken.push(letter);
  }
  return taken;
}

/** What weighs one, told without weighing it. */
const ONE = /^[\w /.,:;@=+()-]$/;

/** Names as far as they fit, and how many do not: "a, b and 3 more", or "5 models" where none does. */
export function listed(names: readonly string[], most: number, called: string): string {
  const kept: string[] = [];
  let left = most - weight(` and ${names.length} more`);
  for (const name of names) {
    left -= weight(name) + 2;
    if (left < 0) break;
    kept.push(name);
  }
  const more = names.length - kept.length;
  if (more === 0) return kept.join(", ");
  return kept.length === 0 ? `${more} ${called}` : `${kept.join(", ")} and ${more} more`;
}
