import { gzipSync } from "node:zlib";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import type { LogEvent } from "@bedrock-governor/aws/logs/log-events";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { MeterAnswer } from "@bedrock-governor/functions/meter-handler";
import { type EmulatedAws, OPUS } from "../support/aws-front/describe-with-aws.ts";
import { invocationMessage, type RecordOptions } from "../support/invocation-record.ts";
import type { Account } from "./account.ts";
import type { StartedFunction } from "./functions.ts";

const ACCOUNT = "123456789012";
const LOG_STREAM = "aws/bedrock/modelinvocations";
/** Between a call and its being in the log. */
const LATE_BY_MS = 5_000;

/** A call of one token unless said otherwise, that is in the log now. */
export interface LoggedCall {
  readonly role: string;
  readonly tokens?: number;
  readonly model?: string;
  readonly at?: EpochMs;
}

/**
 * The invocation log of the region that a meter is in, and the meter's replay queue.
 *
 * @param place what the meter's environment says of them
 */
export async function createInvocationLog(
  { moto, front }: EmulatedAws,
  account: Account,
  place: Readonly<Record<string, string>> = account.environment,
) {
  const { AWS_REGION: region = "", GOVERNOR_LOG_GROUP: logGroup = "", GOVERNOR_REPLAY_QUEUE: queue = "" } = place;
  const client = { ...moto.client, endpoint: front.endpoint, region };
  const logs = new CloudWatchLogsClient(client);
  const sqs = new SQSClient(client);
  const stream = { logGroupName: logGroup, logStreamName: LOG_STREAM };
  const known = new Set<string>();
  let calls = 0;

  await logs.send(new CreateLogGroupCommand({ logGroupName: logGroup }));
  await logs.send(new CreateLogStreamCommand(stream));
  const QueueName = queue.split("/").at(-1);
  // What stays in the queue is there again at once: in Lambda's hands it takes six minutes.
  await sqs.send(new CreateQueueCommand({ QueueName, Attributes: { VisibilityTimeout: "0" } }));

  function messageOf({ role, tokens = 1, model = OPUS, at = account.now() - LATE_BY_MS }: LoggedCall): string {
    const record: RecordOptions = {
      arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/session`,
      accountId: ACCOUNT,
      region,
      timestamp: new Date(at).toISOString(),
      requestId: `request-${++calls}`,
      modelId: model,
      input: { inputTokenCount: tokens },
      output: { outputTokenCount: 0 },
    };
    return invocationMessage(record);
  }

  /** Writes to the log. @returns the events as they are in it */
  async function write(some: readonly (LoggedCall | string)[]): Promise<readonly LogEvent[]> {
    const timestamp = account.now();
    const messages = some.map((one) => (typeof one === "string" ? one : messageOf(one)));
    const logEvents = messages.map((message) => ({ timestamp, message }));
    await logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
    const written: LogEvent[] = [];
    for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, { logGroupName: logGroup })) {
      for (const { eventId: id = "", message = "" } of events) {
        if (known.has(id) || !messages.includes(message)) continue;
        known.add(id);
        written.push({ id, timestamp, message });
      }
    }
    return written;
  }

  /** What CloudWatch Logs hands a meter. */
  function delivery(logEvents: readonly LogEvent[]) {
    const envelope = {
      messageType: "DATA_MESSAGE",
      owner: ACCOUNT,
      logGroup,
      logStream: LOG_STREAM,
      subscriptionFilters: ["bedrock-governor-on-moto-meter"],
      logEvents,
    };
    return { awslogs: { data: gzipSync(JSON.stringify(envelope)).toString("base64") } };
  }

  return {
    write,
    delivery,
    /** Writes to the log, and hands a meter what was written. */
    async meter(meter: StartedFunction, some: readonly (LoggedCall | string)[]): Promise<void> {
      await meter.invoke(delivery(await write(some)));
    },
    /** Events as Bedrock would write them, which are in no log. */
    made: (some: readonly LoggedCall[]): readonly LogEvent[] =>
      some.map((call) => {
        const message = messageOf(call);
        return { id: `39${String(calls).padStart(54, "0")}`, timestamp: account.now(), message };
      }),
    /** Bodies of what is in the replay queue. */
    async kept(): Promise<readonly string[]> {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10 }));
      return Messages.map(({ Body = "" }) => Body);
    },
    /** Hands a meter what is in the replay queue as Lambda does, one message at a time; each is gone when it succeeded. */
    async replay(meter: StartedFunction): Promise<void> {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: queue, MaxNumberOfMessages: 10 }));
      for (const { MessageId: messageId, Body: body, ReceiptHandle } of Messages) {
        const answer = await meter.invoke({ Records: [{ messageId, body, eventSource: "aws:sqs" }] });
        if ((answer as MeterAnswer).batchItemFailures.length > 0) continue;
        await sqs.send(new DeleteMessageCommand({ QueueUrl: queue, ReceiptHandle }));
      }
    },
  };
}

export type InvocationLog = Awaited<ReturnType<typeof createInvocationLog>>;
