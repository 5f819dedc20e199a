import { beforeAll, describe, expect, it } from "vitest";
import { exampleStage, metering, type Stage } from "./example-stage.ts";

const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const topic = (region: string) => `arn:aws:sns:${region}:123456789012:bedrock-governor-example-operations`;

let stage: Stage;
beforeAll(async () => {
  stage = await exampleStage(metering);
});
const alarm = (name: string) => stage.the(ALARM, name).inputs;
const namesIn = (region: string) =>
  stage
    .ofType(ALARM)
    .filter((one) => one.inputs.region === region)
    .map(({ inputs }) => inputs.name)
    .sort();

describe.each([
  ["eu-central-1", "/acme/bedrock"],
  ["us-east-1", "/bedrock-governor/example/invocations"],
])("about the meter of %s an alarm rings there", (region, logGroup) => {
  const always = { comparisonOperator: "GreaterThanThreshold", treatMissingData: "notBreaching" };
  const byItself = { namespace: "BedrockGovernor", dimensions: { service: "bedrock-governor-example" } };

  it("under a name that an operator finds", () => {
    expect(namesIn(region)).toEqual([
      "bedrock-governor-example-log-delivery-errors",
      "bedrock-governor-example-log-delivery-throttling",
      "bedrock-governor-example-meter-delay",
      "bedrock-governor-example-meter-dropped",
      "bedrock-governor-example-meter-errors",
      "bedrock-governor-example-refused-usage",
      "bedrock-governor-example-rejected-records",
      "bedrock-governor-example-replay-dead-letters",
      "bedrock-governor-example-subscription-missing",
    ]);
  });

  it("on errors in 3 of 5 minutes, and on each batch that Lambda gives up", () => {
    const ofMeter = { namespace: "AWS/Lambda", dimensions: { FunctionName: "bedrock-governor-example-meter" } };
    expect(alarm(`MeterErrors-${region}`)).toMatchObject({
      ...always,
      ...ofMeter,
      metricName: "Errors",
      threshold: 0,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
    });
    expect(alarm(`MeterDropped-${region}`)).toMatchObject({
      ...always,
      ...ofMeter,
      metricName: "AsyncEventsDropped",
      threshold: 0,
      period: 300,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
    });
  });

  it.each(["DeliveryErrors", "DeliveryThrottling"])(
    "on %s of this subscription, whatever its type is called",
    (metric) => {
      expect(alarm(`Log${metric}-${region}`)).toMatchObject({
        ...always,
        metricQueries: [
          {
            expression: `SELECT SUM(${metric}) FROM "AWS/Logs" WHERE LogGroupName = '${logGroup}' AND FilterName = 'bedrock-governor-example-meter'`,
          },
        ],
        threshold: 0,
      });
    },
  );

  it("when records arrive and the meter is invoked for none, as in 3 periods of an hour; it names the filter", () => {
    const sumOf = { stat: "Sum", period: 300 };
    expect(alarm(`SubscriptionMissing-${region}`)).toMatchObject({
      ...always,
      alarmDescription: expect.stringContaining(
        `the subscription filter bedrock-governor-example-meter on ${logGroup} is missing or was replaced`,
      ),
      metricQueries: [
        { expression: "IF(handed == 0, arrived, 0)", returnData: true },
        { id: "handed", expression: "SUM([nothing, invoked])" },
        { id: "nothing", expression: "arrived * 0" },
        {
          id: "arrived",
          metric: {
            ...sumOf,
            namespace: "AWS/Logs",
            metricName: "IncomingLogEvents",
            dimensions: { LogGroupName: logGroup },
          },
        },
        {
          id: "invoked",
          metric: {
            ...sumOf,
            namespace: "AWS/Lambda",
            metricName: "Invocations",
            dimensions: { FunctionName: "bedrock-governor-example-meter" },
          },
        },
      ],
      threshold: 0,
      evaluationPeriods: 12,
      datapointsToAlarm: 3,
    });
  });

  it("when usage came too late to be counted", () => {
    expect(alarm(`RefusedUsage-${region}`)).toMatchObject({
      ...always,
      ...byItself,
      metricName: "RefusedUsage",
      statistic: "Sum",
      threshold: 0,
    });
  });

  it("when a replay could not even be given up", () => {
    expect(alarm(`ReplayDeadLetters-${region}`)).toMatchObject({
      ...always,
      namespace: "AWS/SQS",
      dimensions: { QueueName: "bedrock-governor-example-replay-dead-letters" },
      threshold: 0,
    });
  });

  it("on poison records, as no more than a note", () => {
    expect(alarm(`RejectedRecords-${region}`)).toMatchObject({
      ...always,
      ...byItself,
      metricName: "RejectedRecords",
      statistic: "Sum",
      threshold: 0,
      alarmDescription: expect.stringContaining("Low severity"),
    });
  });

  it("when one in twenty batches is counted more than 5 minutes late", () => {
    expect(alarm(`MeterDelay-${region}`)).toMatchObject({
      ...always,
      ...byItself,
      metricName: "MeterDelay",
      extendedStatistic: "p95",
      threshold: 300,
    });
  });

  it("on the topic of that region, of which no other can hear", () => {
    for (const { inputs } of stage.ofType(ALARM).filter((one) => one.inputs.region === region)) {
      expect(inputs).toMatchObject({ alarmActions: [topic(region)], okActions: [topic(region)] });
      expect(inputs.alarmDescription).toMatch(new RegExp(`^${region}: `));
    }
  });

  it("only once the meter is subscribed", () => {
    const subscription = stage.the("aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter", `Meter-${region}`);
    const ofMeter = stage.ofType(ALARM).filter((one) => one.inputs.region === region);
    expect(ofMeter.every((one) => stage.isAfter(one, subscription))).toBe(true);
  });
});

