import { createHash } from "node:crypto";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { countsByType, type DigestGroup, digestGroups, whereWhole } from "./digest.ts";
import { codeSpan, plainSentence } from "./markdown.ts";
import { type Fact, type Notice, notice } from "./notice.ts";
import { cut, listed, readable, weight } from "./readable.ts";
import { tellable } from "./tellable.ts";

/** What a topic sends to Amazon Q Developer in chat applications: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html */
export interface ChatNotification {
  readonly version: "1.0";
  readonly source: "custom";
  /** The same whenever the same is told again. */
  readonly id: string;
  readonly content: {
    readonly textType: "client-markdown";
    /** At most 250 characters. */
    readonly title: string;
    /** At most 8,000 characters. */
    readonly description: string;
    /** Each at most 350 characters. */
    readonly nextSteps?: readonly string[];
    /** Each at most 75 characters. */
    readonly keywords: readonly string[];
  };
  readonly metadata: {
    /** Joins what belongs together to one thread: a deny and its lift, a failure and its end. */
    readonly threadId?: string;
    readonly summary: string;
  };
}

const MOST_TITLE = 250;
const MOST_DESCRIPTION = 8_000;
const MOST_STEP = 350;
const MOST_KEYWORD = 75;
const MOST_FACT = 1_200;
const MOST_GROUPS = 20;

/** One event as its own notification, several as one digest in which each is counted. */
export function chatMessages(events: readonly GovernorEvent[]): readonly ChatNotification[] {
  const all = events.map(tellable);
  const [event, ...others] = all;
  if (event === undefined) return [];
  return [others.length === 0 ? ownNotification(event) : digest(all)];
}

function ownNotification(event: GovernorEvent): ChatNotification {
  const told = notice(event);
  const isStep = ({ label }: Fact) => label === "What to do";
  const facts = told.facts.filter((fact) => !isStep(fact));
  const nextSteps = told.facts.filter(isStep).map(({ words = "" }) => fitting(words, MOST_STEP));
  const threadId = thread(event);
  return {
    version: "1.0",
    source: "custom",
    id: event.id,
    content: {
      textType: "client-markdown",
      title: fitting(`${told.look.emoji} ${told.headline}`, MOST_TITLE),
      description: description(told, facts),
      ...(nextSteps.length > 0 && { nextSteps }),
      keywords: keywords([event.type, event.limit, told.look.severity, event.stage]),
    },
    metadata: { ...(threadId !== undefined && { threadId }), summary: fitting(told.headline, MOST_TITLE) },
  };
}

function description({ footer }: Notice, facts: readonly Fact[]): string {
  const end = fitting(footer, 300);
  const kept: string[] = [];
  let left = MOST_DESCRIPTION - end.length - 1;
  for (const fact of facts) {
    const line = lineOf(fact);
    if (line.length + 1 > left) break;
    kept.push(line);
    left -= line.length + 1;
  }
  return [...kept, end].join("\n");
}

function lineOf({ label, names = [], words = "", lines }: Fact): string {
  const shown = names.slice(0, 10).map((name) => codeSpan(cut(name, 100)));
  const more = names.length - shown.length;
  const said = [shown.join(", "), more > 0 ? `and ${more} more` : "", fitting(words, MOST_FACT)];
  const drawn =
    lines === undefined ? "" : `\n\`\`\`\n${lines.map((line) => fenced(cut(line, 250))).join("\n")}\n\`\`\``;
  return `${label}: ${said.filter((part) => part !== "").join(" ")}${drawn}`;
}

const fenced = (line: string): string => codeSpan(line).slice(1, -1);

/** Cut first: no escape is cut in the middle. What replaces a letter is one letter, so that it still fits. */
const fitting = (text: string, most: number): string => plainSentence(cut(text, most - 20)).slice(0, most);

const keywords = (words: readonly (string | undefined)[]): readonly string[] =>
  words.flatMap((word) => {
    const shown = word === undefined ? "" : plainSentence(cut(readable(word), MOST_KEYWORD));
    return shown === "" ? [] : [shown];
  });

/** Undefined where nothing follows that belongs to it. */
function thread(event: GovernorEvent): string | undefined {
  const { type, stage, account, principal, limit, models } = event;
  const kind = THREADS[type];
  if (kind === undefined) return undefined;
  // A failure is of a principal, or else of a limit's usage or a model's metering; a deny is of a principal by one limit.
  const about = kind === "trouble" ? [principal ?? limit ?? models?.join()] : [principal, limit];
  return hash([kind, stage, account, ...about, began(event)]);
}

/** What an end has as `since`. Of a drift that is the hour that was checked. */
const began = ({ type, time, period, since }: GovernorEvent): number =>
  since ?? (type === "Metering Drift" ? period?.start : undefined) ?? time;

const THREADS: Readonly<Partial<Record<GovernorEvent["type"], "deny" | "would" | "trouble">>> = {
  "Access Denied": "deny",
  "Access Lifted": "deny",
  "Would Deny": "would",
  "Would Lift": "would",
  "Enforcement Failed": "trouble",
  "Usage Unknown": "trouble",
  "Metering Drift": "trouble",
  "Enforcement Recovered": "trouble",
};

const hash = (parts: readonly unknown[]): string =>
  createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);

function digest(events: readonly GovernorEvent[]): ChatNotification {
  const groups = digestGroups(events);
  const stage = events[0]?.stage ?? "";
  const title = `🗂️ ${events.length} changes in stage ${cut(readable(stage), 60)}`;
  const shown = groups.slice(0, MOST_GROUPS);
  const rest = groups.slice(shown.length);
  const room = Math.floor((MOST_DESCRIPTION - 2_000) / Math.max(1, shown.length));
  return {
    version: "1.0",
    source: "custom",
    id: hash(events.map(({ id }) => id)),
    content: {
      textType: "client-markdown",
      title: fitting(title, MOST_TITLE),
      description: [
        countsByType(groups).join(" · "),
        ...shown.map((group) => groupLine(group, Math.min(room, 1_000))),
        ...(rest.length === 0 ? [] : [`and ${total(rest)} more: ${countsByType(rest).join(" · ")}`]),
        fitting(`To read ${whereWhole(cut(stage, 60))}`, 300),
      ].join("\n"),
      keywords: keywords(["digest", stage]),
    },
    metadata: { summary: fitting(title, MOST_TITLE) },
  };
}

const total = (groups: readonly DigestGroup[]): number => groups.reduce((sum, { count }) => sum + count, 0);

function groupLine({ look, count, limit, models, reason, isSame, principals }: DigestGroup, room: number): string {
  const head = [
    `${look.emoji} ${count} × ${look.title}`,
    limit === undefined ? "" : `limit ${codeSpan(cut(limit, room / 10))}`,
    codeSpan(
      listed(
        models.map((model) => cut(model, room / 10)),
        room / 5,
        "models",
      ),
    ),
    `${isSame ? "" : "such as "}${plainSentence(cut(reason, room / 5))}`,
  ];
  const names = principals.map((name) => cut(name, room / 5));
  const said = head.filter((part) => part !== "").join(" · ");
  const left = room - weight(said) - 10;
  return principals.length === 0 ? said : `${said}: ${codeSpan(listed(names, left, "principals"))}`;
}
