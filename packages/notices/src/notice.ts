import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { clock } from "@bedrock-governor/core/words/when";
import { changeLines } from "./change-lines.ts";
import { isKnownType, type Look, lookOf } from "./look.ts";
import { modeHeadline } from "./mode-words.ts";
import { readable } from "./readable.ts";
import { usageBar } from "./usage-bar.ts";
import { meaning, stillWorks, whatToDo } from "./what-to-do.ts";

/** One thing to read under a notice's headline. Lines are of one width for each letter. */
export interface Fact {
  readonly label: string;
  /** Ids and patterns, shown as such. */
  readonly names?: readonly string[];
  readonly words?: string;
  readonly lines?: readonly string[];
}

/**
 * What people are told of an event, before a channel gives it its form. Every text is on one line and shows
 * all it holds; markup in it has not been escaped, nor is anything cut to a length.
 */
export interface Notice {
  readonly look: Look;
  readonly headline: string;
  readonly facts: readonly Fact[];
  readonly footer: string;
}

export function notice(event: GovernorEvent): Notice {
  return {
    look: lookOf(event.type),
    headline: readable(isKnownType(event.type) ? headline(event) : `Not known to this version: ${event.type}`),
    facts: facts(event).map(readableFact).filter(saysSomething),
    footer: readable(footer(event)),
  };
}

function headline(event: GovernorEvent): string {
  const { limit, principal, models, step, change } = event;
  const what = principal ?? (limit === undefined ? undefined : `limit ${limit}`);
  const about = (words: string, otherwise = ""): string => `${words}${what === undefined ? otherwise : `: ${what}`}`;
  const setting = (words: string): string => `${words}: ${parameterOf(event) ?? what ?? "a setting"}`;
  switch (event.type) {
    case "Limit Warned": {
      const used = `${step === undefined ? "much" : `${step} %`} of ${limit ?? "a limit"}`;
      return `Warning: ${principal === undefined ? `${used} is used` : `${principal} has used ${used}`}`;
    }
    case "Access Denied":
      return about("Denied");
    case "Access Lifted":
      return about("Lifted");
    case "Would Deny":
      return about("Would be denied");
    case "Would Lift":
      return about("Would be lifted");
    case "Plan Held":
      return "Plan held: nobody is newly denied until somebody decides";
    case "Enforcement Failed":
      return about("Could not be done", ": what the limits ask for");
    case "Enforcement Recovered":
      if (isAboutBill(event)) return about("The bill agrees again");
      if (principal === undefined && limit !== undefined) return about("Usage is known again");
      return about("Works again", models === undefined ? ": what had failed" : `: metering of ${models.join(", ")}`);
    case "Attachment Contested":
      return about("Contested");
    case "Limit Changed":
      return setting(
        change !== undefined && change.new === undefined && change.old !== undefined ? "Removed" : "Changed",
      );
    case "Limit Invalid":
      return setting("Not valid");
    case "Mode Changed":
      return modeHeadline(event);
    case "Exemption Granted":
      return change?.old === undefined ? "Exemption granted" : "Exemption changed";
    case "Exemption Expired":
      return "Exemption ended";
    case "Usage Unknown":
      return about("Usage unknown");
    case "Metering Drift":
      if (isAboutBill(event)) return about("The bill differs from what was used");
      return `Metering drift: ${models?.join(", ") ?? "a model"}`;
  }
}

/** Of a bill's departure and its end both a limit and its models are told; of other drift no limit, of usage no models. */
const isAboutBill = ({ principal, limit, models }: GovernorEvent): boolean =>
  principal === undefined && limit !== undefined && models !== undefined;

/** The parameter that the reason begins with; undefined if it is the limit's own, which has a better name. */
function parameterOf({ reason, limit }: GovernorEvent): string | undefined {
  const name = /^([\w./-]+)( was |: )/.exec(reason)?.[1];
  return name === `limits/${limit}` ? undefined : name;
}

function facts(event: GovernorEvent): readonly Fact[] {
  const { type, principal, models = [], limit, owner, reason, ends, change, stillOpen = [] } = event;
  const label = type === "Metering Drift" && isAboutBill(event) ? "What to do" : lookOf(type).ends;
  const bar = usageBar(event);
  const changed = change === undefined ? undefined : changeLines(change);
  const todo = whatToDo(event);
  const means = meaning(event);
  const denied = type === "Access Denied" || type === "Would Deny";
  return [
    ...(principal === undefined ? [] : [{ label: "Who", names: [principal] }]),
    ...(models.length === 0 ? [] : [{ label: models.length === 1 ? "Model" : "Models", names: models }]),
    { label: change === undefined ? "Why" : "What", words: reason },
    ...(bar.length === 0 ? [] : [{ label: "Usage", lines: bar }]),
    ...(changed === undefined ? [] : [changed]),
    ...(change === undefined ? [] : [{ label: "By", words: change.by }]),
    ...(ends === undefined || label === "What to do" ? [] : [{ label, words: ends }]),
    ...(means === undefined ? [] : [{ label: "This means", words: means }]),
    ...(denied
      ? [
          {
            label: type === "Would Deny" ? "Would still work" : "Still works",
            names: stillOpen,
            words: stillWorks(event),
          },
        ]
      : []),
    ...(todo === undefined && label !== "What to do" ? [] : remedy(todo, label === "What to do" ? ends : undefined)),
    ...(limit === undefined ? [] : [{ label: "Limit", names: [limit], words: counted(event) }]),
    ...(owner === undefined ? [] : [{ label: "Owner", words: owner }]),
  ];
}

function remedy(todo: string | undefined, ends: string | undefined): readonly Fact[] {
  const words = [todo, ends].filter((part) => part !== undefined).join(": ");
  return words === "" ? [] : [{ label: "What to do", words }];
}

/** Where the limit reads its usage, and since when. */
function counted({ source, period }: GovernorEvent): string {
  const by = source === undefined ? [] : [sourceWords(source)];
  const since = period === undefined ? [] : [`since ${moment(period.start, period.timeZone)}`];
  const words = [...by, ...since].join(", ");
  return words === "" ? "" : `(${words})`;
}

function sourceWords(source: NonNullable<GovernorEvent["source"]>): string {
  if (source === "logs") return "counted by the invocation log";
  if (source === "metrics") return "counted by CloudWatch's metrics";
  return `billed, by ${source.replace(":", " ")}`;
}

const footer = ({ stage, account, time, period, id }: GovernorEvent): string =>
  `stage ${stage} · account ${account} · ${moment(time, period?.timeZone ?? "UTC")} · event ${id}`;

/** With the date, as somebody may read it days later. */
const moment = (at: EpochMs, timeZone: string): string => clock(at, timeZone, at + 1);

function readableFact({ label, names, words, lines }: Fact): Fact {
  return {
    label,
    ...(names !== undefined && { names: names.map(readable).filter((name) => name !== "") }),
    ...(words !== undefined && { words: readable(words) }),
    // Ours, or readable already; spaces in them are their form.
    ...(lines !== undefined && { lines }),
  };
}

const saysSomething = ({ names = [], words = "", lines = [] }: Fact): boolean =>
  names.length > 0 || words !== "" || lines.some((line) => line !== "");
