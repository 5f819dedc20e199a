import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";

const MOST_TEXT = 4_000;
const MOST_NAMES = 200;

/**
 * An event as JSON, as the bus has it: times as ISO 8601 in UTC.
 *
 * @param mostBytes of the JSON as a string within JSON, which is what SNS is sent. An event beyond that is told with
 *   its long lists and texts shortened and `"shortened": true`; the journal has it whole.
 */
export function eventJson(event: GovernorEvent, mostBytes: number): string {
  const whole = text(event);
  return bytesInJson(whole) <= mostBytes ? whole : text(shortened(event));
}

/** What a text weighs as a string within JSON, without its quotes. */
export const bytesInJson = (text: string): number => Buffer.byteLength(JSON.stringify(text)) - 2;

function text({ time, period, since, ...event }: GovernorEvent & { readonly shortened?: true }): string {
  const detail = {
    ...event,
    time: iso(time),
    ...(since !== undefined && { since: iso(since) }),
    ...(period !== undefined && { period: { ...period, start: iso(period.start), end: iso(period.end) } }),
  };
  // SQS, which topics deliver to, admits the letters of XML only.
  return JSON.stringify(detail).replace(
    /[\x7f\ufffe\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

const iso = (ms: number): string => new Date(ms).toISOString();

function shortened(event: GovernorEvent): GovernorEvent & { readonly shortened: true } {
  const short = (_: string, value: unknown) => {
    if (typeof value === "string" && value.length > MOST_TEXT) return `${value.slice(0, MOST_TEXT).toWellFormed()}…`;
    return Array.isArray(value) ? value.slice(0, MOST_NAMES) : value;
  };
  return { ...JSON.parse(JSON.stringify(event, short)), shortened: true };
}
