import type { Measure } from "@bedrock-governor/core/limit/limit";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { amount, exactAmount, usageOf } from "@bedrock-governor/core/words/amount";
import { clock } from "@bedrock-governor/core/words/when";
import { type Html, html } from "./html.ts";

/** "2,010,345 of 2,000,000 tokens": to the last digit. */
export function exactUsageOf(measure: Measure, usage: number, threshold: number): string {
  const [digits = ""] = exactAmount(measure, usage).split(" ");
  return `${digits} of ${exactAmount(measure, threshold)}`;
}

/** "2.01 M of 2 M tokens", exact when it is pointed at or read out. */
export const usageFigure = (measure: Measure, usage: number, threshold: number): Html =>
  figure(usageOf(measure, usage, threshold), exactUsageOf(measure, usage, threshold));

/** "2.01 M tokens", likewise. */
export const amountFigure = (measure: Measure, n: number): Html => figure(amount(measure, n), exactAmount(measure, n));

function figure(short: string, exact: string): Html {
  if (short === exact) return html`${exact}`;
  return html`<span aria-hidden="true" title="${exact}">${short}</span><span class="vh">${exact}</span>`;
}

/** Rounded down: what has not reached 100 % does not show it. */
export function percent(part: number, whole: number): string {
  // 57 of 100 are not 56.99999999999999 %.
  const exact = (part / whole) * 100 + 1e-9;
  const share = part < whole ? Math.min(exact, 99) : exact;
  if (part > 0 && share < 1) return "< 1 %";
  return share > 9999 ? "> 9999 %" : `${Math.floor(share)} %`;
}

/** A place on a line of 100 %, short enough to be written thousands of times. */
export const place = (share: number): string => `${Math.round(share * 1e4) / 100}%`;

/** How moments are shown on one page. */
export interface Moments {
  /** With as little as tells it from others around now: "14:32:10", "4 Jan 14:32". */
  readonly text: (at: EpochMs, timeZone?: string) => string;
  /** The same as an element that has the whole date, for machines and when it is pointed at. */
  readonly element: (at: EpochMs) => Html;
  /** As it stands under a chart: "14:00", or "5 Jan" where a day begins. */
  readonly tick: (at: EpochMs) => string;
  /** With date and time zone. */
  readonly whole: (at: EpochMs, timeZone?: string) => string;
}

export function createMoments(pageZone: string, now: EpochMs): Moments {
  // Time zones are slow, and the same few moments stand in many places.
  const remembered = (words: (second: EpochMs, timeZone: string) => string) => {
    const known = new Map<string, string>();
    return (at: EpochMs, timeZone = pageZone): string => {
      const second = Math.floor(at / 1000) * 1000;
      const key = `${second} ${timeZone}`;
      const there = known.get(key) ?? words(second, timeZone);
      known.set(key, there);
      return there;
    };
  };
  // The words of a moment that is past have its date.
  const whole = remembered((second, timeZone) => clock(second, timeZone, Math.max(now, second + 1)));
  const text = remembered((second, timeZone) => {
    const words = second >= now ? clock(second, timeZone, now) : whole(second, timeZone);
    const today = dateOf(whole(now, timeZone));
    const local = words.slice(0, -timeZone.length - 1);
    return local.startsWith(`${today} `) ? local.slice(today.length + 1) : local;
  });
  return {
    whole,
    text,
    tick: (at) => {
      const words = whole(at)
        .slice(0, -pageZone.length - 1)
        .split(" ");
      const time = words[words.length - 1] ?? "";
      return time === "00:00" ? `${words[0]} ${words[1]}` : time;
    },
    element: (at) => html`<time datetime="${new Date(at).toISOString()}" title="${whole(at)}">${text(at)}</time>`,
  };
}

const dateOf = (words: string): string => words.split(" ").slice(0, 2).join(" ");
