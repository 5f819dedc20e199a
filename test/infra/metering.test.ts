import { beforeAll, describe, expect, it } from "vitest";
import { synthesize } from "../support/sst-mocks.ts";
import {
  environmentOf,
  exampleStage,
  FUNCTION,
  functionOf,
  metering,
  observing,
  policyOf,
  REMOVAL,
  ROLE,
  type Stage,
  tableOf,
} from "./example-stage.ts";

const SUBSCRIPTION = "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter";
const PERMISSION = "aws:lambda/permission:Permission";
const MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping";
const QUEUE = "aws:sqs/queue:Queue";
const INVOKE_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig";

const OWN_LOG = "/bedrock-governor/example/invocations";
/** Region, log group. */
const METERED: readonly [string, string][] = [
  ["eu-central-1", "/acme/bedrock"],
  ["us-east-1", OWN_LOG],
];
const nameOf = (region: string) => (region === "us-east-1" ? "meter elsewhere" : "meter");

let stage: Stage;
beforeAll(async () => {
  stage = await exampleStage(metering);
});
const inputs = (type: string, name?: string) => stage.the(type, name).inputs;

describe.each(METERED)("the meter of %s", (region, logGroup) => {
  const meterArn = `arn:aws:lambda:${region}:123456789012:function:bedrock-governor-example-meter`;
  const queueArn = (what: string) => `arn:aws:sqs:${region}:123456789012:bedrock-governor-example-${what}`;

  it("is there with all that belongs to it", () => {
    const all = stage.resources.filter(
      ({ name, custom }) => custom && new RegExp(`^(Meter|Replay).*${region}`).test(name),
    );
    expect(all.length).toBeGreaterThan(10);
    expect(all.filter((one) => one.region !== region).map(({ name }) => name)).toEqual([]);
  });

  it("is given code from the bucket that SST has in that region, since Lambda takes it from no other", () => {
    expect(functionOf(stage, nameOf(region)).inputs).toMatchObject({ s3Bucket: `sst-asset-${region}` });
    expect(inputs("aws:s3/bucketObjectv2:BucketObjectv2", `Meter-${region}Code`)).toMatchObject({
      bucket: `sst-asset-${region}`,
    });
  });

  it("is handed all that is written to the log group, and to no other", () => {
    expect(inputs(SUBSCRIPTION, `Meter-${region}`)).toEqual({
      region,
      name: "bedrock-governor-example-meter",
      logGroup,
      filterPattern: "",
      destinationArn: meterArn,
      distribution: "ByLogStream",
    });
    const invokers = stage.ofType(PERMISSION).filter((one) => one.name.startsWith("Meter") && one.region === region);
    expect(invokers.map((one) => one.inputs)).toEqual([
      {
        region,
        function: "bedrock-governor-example-meter",
        action: "lambda:InvokeFunction",
        principal: "logs.amazonaws.com",
        sourceArn: `arn:aws:logs:${region}:123456789012:log-group:${logGroup}:*`,
        sourceAccount: "123456789012",
      },
    ]);
  });

  it("is told where the table and the bus are, which are at home, and where it is itself", () => {
    expect(environmentOf(stage, nameOf(region))).toEqual({
      GOVERNOR_STAGE: "example",
      GOVERNOR_ACCOUNT: "123456789012",
      GOVERNOR_PARTITION: "aws",
      GOVERNOR_HOME_REGION: "eu-central-1",
      GOVERNOR_TABLE: tableOf(stage),
      GOVERNOR_BUS: "bedrock-governor-example",
      GOVERNOR_REPLAY_QUEUE: `https://sqs.${region}.amazonaws.com/123456789012/bedrock-governor-example-replay`,
      GOVERNOR_LOG_GROUP: logGroup,
      NODE_OPTIONS: "--max-semi-space-size=16 --max-old-space-size=384",
      POWERTOOLS_SERVICE_NAME: "bedrock-governor-example",
      POWERTOOLS_METRICS_NAMESPACE: "BedrockGovernor",
    });
  });

  it("is tried twice more, and what failed for good goes nowhere: it may hold prompts", () => {
    expect(inputs(INVOKE_CONFIG, `Meter-${region}EventInvokeConfig`)).toEqual({
      functionName: "bedrock-governor-example-meter",
      maximumRetryAttempts: 2,
    });
    expect(functionOf(stage, nameOf(region)).inputs).not.toHaveProperty("deadLetterConfig");
    expect(inputs(MAPPING, `Replay-${region}`)).not.toHaveProperty("destinationConfig");
  });

  it("replays batches one by one from a queue that waits six times as long as the meter may take", () => {
    const { timeout } = functionOf(stage, nameOf(region)).inputs as { timeout: number };
    expect(inputs(QUEUE, `Replay-${region}`)).toMatchObject({
      name: "bedrock-governor-example-replay",
      sqsManagedSseEnabled: true,
      visibilityTimeoutSeconds: 6 * timeout,
    });
    expect(inputs(MAPPING, `Replay-${region}`)).toMatchObject({
      eventSourceArn: queueArn("replay"),
      functionName: meterArn,
      batchSize: 1,
      functionResponseTypes: ["ReportBatchItemFailures"],
    });
  });

  it("tries a replay for twice the two days in which its usage is taken, and keeps for two weeks what came to nothing", () => {
    const { redrivePolicy, visibilityTimeoutSeconds } = inputs(QUEUE, `Replay-${region}`);
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(String(redrivePolicy));
    expect(deadLetterTargetArn).toBe(queueArn("replay-dead-letters"));
    expect(maxReceiveCount * Number(visibilityTimeoutSeconds)).toBe(4 * 24 * 60 * 60);
    // More SQS does not take.
    expect(maxReceiveCount).toBeLessThanOrEqual(1_000);
    expect(inputs(QUEUE, `ReplayDeadLetters-${region}`)).toMatchObject({
      name: "bedrock-governor-example-replay-dead-letters",
      sqsManagedSseEnabled: true,
      messageRetentionSeconds: 1_209_600,
    });
    const { redriveAllowPolicy } = inputs("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", `Replay-${region}`);
    expect(JSON.parse(String(redriveAllowPolicy))).toEqual({
      redrivePermission: "byQueue",
      sourceQueueArns: [queueArn("replay")],
    });
  });
});

