import { gunzipSync } from "node:zlib";
import type { LogEvent } from "@bedrock-governor/aws/logs/log-events";
import { takeApart } from "./meter-pieces.ts";

/** What Lambda is given: log events, or messages of the replay queue. */
export type MeterEvent =
  | { readonly kind: "log"; readonly data: string }
  | { readonly kind: "replay"; readonly messages: readonly ReplayMessage[] };

export interface ReplayMessage {
  readonly messageId: string;
  readonly body: string;
}

/** @throws RangeError for an event of any other form. */
export function meterEvent(event: unknown): MeterEvent {
  const { awslogs, Records } = fieldsOf(event);
  const { data } = fieldsOf(awslogs);
  if (typeof data === "string") return { kind: "log", data };
  if (Array.isArray(Records) && Records.every(isMessage)) return { kind: "replay", messages: Records };
  throw new RangeError("the meter takes what CloudWatch Logs and its replay queue deliver, and this is neither");
}

function isMessage(value: unknown): value is ReplayMessage {
  const { eventSource, messageId, body } = fieldsOf(value);
  return eventSource === "aws:sqs" && typeof messageId === "string" && typeof body === "string";
}

/** Log events of one stream. */
export interface Delivery {
  readonly logGroup: string;
  readonly logStream: string;
  readonly logEvents: readonly LogEvent[];
}

/**
 * Unpacks what CloudWatch Logs delivers. Undefined: a control message, by which it asks whether anybody is there.
 *
 * @throws an error that shows nothing of what was in it: that may be a prompt.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
 */
export function unpack(data: string): Delivery | undefined {
  const { head, logEvents } = envelope(data);
  const { messageType, logGroup, logStream } = fieldsOf(head);
  if (messageType === "CONTROL_MESSAGE") return undefined;
  if (
    messageType !== "DATA_MESSAGE" ||
    typeof logGroup !== "string" ||
    typeof logStream !== "string" ||
    logEvents === undefined
  ) {
    throw new Error("a delivery of CloudWatch Logs has not the form that it is documented to have");
  }
  return { logGroup, logStream, logEvents };
}

interface Envelope {
  readonly head: unknown;
  /** Undefined if they are none. */
  readonly logEvents: readonly LogEvent[] | undefined;
}

/** Without their causes, whose messages quote the text. */
function envelope(data: string): Envelope {
  try {
    const zipped = Buffer.from(data, "base64");
    const json = gunzipSync(zipped, { chunkSize: chunkSizeFor(zipped) });
    const apart = json.length > LARGE ? takeApart(json) : undefined;
    return apart ?? whole(JSON.parse(json.toString()));
  } catch {
    throw new Error("a delivery of CloudWatch Logs is no JSON in gzip in base64");
  }
}

function whole(head: unknown): Envelope {
  const { logEvents } = fieldsOf(head);
  return { head, logEvents: Array.isArray(logEvents) && logEvents.every(isLogEvent) ? logEvents : undefined };
}

const LEAST_CHUNK = 64;
const LARGEST_CHUNK = 256 * 1_024 * 1_024;
/** Beyond what a few thousand records take: below it, reading all at once is faster. */
const LARGE = 8 * 1_024 * 1_024;

/** Room for all of it at once: gzip ends with the size of what it holds. What that says is no more than a hint. */
const chunkSizeFor = (zipped: Buffer): number =>
  zipped.length < 4
    ? LEAST_CHUNK
    : Math.min(LARGEST_CHUNK, Math.max(LEAST_CHUNK, zipped.readUInt32LE(zipped.length - 4) + 1));

function isLogEvent(value: unknown): value is LogEvent {
  if (typeof value !== "object" || value === null) return false;
  const { id, timestamp, message } = value as Partial<Record<keyof LogEvent, unknown>>;
  return typeof id === "string" && id !== "" && Number.isSafeInteger(timestamp) && typeof message === "string";
}

const NOTHING: Readonly<Record<string, unknown>> = {};

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : NOTHING;