describe("about roll-ups an alarm rings at home", () => {
  it("when none succeeded for 30 minutes, and when nothing is heard at all", () => {
    const metric = (metricName: string) => ({
      metric: {
        namespace: "AWS/Lambda",
        metricName,
        dimensions: { FunctionName: "bedrock-governor-example-roll-up" },
        period: 300,
        stat: "Sum",
      },
    });
    expect(alarm("RollUpFailing")).toMatchObject({
      name: "bedrock-governor-example-roll-up-failing",
      metricQueries: [
        { expression: "invocations - errors", returnData: true },
        { id: "invocations", ...metric("Invocations") },
        { id: "errors", ...metric("Errors") },
      ],
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      evaluationPeriods: 6,
      treatMissingData: "breaching",
      alarmActions: [topic("eu-central-1")],
    });
  });
});

describe("the topic of a further region", () => {
  it("is there where something is metered, takes alarms of that region alone, and reaches the same people", () => {
    const topics = stage.ofType("aws:sns/topic:Topic").filter(({ name }) => name.startsWith("Operations"));
    expect(topics.map(({ region }) => region)).toEqual(["eu-central-1", "us-east-1"]);
    const { policy } = stage.the("aws:sns/topicPolicy:TopicPolicy", "OperationsPolicy-us-east-1").inputs;
    expect(JSON.parse(String(policy)).Statement).toMatchObject([
      {
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Resource: topic("us-east-1"),
        Condition: {
          StringEquals: { "aws:SourceAccount": "123456789012" },
          ArnLike: { "aws:SourceArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*" },
        },
      },
    ]);
    const subscribed = stage.ofType("aws:sns/topicSubscription:TopicSubscription").map(({ inputs }) => inputs);
    const mailed = subscribed.filter(({ protocol }) => protocol === "email");
    expect(mailed).toMatchObject([
      { topic: topic("eu-central-1"), endpoint: "ops@example.com" },
      { topic: topic("us-east-1"), endpoint: "ops@example.com" },
    ]);
  });

  it("is named in the stage's outputs, for who listens in another way", () => {
    expect(stage.outputs).toMatchObject({
      operations: topic("eu-central-1"),
      furtherOperations: [topic("us-east-1")],
    });
  });
});
