import { createGunzip, gunzipSync } from "node:zlib";
import type { LogEvent } from "@bedrock-governor/aws/logs/log-events";
import { smallerEnvelopes } from "./meter-pieces.ts";

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

/** Log events, some at a time. */
export type EventSlices = Iterable<readonly LogEvent[]> | AsyncIterable<readonly LogEvent[]>;

/** Log events of one stream. */
export interface Delivery {
  readonly logGroup: string;
  readonly logStream: string;
  /** Its events from the beginning, as often as they are asked for: a large delivery is unpacked anew, and never there as a whole. */
  slices(): EventSlices;
}

/**
 * Unpacks what CloudWatch Logs delivers. Undefined: a control message, by which it asks whether anybody is there.
 *
 * @throws an error that shows nothing of what was in it: that may be a prompt. So do its slices.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
 */
export async function unpack(data: string): Promise<Delivery | undefined> {
  const zipped = Buffer.from(data, "base64");
  for await (const first of envelopesIn(zipped)) {
    if (first === undefined) return undefined;
    const { logGroup, logStream, logEvents } = first;
    return { logGroup, logStream, slices: () => (isLarge(zipped) ? slicesIn(zipped) : [logEvents]) };
  }
  return undefined;
}

async function* slicesIn(zipped: Buffer): AsyncGenerator<readonly LogEvent[]> {
  for await (const envelope of envelopesIn(zipped)) if (envelope !== undefined) yield envelope.logEvents;
}

interface Envelope extends Omit<Delivery, "slices"> {
  readonly logEvents: readonly LogEvent[];
}

/** One; a large one as many small ones. Without the causes of errors, whose messages quote the text. */
async function* envelopesIn(zipped: Buffer): AsyncGenerator<Envelope | undefined> {
  try {
    for await (const text of isLarge(zipped) ? smallerEnvelopes(unzipping(zipped)) : [unzipped(zipped)]) {
      yield readEnvelope(text);
    }
  } catch {
    throw new Error(
      "a delivery of CloudWatch Logs is not what it is documented to be: log events in JSON, gzip, base64",
    );
  }
}

/** Undefined for a control message. */
function readEnvelope(text: string): Envelope | undefined {
  const { messageType, logGroup, logStream, logEvents } = fieldsOf(JSON.parse(text));
  if (messageType === "CONTROL_MESSAGE") return undefined;
  if (messageType !== "DATA_MESSAGE" || typeof logGroup !== "string" || typeof logStream !== "string") {
    throw new RangeError("another envelope");
  }
  if (!Array.isArray(logEvents) || !logEvents.every(isLogEvent)) throw new RangeError("no log events");
  return { logGroup, logStream, logEvents };
}

/** Beyond what a few thousand records take: below it, reading all at once is faster. */
const LARGE = 8 * 1_024 * 1_024;
const SLICE = 64 * 1_024;
const LEAST_CHUNK = 64;

const isLarge = (zipped: Buffer): boolean => unzippedSize(zipped) > LARGE;

const unzipping = (zipped: Buffer): AsyncIterable<string> => {
  const gunzip = createGunzip({ chunkSize: SLICE });
  gunzip.end(zipped);
  return gunzip.setEncoding("utf8");
};

/** With room for all of it at once. */
const unzipped = (zipped: Buffer): string =>
  gunzipSync(zipped, { chunkSize: Math.max(LEAST_CHUNK, unzippedSize(zipped) + 1) }).toString();

/** Gzip ends with the size of what it holds. What that says is no more than a hint. */
const unzippedSize = (zipped: Buffer): number => (zipped.length < 4 ? 0 : zipped.readUInt32LE(zipped.length - 4));

function isLogEvent(value: unknown): value is LogEvent {
  if (typeof value !== "object" || value === null) return false;
  const { id, timestamp, message } = value as Partial<Record<keyof LogEvent, unknown>>;
  return typeof id === "string" && id !== "" && Number.isSafeInteger(timestamp) && typeof message === "string";
}

const NOTHING: Readonly<Record<string, unknown>> = {};

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : NOTHING;
