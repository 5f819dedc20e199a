import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { bytesInJson, eventJson } from "./event-json.ts";
import { lookOf } from "./look.ts";
import { type Fact, type Notice, notice } from "./notice.ts";
import { cut, readable } from "./readable.ts";
import { tellable } from "./tellable.ts";

/** A notice for a topic. Sent as `{ default: json, email: text, … }` it is within SNS's 256 KB. */
export interface SnsMessage {
  /** What it tells of. */
  readonly events: readonly GovernorEvent[];
  /** At most 99 characters, ASCII only. */
  readonly subject: string;
  /** For people. */
  readonly text: string;
  /** For machines: `{ "version": 1, "events": […] }`, each event as the bus has it. */
  readonly json: string;
  /** For filter policies, as attributes of type String: `type`, `stage`, `severity`, and `limit` if the events have one. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** SNS counts attributes and the envelope too: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MOST_BYTES = 240_000;
const MOST_EVENT_BYTES = 160_000;
/** What SNS admits is "less than 100". */
const MOST_SUBJECT = 99;

/**
 * Events as messages for a topic, together where stage, type and limit are the same, so that a filter policy gets all
 * of what it asks for and nothing else. Every event is in the JSON and in the text of exactly one.
 */
export function snsMessages(events: readonly GovernorEvent[]): readonly SnsMessage[] {
  const alike = Map.groupBy(events.map(tellable), ({ stage, type, limit }) => JSON.stringify([stage, type, limit]));
  return [...alike.values()].flatMap((same) => packed(same).map(message));
}

interface Told {
  readonly event: GovernorEvent;
  readonly told: Notice;
  readonly text: string;
  readonly json: string;
}

/** As few messages as they fit into, in their order. */
function packed(events: readonly GovernorEvent[]): readonly (readonly Told[])[] {
  const packs: Told[][] = [];
  let left = 0;
  for (const event of events) {
    const told = notice(event);
    const one = { event, told, text: textOf(told), json: eventJson(event, MOST_EVENT_BYTES) };
    const bytes = bytesInJson(one.text) + bytesInJson(one.json) + 100;
    const pack = bytes <= left ? packs.at(-1) : undefined;
    if (pack === undefined) packs.push([one]);
    else pack.push(one);
    left = (pack === undefined ? MOST_BYTES : left) - bytes;
  }
  return packs;
}

function message(pack: readonly Told[]): SnsMessage {
  const [first] = pack;
  if (first === undefined) throw new Error("a message without events");
  const { stage, type, limit } = first.event;
  const count = pack.length;
  const of = limit === undefined ? "" : `: limit ${limit}`;
  const title = count === 1 ? first.told.headline : readable(`${count} × ${lookOf(type).title}${of}`);
  const name = limit === undefined ? "" : attribute(limit);
  return {
    events: pack.map(({ event }) => event),
    subject: subject(`[${stage}] ${title}`),
    text: [...(count === 1 ? [] : [title]), ...pack.map(({ text }) => text)].join("\n\n"),
    json: `{"version":1,"events":[${pack.map(({ json }) => json).join(",")}]}`,
    attributes: {
      type: attribute(type) || "unknown",
      stage: attribute(stage) || "unknown",
      severity: lookOf(type).severity,
      ...(name !== "" && { limit: name }),
    },
  };
}

/** SNS refuses an attribute without a value. */
const attribute = (text: string): string => cut(readable(text), 500);

function subject(text: string): string {
  const ascii = readable(text)
    .replaceAll("×", "x")
    .replaceAll("…", "...")
    .replace(/[^\x20-\x7e]+/gu, "?");
  return ascii.length <= MOST_SUBJECT ? ascii : `${ascii.slice(0, MOST_SUBJECT - 3)}...`;
}

/** An event for a mail: a paragraph of lines. */
function textOf({ look, headline, facts, footer }: Notice): string {
  return [`${look.emoji} ${cut(headline, 500)}`, "", ...facts.map(line), "", cut(footer, 500)].join("\n");
}

function line({ label, names = [], words = "", lines = [] }: Fact): string {
  const said = [names.join(", "), words].filter((part) => part !== "").join(" ");
  const drawn = lines.map((one) => `\n    ${one}`).join("");
  return `${label}:${said === "" ? "" : ` ${cut(said, 5_000)}`}${drawn}`;
}
