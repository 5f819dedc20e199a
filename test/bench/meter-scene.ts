import { gzipSync } from "node:zlib";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createSetAside } from "@bedrock-governor/aws/dynamodb/usage/set-aside";
import { createWakeMark } from "@bedrock-governor/aws/dynamodb/usage/wake-mark";
import { createUsageWriter } from "@bedrock-governor/aws/dynamodb/usage/writer";
import { createPriceBook } from "@bedrock-governor/core/usage/price";
import { createLogger, createMetrics } from "@bedrock-governor/functions/logging";
import { createMeterHandler } from "@bedrock-governor/functions/meter-handler";
import { lambdaContext } from "../support/lambda-context.ts";
import { type LogShape, logMessages } from "./invocation-log.ts";

const LOG_GROUP = "/bedrock-governor/bench/invocations";
const PLACE = { stage: "bench" };
/** Just after the calls of a log of 1,500. */
const BEGIN = Date.UTC(2026, 0, 5, 0, 1, 10);

/** What CloudWatch Logs would deliver; each number is another delivery of the same calls. */
export function deliveryOf(
  shape: LogShape,
  number: number,
  words?: (characters: number, seed: number) => string,
): { readonly awslogs: { readonly data: string } } {
  const { bodyBytes, ...plain } = shape;
  const messages = words === undefined ? [...logMessages(shape)] : [...logMessages({ ...plain, bodyBytes: 0 })];
  const bodied = (message: string, index: number) =>
    words === undefined || bodyBytes === 0
      ? message
      : JSON.stringify({ ...JSON.parse(message), inputBodyJson: words(bodyBytes, index) });
  const logEvents = messages.map(bodied).map((message, index) => ({
    id: `3925${String(number).padStart(12, "0")}${String(index).padStart(40, "0")}`,
    timestamp: BEGIN - 10_000,
    message,
  }));
  const envelope = {
    messageType: "DATA_MESSAGE",
    owner: "111122223333",
    logGroup: LOG_GROUP,
    logStream: "aws/bedrock/modelinvocations",
    subscriptionFilters: ["bedrock-governor"],
    logEvents,
  };
  return { awslogs: { data: gzipSync(JSON.stringify(envelope)).toString("base64") } };
}

type Attributes = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;
interface WireInput {
  readonly RequestItems?: Readonly<Record<string, readonly { readonly PutRequest: { readonly Item: Attributes } }[]>>;
  readonly ExpressionAttributeValues?: Attributes;
}

/** As much of DynamoDB as meters need, behind a real client: what is measured includes writing and signing requests. */
export function memoryDynamodb(pause?: () => Promise<unknown>) {
  const items = new Map<string, Attributes>();
  let requests = 0;
  let wakeAt = 0;

  function moveMark({ ExpressionAttributeValues = {} }: WireInput): object | undefined {
    const [wake, seen, past, ahead] = [":wake", ":seen", ":past", ":ahead"].map((name) =>
      Number(ExpressionAttributeValues[name]?.N),
    ) as [number, number, number, number];
    // Somebody's counter, which nobody reads.
    if (Number.isNaN(wake)) return {};
    const holds = Number.isNaN(seen) ? wakeAt <= past || wakeAt > ahead : wakeAt === seen;
    if (holds) wakeAt = wake;
    return holds ? {} : undefined;
  }

  function answer(operation: string | undefined, input: WireInput) {
    if (operation === "UpdateItem") {
      const moved = moveMark(input);
      if (moved !== undefined) return response(200, moved);
      const __type = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
      return response(400, { __type, message: "no", Item: { wakeAt: { N: String(wakeAt) } } });
    }
    for (const { PutRequest } of Object.values(input.RequestItems ?? {}).flat()) {
      items.set(`${PutRequest.Item.pk?.S} ${PutRequest.Item.sk?.S}`, PutRequest.Item);
    }
    return response(200, { UnprocessedItems: {} });
  }

  const dynamodb = new DynamoDBClient({
    region: "us-east-1",
    credentials: { accessKeyId: "none", secretAccessKey: "none" },
    requestHandler: {
      async handle({ headers, body }: { headers: Record<string, string>; body: string | Uint8Array }) {
        requests++;
        if (pause !== undefined) await pause();
        const text = typeof body === "string" ? body : new TextDecoder().decode(body);
        return { response: answer(headers["x-amz-target"]?.split(".")[1], JSON.parse(text)) };
      },
    },
  });
  return { dynamodb, items, requests: () => requests };
}

const response = (statusCode: number, body: object) => ({
  statusCode,
  headers: { "content-type": "application/x-amz-json-1.0" },
  body: new TextEncoder().encode(JSON.stringify(body)),
});

/** A process with a meter, whose clock goes on from just after the calls. */
export function meterOn(
  dynamodb: DynamoDBClient,
  wait: (ms: number) => Promise<unknown> = async () => {},
  begin = BEGIN,
) {
  const begun = performance.now();
  const now = () => Math.round(begin + performance.now() - begun);
  const store = { dynamodb, table: "table", now, wait };
  const reference = {
    prices: createPriceBook([]),
    catalogue: { models: [], aliases: new Map(), otherArns: new Map() },
  };
  let wakes = 0;
  const handler = createMeterHandler({
    ...createLogger(PLACE),
    metrics: createMetrics(PLACE),
    account: "111122223333",
    logGroup: LOG_GROUP,
    now,
    wait,
    reference: async () => reference,
    writer: createUsageWriter(store),
    setAside: createSetAside(store),
    wakeMark: createWakeMark(store),
    wake: async () => {
      wakes++;
    },
    replayQueue: { put: () => Promise.reject(new Error("nothing is to be replayed here")) },
    logEvents: { read: () => Promise.reject(new Error("nothing is to be replayed here")) },
  });
  return { meter: (event: unknown) => handler(event, lambdaContext(60_000)), wakes: () => wakes };
}

/** Runs something without what functions print: it would stand among the figures. */
export async function silenced<T>(run: () => Promise<T>): Promise<T> {
  const write = process.stdout.write;
  process.stdout.write = () => true;
  try {
    return await run();
  } finally {
    process.stdout.write = write;
  }
}
