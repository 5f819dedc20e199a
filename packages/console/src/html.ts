const SAFE: unique symbol = Symbol("html");

/** Markup that `html` has made: nothing else can be put into markup unescaped, and no data can pose as it. */
export interface Html {
  readonly [SAFE]: string;
}

/** What may stand in a template. Of nothing (`undefined`, `false`) nothing is shown. */
export type Part = string | number | Html | undefined | false | readonly Part[];

/**
 * Makes markup. Every text put in is escaped, for text and for quoted attributes alike; only markup
 * made here stays markup. Names of tags and attributes are never put in.
 */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = literals[0] ?? "";
  for (let index = 0; index < parts.length; index++) text += shown(parts[index]) + literals[index + 1];
  return { [SAFE]: text };
}

/** The markup as text, to be sent. */
export const markup = (made: Html): string => made[SAFE];

function shown(part: Part): string {
  if (typeof part === "string") return escaped(part);
  if (part === undefined || part === false) return "";
  if (typeof part === "number") return String(part);
  if (SAFE in part) return part[SAFE];
  let text = "";
  for (const one of part) text += shown(one);
  return text;
}

/**
 * Someone else's text, kept from ordering the words around it: for where elements may stand. For
 * attributes and <title> there is `isolated`.
 */
export const foreign = (text: string): Html => html`<bdi>${text}</bdi>`;

/** The same by characters (first strong isolate … pop directional isolate): for attributes and <title>. */
export const isolated = (text: string): Html => html`${FIRST_STRONG}${text}${POP}`;

// Markup's five letters; what is no character; controls, which turn a terminal or a line; and the
// controls that would make the text around a name run the other way.
const UNSAFE = /[&<>"'\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const EVERY_UNSAFE = new RegExp(UNSAFE, "gu");
const NAMED: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return UNSAFE.test(text) ? text.replace(EVERY_UNSAFE, (letter) => NAMED[letter] ?? visible(letter)) : text;
}

/** Shown as it would be written in code, as core shows it in its sentences. */
const visible = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;

const FIRST_STRONG: Html = { [SAFE]: "\u2068" };
const POP: Html = { [SAFE]: "\u2069" };
