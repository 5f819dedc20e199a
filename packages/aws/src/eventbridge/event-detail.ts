import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";

/**
 * An event as the bus has it: what `GovernorEvent` says, with each time as ISO 8601 in UTC to the
 * millisecond (`2026-01-05T00:00:00.000Z`) where the governor counts milliseconds.
 */
export type EventDetail = Omit<GovernorEvent, "time" | "since" | "period"> & {
  readonly time: string;
  readonly since?: string;
  readonly period?: { readonly start: string; readonly end: string; readonly timeZone: string };
  /** How many models are left out because the event would have been too large. */
  readonly modelsOmitted?: number;
};

/**
 * EventBridge takes 256 KB in one call, and so do its targets with the envelope around the detail:
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
 */
export const MOST_DETAIL_BYTES = 240_000;
/** What is left of each text of an event that is too large even without its models. */
const MOST_CHARACTERS = 4_000;

const iso = (ms: number): string => new Date(ms).toISOString();

export const bytes = (text: string): number => Buffer.byteLength(text);

function detailOf({ time, since, period, ...event }: GovernorEvent): EventDetail {
  return {
    ...event,
    time: iso(time),
    ...(since !== undefined && { since: iso(since) }),
    ...(period !== undefined && {
      period: { start: iso(period.start), end: iso(period.end), timeZone: period.timeZone },
    }),
  };
}

/** The detail as JSON. One that is too large is told with fewer models rather than not at all. */
export function detailText(event: GovernorEvent): string {
  const detail = detailOf(event);
  const whole = JSON.stringify(detail);
  if (fits(whole)) return whole;
  const { models = [] } = detail;
  const rest = fits(JSON.stringify({ ...detail, models: [] })) ? detail : withShortTexts(detail);
  const withModels = (count: number): string =>
    JSON.stringify({ ...rest, models: models.slice(0, count), modelsOmitted: models.length - count });
  let [most, tooMany] = [0, models.length + 1];
  while (tooMany - most > 1) {
    const middle = Math.floor((most + tooMany) / 2);
    if (fits(withModels(middle))) most = middle;
    else tooMany = middle;
  }
  return withModels(most);
}

const fits = (text: string): boolean => bytes(text) <= MOST_DETAIL_BYTES;

function withShortTexts(detail: EventDetail): EventDetail {
  const short = (_: string, value: unknown) =>
    typeof value === "string" && value.length > MOST_CHARACTERS ? `${value.slice(0, MOST_CHARACTERS)}…` : value;
  return JSON.parse(JSON.stringify(detail, short));
}
