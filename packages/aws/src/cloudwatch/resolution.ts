import type { EpochMs, Span } from "@bedrock-governor/core/period/period";

/** A stretch of time as it is read; it begins and ends where points of its resolution do. */
export interface Stretch {
  readonly resolutionMs: number;
  readonly start: EpochMs;
  readonly end: EpochMs;
}

/** A stretch that answers several spans. */
export interface Window extends Stretch {
  readonly spans: readonly Span[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Coarsest first. Days of zones with an offset of half an hour, or three quarters, begin on the next two. */
const RESOLUTIONS_MS = [HOUR_MS, 30 * MINUTE_MS, 15 * MINUTE_MS, 5 * MINUTE_MS, MINUTE_MS];

/** The points of one window that are worth reading to save a second request: a day of minutes, and the longest day. */
const SHARED_POINTS = 1500;

/**
 * The finest resolution that CloudWatch still has for that time, an hour before it drops it.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
function retainedMs(start: EpochMs, now: EpochMs): number {
  const age = now - start + HOUR_MS;
  if (age > 63 * DAY_MS) return HOUR_MS;
  return age > 15 * DAY_MS ? 5 * MINUTE_MS : MINUTE_MS;
}

/** A span that goes on, or ends in what is published last, has no edge there to be cut at. */
const isOpen = (span: Span, now: EpochMs): boolean => span.end > now - 2 * MINUTE_MS;

/**
 * The finest that is read of a span of that length: minutes of many days are more than a process can hold, and every
 * calendar day begins on a quarter of an hour. A span that begins elsewhere, as a rolling one does, loses its first
 * part of a point (less than 1/288 of it): nobody is denied for what is older than a limit looks back.
 */
function bearableMs(lengthMs: number): number {
  if (lengthMs > 7 * DAY_MS) return 15 * MINUTE_MS;
  return lengthMs > DAY_MS ? 5 * MINUTE_MS : MINUTE_MS;
}

/** The coarsest resolution that cuts at the span's edges and is retained; of a rolling span the finest that is bearable. */
export function resolutionOf(span: Span, now: EpochMs): number {
  const finest = Math.max(retainedMs(span.start, now), bearableMs(Math.min(span.end, now) - span.start));
  // A rolling span ends now, and so begins anywhere.
  if (isOpen(span, now) && span.end <= now) return finest;
  const edges = isOpen(span, now) ? [span.start] : [span.start, span.end];
  return RESOLUTIONS_MS.find((one) => one >= finest && edges.every((edge) => edge % one === 0)) ?? finest;
}

/**
 * Puts spans together that can be read at once, as CloudWatch charges by the metric and not by the point:
 * a window for each resolution, and a coarse one within a finer one where that adds few points.
 */
export function windowsOf(spans: readonly Span[], now: EpochMs): readonly Window[] {
  const byResolution = new Map<number, Span[]>();
  for (const span of spans) {
    const resolution = resolutionOf(span, now);
    byResolution.set(resolution, [...(byResolution.get(resolution) ?? []), span]);
  }
  const left = [...byResolution].map(([resolution, some]) => windowOf(resolution, some, now));
  left.sort((a, b) => b.resolutionMs - a.resolutionMs);
  const windows: Window[] = [];
  for (let coarse = left.shift(); coarse !== undefined; coarse = left.shift()) {
    const { spans: some } = coarse;
    const joint = left.map((fine) => windowOf(fine.resolutionMs, [...fine.spans, ...some], now));
    const host = joint.findIndex((one, place) => isCheap(one, left[place], now));
    const joined = joint[host];
    if (joined === undefined) windows.push(coarse);
    else left[host] = joined;
  }
  return windows;
}

/** Says whether a window can take in a coarser one: all of it is retained, and there are few points more to read. */
const isCheap = (joint: Window, fine: Window | undefined, now: EpochMs): boolean =>
  joint.resolutionMs >= retainedMs(joint.start, now) &&
  pointsIn(joint) <= Math.max(SHARED_POINTS, fine === undefined ? 0 : pointsIn(fine));

export const pointsIn = ({ start, end, resolutionMs }: Stretch): number => Math.ceil((end - start) / resolutionMs);

function windowOf(resolutionMs: number, spans: readonly Span[], now: EpochMs): Window {
  // A point stands at the start of its time: one that began before the span is not the span's.
  const start = Math.ceil(Math.min(...spans.map((span) => span.start)) / resolutionMs) * resolutionMs;
  // Read on to now even if the spans are over: what is remembered is taken to be all up to when it was read.
  const end = Math.max(now, ...spans.map((span) => span.start));
  const cut = Math.max(start + resolutionMs, Math.ceil(end / resolutionMs) * resolutionMs);
  return { resolutionMs, start, end: cut, spans };
}
