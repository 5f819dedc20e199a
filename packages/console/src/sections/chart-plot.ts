import { amount, exactAmount } from "@bedrock-governor/core/words/amount";
import { type Moments, place } from "../figures.ts";
import { type Html, html, isolated, type Part } from "../html.ts";
import type { ChartState, DeniedSpan } from "../state.ts";

// Heights in pixels. Widths are shares of whatever room there is, so that text keeps its size.
const TOP = 16;
const PLOT = 120;
const BASE = TOP + PLOT;
const LANE = 22;
const HEIGHT = BASE + LANE + 18;

export interface Buckets {
  readonly count: number;
  readonly startOf: (index: number) => number;
  /** Whether a deny was in force at any time of it. */
  readonly deniedAt: (index: number) => boolean;
  readonly usedAt: (index: number) => number;
}

export function bucketsOf({ span, bucketMs, series, denied }: ChartState): Buckets {
  const startOf = (index: number) => span.start + index * bucketMs;
  return {
    count: Math.ceil((span.end - span.start) / bucketMs),
    startOf,
    deniedAt: (index) =>
      denied.some(({ start, end }) => start < startOf(index + 1) && (end ?? span.end) > startOf(index)),
    usedAt: (index) => series.reduce((sum, { amounts }) => sum + (amounts[index] ?? 0), 0),
  };
}

interface Plot {
  readonly chart: ChartState;
  readonly buckets: Buckets;
  readonly now: number;
  readonly moments: Moments;
  /** Where a time is, as a share of the width. */
  readonly x: (at: number) => number;
  /** How high an amount is, in pixels. */
  readonly height: (n: number) => number;
}

/** Columns of usage, denied spans behind them, refused calls hanging below, and what is ahead. */
export function plot(
  chart: ChartState,
  id: string,
  now: number,
  moments: Moments,
  { title, description }: { readonly title: Part; readonly description: Part },
): Html {
  const buckets = bucketsOf(chart);
  const { span, forecast, bucketMs } = chart;
  const ahead = forecast === null ? 0 : (forecast.perHour * bucketMs) / 3_600_000;
  const top = round(Math.max(ahead, ...Array.from({ length: buckets.count }, (_, index) => buckets.usedAt(index))));
  const x = (at: number) => Math.min(1, Math.max(0, (at - span.start) / (span.end - span.start)));
  const drawn: Plot = { chart, buckets, now, moments, x, height: (n) => Math.round((n / top) * PLOT * 10) / 10 };
  return html`<svg class="plot" role="img" aria-labelledby="${id}-title ${id}-desc" width="100%" height="${HEIGHT}"><title id="${id}-title">${title}</title><desc id="${id}-desc">${description}</desc>${grid(drawn, top)}${chart.denied.map(
    (one) => deniedSpan(drawn, one),
  )}${deniedWords(drawn)}${future(drawn, ahead)}${chart.series.map((_, index) => columns(drawn, index))}${refusals(drawn)}${pointing(drawn)}${times(drawn)}</svg>`;
}

/** The next number that is easy to halve and to read. */
function round(n: number): number {
  if (n <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(n));
  return power * ([1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= n) ?? 10);
}

const grid = ({ chart }: Plot, top: number): Html =>
  html`<text class="small" x="0" y="${TOP - 5}">${amount(chart.measure, top)}</text><rect class="line" y="${TOP}" width="100%" height="1"/><rect class="line" y="${TOP + PLOT / 2}" width="100%" height="1"/><rect class="base" y="${BASE}" width="100%" height="1"/>`;

/** Shaded up to now: when it lifts is not for the chart to say. */
function deniedSpan({ x, now }: Plot, { start, end }: DeniedSpan): Html {
  const [from, to] = [x(start), x(end ?? now)];
  const at = html`x="${place(from)}" y="${TOP}" width="${place(to - from)}"`;
  return html`<rect class="denied-back" ${at} height="${PLOT}"/><rect class="denied-hatch" ${at} height="${PLOT}"/><rect class="denied-edge" ${at} height="2"/>`;
}

