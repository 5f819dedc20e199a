import { gzipSync } from "node:zlib";
import { createSetAside } from "@bedrock-governor/aws/dynamodb/usage/set-aside";
import { createWakeMark } from "@bedrock-governor/aws/dynamodb/usage/wake-mark";
import { createUsageWriter } from "@bedrock-governor/aws/dynamodb/usage/writer";
import type { LogEvent } from "@bedrock-governor/aws/logs/log-events";
import type { ReplayPointer } from "@bedrock-governor/aws/sqs/replay-queue";
import type { PriceRule } from "@bedrock-governor/core/limit/settings";
import { createLogger, createMetrics } from "@bedrock-governor/functions/logging";
import { createMeterHandler } from "@bedrock-governor/functions/meter-handler";
import { createReference } from "@bedrock-governor/functions/meter-reference";
import type { Around } from "../aws/dynamodb/fake-dynamodb.ts";
import { ask, DAY, MONDAY, seen, setUp } from "../aws/dynamodb/usage/setup.ts";
import { ACCOUNT, invocationMessage, type RecordOptions } from "../support/invocation-record.ts";
import { lambdaContext } from "../support/lambda-context.ts";

export const LOG_GROUP = "/bedrock-governor/test/invocations";
export const LOG_STREAM = "aws/bedrock/modelinvocations";
/** Records of tests are of 08:00:30. */
export const BEGIN = MONDAY + 8 * 3_600_000 + 40_000;

/** The nth event of the log: a call of its own, unless its message is given. */
export const logEvent = (n: number, record: RecordOptions | string = {}): LogEvent => ({
  id: `39${String(n).padStart(54, "0")}`,
  timestamp: BEGIN - 5_000 + n,
  message: typeof record === "string" ? record : invocationMessage({ requestId: `request-${n}`, ...record }),
});

/** As CloudWatch Logs delivers it. */
export const delivered = (logEvents: readonly LogEvent[], change: object = {}) =>
  packed({
    messageType: "DATA_MESSAGE",
    owner: ACCOUNT,
    logGroup: LOG_GROUP,
    logStream: LOG_STREAM,
    subscriptionFilters: ["bedrock-governor"],
    logEvents,
    ...change,
  });

export const packed = (envelope: unknown) => ({
  awslogs: { data: gzipSync(JSON.stringify(envelope)).toString("base64") },
});

/** As Lambda gives messages of a queue. */
export const queued = (...pointers: readonly unknown[]) => ({
  Records: pointers.map((pointer, index) => ({
    messageId: `message-${index + 1}`,
    eventSource: "aws:sqs",
    body: JSON.stringify(pointer),
  })),
});

/** A table, a log, a replay queue, a bus, and meters on them. */
export function meterScene() {
  const { table, clock, process, reader } = setUp({ at: BEGIN });
  const log = new Map<string, LogEvent>();
  const scene = {
    table,
    clock,
    queue: [] as ReplayPointer[],
    wakes: [] as number[],
    aliases: new Map<string, string>(),
    rules: [] as PriceRule[],
    broken: new Set<"queue" | "bus" | "rules" | "logs">(),
  };
  const unless = (what: "queue" | "bus" | "rules" | "logs") => {
    if (scene.broken.has(what)) throw new Error(`the ${what} is out of order`);
  };

  /** A process of its own. */
  function meter(around?: Around) {
    const wait = async (ms: number) => {
      clock.at += ms;
    };
    const store = { ...process(around), wait };
    const handler = createMeterHandler({
      ...createLogger({ stage: "test" }),
      metrics: createMetrics({ stage: "test" }),
      account: ACCOUNT,
      logGroup: LOG_GROUP,
      now: store.now,
      wait: store.wait,
      reference: createReference({
        aliases: { recall: async () => scene.aliases },
        rules: {
          async read() {
            unless("rules");
            return scene.rules;
          },
        },
        now: store.now,
        stale: () => {},
      }),
      writer: createUsageWriter({ ...store, wait: async () => {} }),
      setAside: createSetAside({ ...store, wait: async () => {} }),
      wakeMark: createWakeMark(store),
      async wake() {
        unless("bus");
        scene.wakes.push(clock.at);
      },
      replayQueue: {
        async put(pointer) {
          unless("queue");
          scene.queue.push(pointer);
        },
      },
      logEvents: {
        async read({ ids }) {
          unless("logs");
          return ids.map((id) => {
            const event = log.get(id);
            if (event === undefined) throw new Error("1 of 1 log events are not there");
            return event;
          });
        },
      },
    });
    return (event: unknown, remainingMs = 60_000) => handler(event, lambdaContext(remainingMs));
  }

  return {
    ...scene,
    scene,
    meter,
    /** Delivers events of the log to a meter. */
    deliver(events: readonly LogEvent[], to = meter()) {
      for (const event of events) log.set(event.id, event);
      return to(delivered(events));
    },
    written: (partition: string) => table.items().filter(({ pk }) => pk?.S?.startsWith(partition)),
    async totals(measure: Parameters<typeof ask>[0] = "totalTokens") {
      const [reading] = await reader().read([ask(measure, { start: MONDAY, end: MONDAY + DAY })]);
      return seen(reading);
    },
  };
}