describe("a log that was there before", () => {
  it("is subscribed to, and nothing else is done to it or to Bedrock's configuration", () => {
    const there = stage.resources.filter(
      ({ region, inputs }) => region === "eu-central-1" && JSON.stringify(inputs).includes("/acme/bedrock"),
    );
    expect(there.map(({ name }) => name).sort()).toEqual([
      "LogDeliveryErrors-eu-central-1",
      "LogDeliveryThrottling-eu-central-1",
      "Meter-eu-central-1", // its permission
      "Meter-eu-central-1", // its subscription
      "Meter-eu-central-1Function",
      "Meter-eu-central-1Role",
      "SubscriptionMissing-eu-central-1",
    ]);
    expect(
      stage
        .ofType(FUNCTION)
        .filter(({ name }) => name.startsWith("Logging"))
        .map(({ region }) => region),
    ).toEqual(["us-east-1"]);
  });
});

describe("a log of the stage's own", () => {
  it("is kept for 60 days", () => {
    expect(inputs("aws:cloudwatch/logGroup:LogGroup", "Invocations-us-east-1")).toEqual({
      region: "us-east-1",
      name: OWN_LOG,
      retentionInDays: 60,
    });
  });

  it("stays with its records in a protected stage that is metered no more, and is there to be metered again", async () => {
    const LOG = "aws:cloudwatch/logGroup:LogGroup";
    const own = async (stage: string, wanted: string) => {
      const metering = { "us-east-1": wanted };
      const { ofType } = await synthesize(stage, { settings: { ...observing, metering } });
      const groups = ofType(LOG).map(({ urn, region, inputs }) => ({ urn, region, name: inputs.name }));
      return groups.filter(({ name }) => String(name).endsWith("/invocations"));
    };
    const kept = await own("production", "manage");
    expect(kept.map(({ region }) => region).sort()).toEqual(["eu-central-1", "us-east-1"]);
    const after = await own("production", "off");
    expect(new Set(after)).toEqual(new Set(kept));
    expect(await own("example", "off")).toEqual([]);
  });

  it("is switched on by a function that Pulumi tells why, once the meter is subscribed", () => {
    const switchedOn = stage.the(REMOVAL, "Logging-us-east-1");
    expect(switchedOn.inputs).toEqual({
      region: "us-east-1",
      functionName: "bedrock-governor-example-logging",
      input: "{}",
      lifecycleScope: "CRUD",
    });
    expect(stage.isAfter(switchedOn, stage.the(SUBSCRIPTION, "Meter-us-east-1"))).toBe(true);
    expect(functionOf(stage, "logging").region).toBe("us-east-1");
    expect(environmentOf(stage, "logging")).toMatchObject({
      GOVERNOR_LOG_GROUP: OWN_LOG,
      GOVERNOR_LOGGING_ROLE:
        "arn:aws:iam::123456789012:role/bedrock-governor/example/bedrock-governor-example-log-writer",
    });
  });

  it("is written by Bedrock, for this account and region, and by a role that can do nothing else", () => {
    const writer = stage.the(ROLE, "LogWriter");
    expect(JSON.parse(String(writer.inputs.assumeRolePolicy)).Statement).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "bedrock.amazonaws.com" },
        Action: "sts:AssumeRole",
        Condition: {
          StringEquals: { "aws:SourceAccount": "123456789012" },
          ArnLike: { "aws:SourceArn": ["arn:aws:bedrock:us-east-1:123456789012:*"] },
        },
      },
    ]);
    expect(policyOf(writer).Statement).toEqual([
      {
        Effect: "Allow",
        Action: ["logs:CreateLogStream", "logs:PutLogEvents"],
        Resource: [`arn:aws:logs:us-east-1:123456789012:log-group:${OWN_LOG}:log-stream:aws/bedrock/modelinvocations`],
      },
    ]);
  });
});

