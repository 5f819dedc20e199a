import { escapeSlack } from "./readable.ts";

/**
 * Amazon Q Developer hands Markdown on as each chat client knows it: in Slack's dialect nothing escapes `*`, and
 * in the dialect of Teams `&lt;` is not decoded in code. Both leave code as it stands, and both know entities elsewhere.
 */
export const codeSpan = (text: string): string => (text === "" ? "" : `\`${escapeSlack(text).replaceAll("`", "'")}\``);

const LOOKALIKES: Readonly<Record<string, string>> = {
  "*": "∗",
  _: "＿",
  "~": "∼",
  "`": "ʼ",
  "[": "［",
  "]": "］",
  "\\": "＼",
  "|": "｜",
  "@": "＠",
};

/** A sentence in which no letter is markup: what cannot be escaped in every dialect is replaced by what looks like it. */
export const plainSentence = (text: string): string =>
  escapeSlack(text)
    // Within a word "_" is a letter like others.
    .replace(/[*~`[\]\\|@]|(?<![a-z0-9])_|_(?![a-z0-9])/gi, (letter) => LOOKALIKES[letter] ?? "")
    .replaceAll("://", ":/\u200b/");