/** Shares of the width: the scale's own words, and the width of "denied", on the narrowest page. */
const SCALE_WORDS = 0.35;
const DENIED_WORD = 0.16;

/** The word stands above the shading, where it meets neither the scale's words nor itself. */
function deniedWords({ chart, x }: Plot): Part {
  let free = SCALE_WORDS;
  return chart.denied.map(({ start }) => {
    const from = x(start);
    if (from < free || from > 1 - DENIED_WORD) return undefined;
    free = from + DENIED_WORD;
    return html`<text class="denied-word" x="${place(from)}" y="${TOP - 5}">denied</text>`;
  });
}

function columns({ chart, buckets, x, height }: Plot, which: number): Part {
  const below = chart.series.slice(0, which);
  const wide = x(chart.span.start + chart.bucketMs) * 0.84;
  return html`<g class="s${which}">${(chart.series[which]?.amounts ?? []).map((n, index) => {
    const left = x(buckets.startOf(index)) + wide * 0.08;
    if (n === null)
      return html`<rect class="nobody-knows" x="${place(left)}" y="${BASE - 10}" width="${place(wide)}" height="10"/>`;
    if (n === 0) return undefined;
    const stacked = below.reduce((sum, { amounts }) => sum + (amounts[index] ?? 0), 0);
    const high = Math.max(1, height(n));
    return html`<rect x="${place(left)}" y="${Math.round((BASE - height(stacked) - high) * 10) / 10}" width="${place(wide)}" height="${high}"/>`;
  })}</g>`;
}

/** Calls that were refused hang from the base line: they are no usage. */
function refusals({ chart, buckets, x }: Plot): Part {
  const most = Math.max(0, ...chart.refused);
  if (most === 0) return undefined;
  const wide = x(chart.span.start + chart.bucketMs) * 0.84;
  return html`<g class="refused">${chart.refused.map((n, index) => {
    if (n === 0) return undefined;
    const high = Math.max(3, Math.round((n / most) * (LANE - 4)));
    return html`<rect x="${place(x(buckets.startOf(index)) + wide * 0.08)}" y="${BASE + 3}" width="${place(wide)}" height="${high}"/>`;
  })}</g>`;
}

function future({ chart: { span }, now, x, height }: Plot, ahead: number): Part {
  if (now >= span.end) return undefined;
  const from = place(x(now));
  const rate =
    ahead > 0 &&
    height(ahead) > 0 &&
    html`<rect class="ahead" x="${from}" y="${BASE - height(ahead)}" width="${place(1 - x(now))}" height="${height(ahead)}"/>`;
  return html`${rate}<rect class="now" x="${from}" y="${TOP}" width="1" height="${PLOT}"/>`;
}

/** What a bucket holds, to the last digit, where it is pointed at. */
function pointing({ chart, buckets, x, moments, now }: Plot): Part {
  const wide = place(x(chart.span.start + chart.bucketMs));
  return html`<g class="point">${Array.from({ length: buckets.count }, (_, index) => {
    const start = buckets.startOf(index);
    if (start > now) return undefined;
    const told = chart.series.flatMap(({ name, amounts }) => {
      const n = amounts[index];
      if (n === 0 || n === undefined) return [];
      return [html`; ${isolated(name)} ${n === null ? "unknown" : exactAmount(chart.measure, n)}`];
    });
    const refused = chart.refused[index] ?? 0;
    if (told.length === 0 && refused === 0) return undefined;
    return html`<rect x="${place(x(start))}" y="${TOP}" width="${wide}" height="${PLOT + LANE}"><title>${moments.text(start)}${told}${
      refused > 0 && `; ${refused} refused`
    }</title></rect>`;
  })}</g>`;
}

const TIMES = [0, 0.25, 0.5, 0.75, 1];

function times({ chart: { span }, moments }: Plot): Part {
  return TIMES.map((share) => {
    const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
    const words = moments.tick(span.start + (span.end - span.start) * share);
    return html`<text class="small" x="${place(share)}" y="${HEIGHT - 4}" text-anchor="${anchor}">${words}</text>`;
  });
}
