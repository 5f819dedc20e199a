import { stepAmount } from "@bedrock-governor/core/enforcement/standing";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { amount, exactAmount } from "@bedrock-governor/core/words/amount";
import { exactUsageOf, type Moments, percent, place } from "../figures.ts";
import { type Html, html } from "../html.ts";
import { type Scale, stepLabels } from "../scale.ts";
import type { Tone } from "../standing.ts";
import type { KeyState, LimitState } from "../state.ts";

/** A key's usage against its limit's steps, with the forecast beyond it. What it shows is also its name, to the last digit. */
export function bar(limit: LimitState, key: KeyState, scale: Scale, tone: Tone): Html {
  const { usage, threshold, forecast } = key;
  const ticks = limit.limit.steps.map(({ at, deny }) =>
    deny === undefined
      ? html`<rect class="tick" x="${place(scale.at(at))}" y="2" width="1" height="12"/>`
      : html`<rect class="tick deny" x="${place(scale.at(at))}" width="2" height="16"/>`,
  );
  if (usage.status === "unknown" || threshold === undefined) {
    return drawn(
      "Usage is unknown",
      html`<rect class="track" y="4" width="100%" height="8" rx="2"/><rect class="nobody-knows" y="4" width="100%" height="8" rx="2"/>${ticks}`,
    );
  }
  const used = (usage.amount / threshold) * 100;
  const expected = forecast === null ? used : (forecast.amount / threshold) * 100;
  const [from, to] = [scale.at(used), scale.at(expected)];
  return drawn(
    exactly(limit, key),
    html`<rect class="track" y="4" width="100%" height="8" rx="2"/>${
      to > from && html`<rect class="ahead" x="${place(from)}" y="4" width="${place(to - from)}" height="8"/>`
    }<rect class="fill ${tone}" y="4" width="${place(from)}" height="8" rx="2"/>${ticks}${
      scale.beyond(used) && html`<text class="beyond" x="100%" dx="-3" y="12" text-anchor="end">»</text>`
    }`,
  );
}

const drawn = (name: string, shapes: Html): Html =>
  html`<svg class="bar" role="img" width="100%" height="16"><title>${name}</title>${shapes}</svg>`;

/** "$104.2039 of $100, 104 %; forecast $138.2 at the end of the period". */
function exactly({ limit: { measure } }: LimitState, { usage, threshold, forecast }: KeyState): string {
  if (usage.status === "unknown" || threshold === undefined) return "Usage is unknown";
  const now = `${exactUsageOf(measure, usage.amount, threshold)}, ${percent(usage.amount, threshold)}`;
  if (forecast === null) return now;
  // What lies ahead is not known to more digits than these.
  const ahead =
    measure === "usd" ? amount(measure, forecast.amount) : exactAmount(measure, Math.round(forecast.amount));
  return `${now}; forecast ${ahead} at the end of the period`;
}

/** The line under a limit's bars that says which step is where. The text of the steps says it too. */
export const axis = (limit: LimitState, scale: Scale): Html =>
  html`<svg class="axis" aria-hidden="true" width="100%" height="15">${stepLabels(limit.limit, scale).map(
    ({ percent, at, anchor, denies }) =>
      html`<text class="${denies ? "deny" : "tell"}" x="${place(at)}" y="11" text-anchor="${anchor}">${percent} %</text>`,
  )}</svg>`;

/** "forecast $138 by 00:00, 80 % about 14:05"; empty where nothing can be said, and where nothing changes. */
export function forecastWords(limit: LimitState, key: KeyState, now: EpochMs, moments: Moments): string {
  const { usage, threshold, forecast } = key;
  const { span } = limit;
  const { measure, period, steps } = limit.limit;
  if (forecast === null || span === undefined || threshold === undefined || usage.status === "unknown") return "";
  if (forecast.amount <= usage.amount * STEADY) return "";
  const zone = period.kind === "calendar" ? period.timeZone : undefined;
  const end = `forecast ${amount(measure, rounded(measure, forecast.amount))} by ${moments.text(span.end, zone)}`;
  const next = steps.find(({ at, deny }) => deny !== undefined && usage.amount < stepAmount(threshold, at));
  if (next === undefined || forecast.amount < stepAmount(threshold, next.at)) return end;
  const ms = ((stepAmount(threshold, next.at) - usage.amount) / forecast.perHour) * 3_600_000;
  const minute = Math.ceil((now + ms) / 60_000) * 60_000;
  return minute >= span.end ? end : `${end}, ${next.at} % about ${moments.text(minute, zone)}`;
}

const STEADY = 1.005;

/** A forecast in three digits: more would be a promise. */
const rounded = (measure: string, n: number): number =>
  measure === "usd" && n < 10 ? Math.round(n * 100) / 100 : Number(n.toPrecision(3));
