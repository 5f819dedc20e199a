import type { LogEvent } from "@bedrock-governor/aws/logs/log-events";

const LIST = '"logEvents":[';
const FIRST = '{"id":"';
const NEXT = '},{"id":"';
const LAST = "}]}";
const AFTER_ID = '","timestamp":';

/** An envelope whose events are still in its bytes: a message is read when somebody asks for it. */
export interface LazyEnvelope {
  /** Without its events. */
  readonly head: unknown;
  readonly logEvents: readonly LogEvent[];
}

/**
 * Takes an envelope apart without making all of its text at once, which would need several times its size.
 *
 * No text inside of it can look like the beginning of an event: there a quotation mark has a backslash before it.
 *
 * @returns undefined if it is not written as CloudWatch Logs writes it, with events last and their ids first.
 */
export function takeApart(json: Buffer): LazyEnvelope | undefined {
  const list = json.indexOf(LIST + FIRST);
  const end = json.length - LAST.length;
  if (list < 0 || json.toString("latin1", end) !== LAST) return undefined;
  const logEvents: LogEvent[] = [];
  for (let at = list + LIST.length; at < end; ) {
    const next = json.indexOf(NEXT, at);
    const event = lazyEvent(json, at, next < 0 ? end + 1 : next + 1);
    if (event === undefined) return undefined;
    logEvents.push(event);
    at = next < 0 ? end : next + 2;
  }
  return { head: JSON.parse(`${json.toString("utf8", 0, list + LIST.length)}]}`), logEvents };
}

function lazyEvent(json: Buffer, start: number, end: number): LogEvent | undefined {
  const idAt = start + FIRST.length;
  const idEnd = json.indexOf(AFTER_ID, idAt);
  const timeAt = idEnd + AFTER_ID.length;
  const timeEnd = json.indexOf(",", timeAt);
  if (idEnd < idAt || timeEnd < timeAt || timeEnd > end) return undefined;
  const id = json.toString("latin1", idAt, idEnd);
  const timestamp = Number(json.toString("latin1", timeAt, timeEnd));
  if (!/^\w+$/.test(id) || !Number.isSafeInteger(timestamp)) return undefined;
  return new LazyEvent(json, start, end, id, timestamp);
}

/** A class, as there may be a hundred thousand: an object with a getter of its own takes three times the memory. */
class LazyEvent implements LogEvent {
  readonly id: string;
  readonly timestamp: number;
  readonly #json: Buffer;
  readonly #start: number;
  readonly #end: number;

  constructor(json: Buffer, start: number, end: number, id: string, timestamp: number) {
    this.#json = json;
    this.#start = start;
    this.#end = end;
    this.id = id;
    this.timestamp = timestamp;
  }

  get message(): string {
    return messageIn(this.#json.toString("utf8", this.#start, this.#end));
  }
}

/** @throws an error that shows nothing of the text. */
function messageIn(event: string): string {
  try {
    const { message } = JSON.parse(event);
    if (typeof message === "string") return message;
  } catch {
    // The error would quote the text.
  }
  throw new Error("a log event has not the form that it is documented to have");
}