describe("roll-ups", () => {
  it("happen at home each minute, and are tried again by the next minute only", () => {
    expect(functionOf(stage, "roll-up")).toMatchObject({ region: "eu-central-1" });
    expect(environmentOf(stage, "roll-up")).toMatchObject({ GOVERNOR_TABLE: tableOf(stage) });
    expect(inputs("aws:cloudwatch/eventRule:EventRule", "RollUp")).toMatchObject({
      name: "bedrock-governor-example-roll-up",
      scheduleExpression: "rate(1 minute)",
    });
    expect(inputs("aws:cloudwatch/eventTarget:EventTarget", "RollUp")).toMatchObject({
      arn: "arn:aws:lambda:eu-central-1:123456789012:function:bedrock-governor-example-roll-up",
      retryPolicy: { maximumRetryAttempts: 0 },
    });
    expect(inputs(INVOKE_CONFIG, "RollUpEventInvokeConfig")).toMatchObject({ maximumRetryAttempts: 0 });
    expect(inputs(PERMISSION, "RollUp")).toMatchObject({
      function: "bedrock-governor-example-roll-up",
      principal: "events.amazonaws.com",
      sourceArn: "arn:aws:events:eu-central-1:123456789012:rule/bedrock-governor-example-roll-up",
    });
  });
});

describe("the reconciler", () => {
  it("is told which regions are metered", () => {
    expect(environmentOf(stage, "reconcile")).toMatchObject({ GOVERNOR_METERING: "eu-central-1,us-east-1" });
  });

  it("is told of none where there is none, and of those alone that are not off", async () => {
    expect(environmentOf(await exampleStage(observing), "reconcile")).not.toHaveProperty("GOVERNOR_METERING");
    const one = await exampleStage({ ...observing, metering: { "eu-central-1": "off", "us-east-1": "manage" } });
    expect(environmentOf(one, "reconcile")).toMatchObject({ GOVERNOR_METERING: "us-east-1" });
  });
});

describe("a stage that enforces nothing", () => {
  it("meters as well", async () => {
    const { enforcement } = observing;
    const none = await exampleStage({ ...metering, enforcement });
    for (const [region] of METERED) expect(none.the(SUBSCRIPTION, `Meter-${region}`).region).toBe(region);
    const invoked = none.ofType(REMOVAL).map(({ name }) => name);
    expect(invoked.sort()).toEqual(["Logging-us-east-1", "Metered"]);
  });
});

describe("names", () => {
  it("fit what AWS allows, with a stage's name as long as may be", async () => {
    const long = await synthesize("a".repeat(30), { settings: metering });
    const longest = (type: string) => Math.max(...long.ofType(type).map(({ inputs }) => String(inputs.name).length));
    expect(longest(FUNCTION)).toBeLessThanOrEqual(64);
    expect(longest(ROLE)).toBeLessThanOrEqual(64);
    expect(longest(QUEUE)).toBeLessThanOrEqual(80);
    expect(longest("aws:cloudwatch/eventRule:EventRule")).toBeLessThanOrEqual(64);
  });
});
