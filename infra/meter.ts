import { recallPermissions } from "@bedrock-governor/aws/dynamodb/known-aliases";
import { readPermissions as priceRules } from "@bedrock-governor/aws/dynamodb/price-rules";
import { wakeMarkPermissions, writerPermissions } from "@bedrock-governor/aws/dynamodb/usage/permissions";
import { permissions as setAside } from "@bedrock-governor/aws/dynamodb/usage/set-aside";
import { permissions as wake } from "@bedrock-governor/aws/eventbridge/wake";
import { permissions as logEvents } from "@bedrock-governor/aws/logs/log-events";
import { consumerPermissions, permissions as replayQueue } from "@bedrock-governor/aws/sqs/replay-queue";
import { createFunction } from "./function.ts";
import { METER_NODE_OPTIONS } from "./meter-memory.ts";
import type { MeteredRegion } from "./metered-regions.ts";
import { bus, busName } from "./notifications.ts";
import { arn, named, place } from "./stage.ts";
import { allow } from "./statements.ts";
import { table } from "./storage.ts";

export const meterName = named("meter");

const replayName = named("replay");
const TIMEOUT_SECONDS = 60;
const TWO_WEEKS = 14 * 24 * 60 * 60;

export interface Meter extends MeteredRegion {
  readonly subscription: aws.cloudwatch.LogSubscriptionFilter;
  /** Of pointers that the meter could neither count nor give up. */
  readonly deadLetters: aws.sqs.Queue;
}

/**
 * Reads a region's invocation log as it is written, and writes what it sums up to the table at home.
 *
 * @param after what the log group needs to be there
 */
export function createMeter(metered: MeteredRegion, after: aws.cloudwatch.LogGroup[] = []): Meter {
  const { region, logGroup } = metered;
  /** Table and bus are at home; log and queue are where the meter is. */
  const there = { ...place, region };
  const { replay, deadLetters } = createReplay(region);
  const meter = createFunction(`Meter-${region}`, {
    name: "meter",
    region,
    description: "Sums up who used which model; reads no prompt, denies nobody",
    handler: "packages/functions/src/meter.handler",
    timeout: `${TIMEOUT_SECONDS} seconds`,
    // Six megabytes of log at once take less than a third of it.
    memory: "512 MB",
    permissions: table.name.apply((name) =>
      allow(
        ...writerPermissions(place, name),
        ...wakeMarkPermissions(place, name),
        ...setAside(place, name),
        ...recallPermissions(place, name),
        ...priceRules(place, name),
        ...wake(place, busName),
        ...logEvents(there, logGroup),
        ...replayQueue(there, replayName),
        ...consumerPermissions(there, replayName),
      ),
    ),
    environment: {
      NODE_OPTIONS: METER_NODE_OPTIONS,
      GOVERNOR_HOME_REGION: place.region,
      GOVERNOR_TABLE: table.name,
      GOVERNOR_BUS: bus.name,
      GOVERNOR_REPLAY_QUEUE: replay.url,
      GOVERNOR_LOG_GROUP: logGroup,
    },
    // No destination for what failed for good: it would hold the payload, and in an existing log that may be prompts.
    retries: { times: 2 },
  });
  const lambda = meter.nodes.function;
  new aws.lambda.EventSourceMapping(`Replay-${region}`, {
    region,
    eventSourceArn: replay.arn,
    functionName: lambda.arn,
    batchSize: 1,
    functionResponseTypes: ["ReportBatchItemFailures"],
    // What could not be written is not written by more of the same at once.
    scalingConfig: { maximumConcurrency: 2 },
  });
  const permission = new aws.lambda.Permission(`Meter-${region}`, {
    region,
    function: lambda.name,
    action: "lambda:InvokeFunction",
    principal: "logs.amazonaws.com",
    sourceArn: arn("logs", `log-group:${logGroup}:*`, region),
    sourceAccount: place.account,
  });
  const subscription = new aws.cloudwatch.LogSubscriptionFilter(
    `Meter-${region}`,
    {
      region,
      // A log group has room for two. An existing one may hold one already, whoever made it.
      name: meterName,
      logGroup,
      filterPattern: "",
      destinationArn: lambda.arn,
      distribution: "ByLogStream",
    },
    { dependsOn: [permission, ...after] },
  );
  return { ...metered, subscription, deadLetters };
}

/** Batches that could not be written, as pointers into the log group: nothing of the log itself. */
function createReplay(region: string) {
  const queue = { region, sqsManagedSseEnabled: true, messageRetentionSeconds: TWO_WEEKS };
  const deadLetters = new aws.sqs.Queue(`ReplayDeadLetters-${region}`, {
    ...queue,
    name: named("replay-dead-letters"),
  });
  const replay = new aws.sqs.Queue(`Replay-${region}`, {
    ...queue,
    name: replayName,
    visibilityTimeoutSeconds: 6 * TIMEOUT_SECONDS,
    // Four days, at one try in six minutes: two in which the usage is taken, and two to note that it is not any more.
    redrivePolicy: deadLetters.arn.apply((deadLetterTargetArn) =>
      JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 960 }),
    ),
  });
  new aws.sqs.RedriveAllowPolicy(`Replay-${region}`, {
    region,
    queueUrl: deadLetters.url,
    redriveAllowPolicy: replay.arn.apply((arn) =>
      JSON.stringify({ redrivePermission: "byQueue", sourceQueueArns: [arn] }),
    ),
  });
  return { replay, deadLetters };
}
