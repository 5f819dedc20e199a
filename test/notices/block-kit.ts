import type { SlackMessage } from "@bedrock-governor/notices/slack-message";

/** What Slack would refuse in a message, or would make something else of than its text. Written from Slack's reference. */
export function faultsOf({ text, blocks = [] }: SlackMessage): readonly string[] {
  const faults: string[] = [];
  const fault = (isFault: boolean, what: string) => isFault && faults.push(what);
  fault(text === "", "no text");
  fault(text.length > 4_000, `text of ${text.length}`);
  fault(/[<>]|&(?!(amp|lt|gt);)/.test(text), `markup in text: ${text}`);
  fault(!text.isWellFormed(), "half a letter in text");
  fault(blocks.length > 50, `${blocks.length} blocks`);
  const all = texts(blocks);
  fault(sum(all.map(escapedLength)) > 12_000, `${sum(all.map(escapedLength))} characters of text`);
  fault(escapedLength(JSON.stringify(blocks)) > 13_200, `${JSON.stringify(blocks).length} characters in all`);
  fault(!all.every((one) => one.isWellFormed()), "half a letter");
  fault(
    all.some((one) => one === ""),
    "an empty text",
  );
  for (const block of blocks) faults.push(...blockFaults(block));
  return faults;
}

function blockFaults(block: NonNullable<SlackMessage["blocks"]>[number]): readonly string[] {
  switch (block.type) {
    case "header":
      return escapedLength(block.text.text) > 150 ? [`header of ${escapedLength(block.text.text)}`] : [];
    case "context":
      return [
        ...(block.elements.length > 10 ? ["elements of a context"] : []),
        ...block.elements.flatMap((element) => (element.type === "plain_text" ? [] : [`${element.type} in a context`])),
      ];
    case "rich_text":
      return [
        ...(block.elements.length === 0 ? ["an empty rich text"] : []),
        ...block.elements.flatMap((part) => {
          if (part.type !== "rich_text_section" && part.type !== "rich_text_preformatted") return [part.type];
          const others = part.elements.filter(({ type }) => type !== "text").map(({ type }) => type);
          return part.elements.length === 0 ? ["an empty part"] : others;
        }),
      ];
    default:
      return [`a block of type ${block.type}`];
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

const escapedLength = (text: string): number =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").length;

/** Every text in a value, however deep. */
export function texts(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) =>
    name === "text" && typeof one === "string" ? [one] : texts(one),
  );
}

/** A message as somebody reads it. */
export const read = ({ blocks = [] }: SlackMessage): string =>
  blocks
    .flatMap((block) => (block.type === "rich_text" ? block.elements : [block]).map((part) => texts(part).join("")))
    .join("\n");
