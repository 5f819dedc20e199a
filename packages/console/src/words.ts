import type { Limit, Mode, Step } from "@bedrock-governor/core/limit/limit";
import { amount, exactAmount } from "@bedrock-governor/core/words/amount";
import { anyPeriodName } from "@bedrock-governor/core/words/when";
import { foreign, type Html, html, type Part } from "./html.ts";

export const MODES: readonly Mode[] = ["observe", "enforce", "paused"];

/** What a mode means to those whom limits are for. */
export const MODE_WORDS: Readonly<Record<Mode, string>> = {
  observe: "Nobody is denied anything. What limits would deny is shown and announced.",
  enforce: "Whoever reaches a limit is denied its models, and gets them back when the limit resets.",
  paused: "Nothing is denied and nothing is lifted: what is in force stays as it is.",
};

const MOST_NAMES = 3;

/** Names in a row, the first few of many; `*` alone in words. */
export function names(all: readonly string[], { most = MOST_NAMES, everything = "*" } = {}): Html {
  if (all.length === 1 && all[0] === "*") return html`${everything}`;
  const shown = all.length <= most + 1 ? all : all.slice(0, most);
  const more = all.length - shown.length;
  return html`${shown.map((name, index) => html`${index > 0 && ", "}<code>${foreign(name)}</code>`)}${
    more > 0 && ` and ${more} more`
  }`;
}

export const models = (all: readonly string[], most = MOST_NAMES): Html =>
  names(all, { most, everything: "all models" });

export const principals = (all: readonly string[]): Html => names(all, { everything: "everyone" });

/** "$100 in one day, for each principal". */
export function limitWords({ measure, per, period }: Limit, threshold: number | undefined): string {
  const whose = [per.principal && "principal", per.model && "model"].filter((one) => one !== false).join(" and ");
  const much = threshold === undefined ? "An unknown amount" : amount(measure, threshold);
  return `${much} ${anyPeriodName(period)}, ${whose === "" ? "shared by all it selects" : `for each ${whose}`}`;
}

export function sourceWords({ source }: Limit): Html {
  if (source === "logs") return html`usage from the invocation log`;
  if (source === "metrics") return html`usage from CloudWatch`;
  return html`spend from AWS Budgets, budget ${foreign(source.slice("budget:".length))}`;
}

/** "80 % denies anthropic.claude-opus-*". */
export function stepWords({ at, deny, except }: Step, { per }: Limit): Html {
  if (deny === undefined) return html`<b>${at} %</b> warns`;
  const denied: Part = deny === "counted" ? (per.model ? "the model" : "all it counts") : models(deny);
  return html`<b>${at} %</b> denies ${denied}${except.length > 0 && html` but ${models(except)}`}`;
}

export const counted = (n: number, one: string, many = `${one}s`): string => `${digits(n)} ${n === 1 ? one : many}`;

/** "3,326". */
export const digits = (n: number): string => exactAmount("invocations", n).split(" ")[0] ?? "";
