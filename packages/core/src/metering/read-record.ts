import { showValue } from "../limit/describe-problem.ts";
import type { EpochMs } from "../period/period.ts";
import type { Counts } from "../usage/price.ts";

/** One call that the model answered, as Bedrock logged it. */
export interface LoggedCall {
  readonly requestId: string;
  readonly at: EpochMs;
  /** The account whose log it is. */
  readonly account: string | undefined;
  /** Where it was called from, which is not always where it was answered. */
  readonly region: string | undefined;
  /** The ARN of who called, with the session's name if it was a session. */
  readonly identity: string;
  /** The model exactly as it was called: an id, a profile's id or any ARN. */
  readonly spelling: string;
  readonly counts: Counts;
  /** Whether the record tells of anything that went in, or of images that came out. What it leaves out is 0 in `counts`. */
  readonly counted: boolean;
}

/** What one message of the invocation log says. */
export type Reading =
  | { readonly kind: "call"; readonly call: LoggedCall }
  /** A call that ended in an error. It used nothing. */
  | { readonly kind: "failed"; readonly requestId: string }
  /** Bedrock's one sentence at the start of each log stream. */
  | { readonly kind: "notice" }
  /** `reason` names fields and never shows text that a caller may have written. */
  | { readonly kind: "rejected"; readonly reason: string };

/** Bedrock takes no longer one. Source: InvokeModel's `modelId` in the API reference. */
const LONGEST_MODEL = 2_048;
/** No user's is longer than 640: the path has up to 512 letters, the name 64. With both, an item of the store stays under 4 KB. */
const LONGEST_IDENTITY = 1_024;

const NOTICE = "Permissions are correctly set for Amazon Bedrock logs";

/**
 * Makes a reader of messages of the invocation log.
 *
 * Only fields that Bedrock itself writes are looked at. Bodies and `requestMetadata` are the caller's: they
 * may hold keys that look like the record's own, a forged identity or any counts, and change nothing.
 * Source: "Monitor model invocation using CloudWatch Logs and Amazon S3" in the Bedrock user guide, and records seen.
 */
export function createRecordReader(): (message: string) => Reading {
  const instant = createTimeReader();
  return (message) => {
    const record = parseObject(message);
    if (record !== undefined) return readRecord(record, instant);
    if (message.trimStart().startsWith(NOTICE)) return { kind: "notice" };
    return rejected("it is no invocation log record: it is no JSON object, or was cut off");
  };
}

function readRecord(record: JsonObject, instant: TimeReader): Reading {
  const { schemaType, requestId, timestamp, accountId, region, modelId, errorCode } = record;
  if (schemaType !== "ModelInvocationLog") {
    return rejected('it is no invocation log record: its schemaType is not "ModelInvocationLog"');
  }
  if (!isText(requestId)) return noText("requestId", requestId);
  if (errorCode !== undefined && errorCode !== null && errorCode !== "") return { kind: "failed", requestId };
  const at = isText(timestamp) ? instant(timestamp) : undefined;
  if (at === undefined) return rejected(`timestamp ${stateOf(timestamp)}, and has to be a time with its zone`);
  if (!isText(modelId)) return noText("modelId", modelId);
  if (modelId.length > LONGEST_MODEL) return tooLong("modelId", LONGEST_MODEL);
  const identity = isObject(record.identity) ? record.identity.arn : undefined;
  if (!isText(identity)) return noText("identity.arn", identity);
  if (identity.length > LONGEST_IDENTITY) return tooLong("identity.arn", LONGEST_IDENTITY);
  const counts = readCounts(record);
  if (typeof counts === "string") return rejected(counts);
  const call: LoggedCall = {
    requestId,
    at,
    account: isText(accountId) ? accountId : undefined,
    region: isText(region) ? region : undefined,
    identity,
    spelling: modelId,
    counts,
    counted: isCounted(record),
  };
  return { kind: "call", call };
}

type JsonObject = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

/**
 * Bodies too, which nobody looks at: a scanner that skips them saves less than a tenth of what unpacking and
 * parsing a batch takes, and may read another record than JSON's readers do.
 */
function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch (error) {
    // Its message would show a piece of the text, which may be a prompt.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const NOTHING: JsonObject = {};

/** @returns a sentence if a count is not one. A count that is not there adds nothing: embeddings have no output. */
function readCounts({ input, output }: JsonObject): Counts | string {
  const into = input ?? NOTHING;
  const out = output ?? NOTHING;
  if (!isObject(into)) return "input is no JSON object";
  if (!isObject(out)) return "output is no JSON object";
  const { inputTokenCount, cacheReadInputTokenCount, cacheWriteInputTokenCount } = into;
  const { outputTokenCount, outputImageCount } = out;
  if (!isCount(inputTokenCount)) return noCount("input.inputTokenCount", inputTokenCount);
  if (!isCount(cacheReadInputTokenCount)) return noCount("input.cacheReadInputTokenCount", cacheReadInputTokenCount);
  if (!isCount(cacheWriteInputTokenCount)) return noCount("input.cacheWriteInputTokenCount", cacheWriteInputTokenCount);
  if (!isCount(outputTokenCount)) return noCount("output.outputTokenCount", outputTokenCount);
  if (!isCount(outputImageCount)) return noCount("output.outputImageCount", outputImageCount);
  return {
    invocations: 1,
    inputTokens: inputTokenCount ?? 0,
    outputTokens: outputTokenCount ?? 0,
    cacheReadTokens: cacheReadInputTokenCount ?? 0,
    cacheWriteTokens: cacheWriteInputTokenCount ?? 0,
    images: outputImageCount ?? 0,
  };
}

/** Only of records whose counts were read. */
function isCounted({ input, output }: JsonObject): boolean {
  const { inputTokenCount, cacheReadInputTokenCount, cacheWriteInputTokenCount } = isObject(input) ? input : NOTHING;
  const { outputImageCount } = isObject(output) ? output : NOTHING;
  return (
    inputTokenCount !== undefined ||
    cacheReadInputTokenCount !== undefined ||
    cacheWriteInputTokenCount !== undefined ||
    outputImageCount !== undefined
  );
}

/** Whole numbers that are added up exactly. A number too large for JSON's readers, 1e400, is none. */
const isCount = (value: unknown): value is number | undefined =>
  value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0);

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

type TimeReader = (text: string) => EpochMs | undefined;

/** Remembers the last time it read: records of one second stand together, and Date.parse is slow. */
function createTimeReader(): TimeReader {
  let last = "";
  let lastAt: EpochMs | undefined;
  return (text) => {
    if (text === last) return lastAt;
    const at = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN;
    last = text;
    lastAt = Number.isNaN(at) ? undefined : at;
    return lastAt;
  };
}

const rejected = (reason: string): Reading => ({ kind: "rejected", reason });
const noText = (field: string, value: unknown): Reading => rejected(`${field} ${stateOf(value)}, and has to be a text`);
const tooLong = (field: string, longest: number): Reading =>
  rejected(`${field} is longer than ${longest} characters, and nothing that calls or is called has so long a name`);
const noCount = (field: string, value: unknown): string =>
  `${field} ${stateOf(value)}, which is not a whole number from 0`;

/** Says what a value is; numbers are shown, texts are not. */
function stateOf(value: unknown): string {
  if (value === undefined) return "is missing";
  if (typeof value === "string") return value === "" ? "is empty" : "is a text";
  if (typeof value === "object" && value !== null) return "is an object or a list";
  return `is ${showValue(value)}`;
}
