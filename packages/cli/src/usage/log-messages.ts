import type { LineSink } from "./line-splitter.ts";

/** Hears what the lines of a log on disk hold. */
export interface MessageSink {
  /** @returns why the message cannot be counted; undefined if it can. */
  take(message: string): string | undefined;
  reject(line: number, reason: string): void;
}

/**
 * Finds the messages of the invocation log in the lines of a file, however it came to disk:
 *
 * - as Bedrock delivers it to S3, a record a line;
 * - as CloudWatch Logs exports it, `<time> <message>`, or `aws logs tail` prints it, with the stream between;
 * - as a subscription delivers it, an envelope a line with `logEvents`;
 * - as `aws logs filter-log-events` and `get-log-events` print it, over many lines.
 */
export function createMessageFinder({ take, reject }: MessageSink): LineSink {
  /** Whether the file may be, or is, what `aws logs filter-log-events` prints. */
  let printed: "no" | "perhaps" | "yes" = "no";
  let last = { line: 0, text: "" };

  function takeLine(text: string, line: number): void {
    const message = withoutTime(text);
    const reason = message.trim() === "" ? undefined : take(message);
    if (reason === undefined) return;
    const enveloped = messagesInEnvelope(message);
    if (enveloped === undefined) reject(line, reason);
    for (const one of enveloped ?? []) takeMessage(one, line);
  }

  function takeMessage(message: string, line: number): void {
    const reason = take(message);
    if (reason !== undefined) reject(line, reason);
  }

  return {
    line(text, line) {
      if (printed === "perhaps") {
        printed = PRINTED_START.test(text) ? "yes" : "no";
        if (printed === "no") takeLine("{", 1);
      } else if (line === 1 && text.trimEnd() === "{") printed = "perhaps";
      if (printed === "no") takeLine(text, line);
      else {
        const message = messageInPrinted(text);
        if (message !== undefined) takeMessage(message, line);
        if (text.trim() !== "") last = { line, text };
      }
    },
    end() {
      if (printed !== "no" && last.text.trimEnd() !== "}") reject(last.line, "the file is cut short after this line");
    },
  };
}

/** `aws logs tail` writes the stream's name behind the time. */
const TIME = /^\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d)?[ \t]+(?:[^\s{"]+[ \t]+(?=\{|Permissions are))?/;

const withoutTime = (text: string): string => (text.startsWith("{") ? text : text.replace(TIME, ""));

/** What a subscription delivers. By a control message, which holds no record, CloudWatch tries a subscription. */
function messagesInEnvelope(text: string): readonly string[] | undefined {
  const envelope = text.includes('"logEvents"') ? parse(text) : undefined;
  if (!isObject(envelope) || "schemaType" in envelope) return undefined;
  if (envelope.messageType === "CONTROL_MESSAGE") return [];
  const { logEvents } = envelope;
  if (!Array.isArray(logEvents)) return undefined;
  const messages: unknown[] = logEvents.map((event: unknown) => (isObject(event) ? event.message : undefined));
  return messages.every((message) => typeof message === "string") ? messages : undefined;
}

const PRINTED_START = /^\s*"events": \[/;
const PRINTED_MESSAGE = /^\s*"message": (".*"),?\s*$/;

/** Each message stands on a line of its own, as a text. */
function messageInPrinted(line: string): string | undefined {
  const text = PRINTED_MESSAGE.exec(line)?.[1];
  const message = text === undefined ? undefined : parse(text);
  return typeof message === "string" ? message : undefined;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
