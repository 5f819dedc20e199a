import { beforeAll, describe, expect, it } from "vitest";
import { enforcing, exampleStage, observing, type Stage } from "./example-stage.ts";

const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const TOPIC = "arn:aws:sns:eu-central-1:123456789012:bedrock-governor-example-operations";

let stage: Stage;
beforeAll(async () => {
  stage = await exampleStage(enforcing);
});
const alarm = (name: string) => stage.the(ALARM, name).inputs;
const names = (of: Stage) => of.ofType(ALARM).map(({ inputs }) => inputs.name);

describe("an alarm rings", () => {
  it.each([
    ["Failures", "bedrock-governor-example-reconcile"],
    ["PublisherErrors", "bedrock-governor-example-publish"],
  ])("on %s: errors of %s in 3 of 5 minutes", (name, FunctionName) => {
    expect(alarm(name)).toMatchObject({
      namespace: "AWS/Lambda",
      metricName: "Errors",
      dimensions: { FunctionName },
      statistic: "Sum",
      period: 60,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      treatMissingData: "notBreaching",
    });
  });

  it("when no run succeeded for 5 minutes, and when nothing is heard at all", () => {
    expect(alarm("NoSuccess")).toMatchObject({
      namespace: "BedrockGovernor",
      metricName: "SuccessfulRuns",
      dimensions: { service: "bedrock-governor-example" },
      statistic: "Sum",
      period: 300,
      evaluationPeriods: 1,
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      treatMissingData: "breaching",
    });
  });

  it.each([
    ["BlockedDenies", "BlockedDenies", 5],
    ["HeldPlan", "HeldPlans", 5],
    ["UnknownUsage", "UnknownReadings", 15],
    ["UnreadCatalogue", "UnreadLists", 30],
  ])("on %s: there are %s for %i minutes", (name, metricName, minutes) => {
    expect(alarm(name)).toMatchObject({
      namespace: "BedrockGovernor",
      metricName,
      dimensions: { service: "bedrock-governor-example" },
      statistic: "Maximum",
      period: 300,
      evaluationPeriods: minutes / 5,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      treatMissingData: "notBreaching",
    });
  });

  it("when something comes into the dead-letter queue, and not for as long as it stays there", () => {
    expect(alarm("DeadLetters")).toMatchObject({
      namespace: "AWS/SQS",
      metricName: "NumberOfMessagesSent",
      dimensions: { QueueName: "bedrock-governor-example-dead-letters" },
      statistic: "Sum",
      period: 300,
      evaluationPeriods: 1,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      treatMissingData: "notBreaching",
    });
  });

  it("on one topic, which hears of its end as well", () => {
    for (const { inputs } of stage.ofType(ALARM)) {
      expect(inputs).toMatchObject({ alarmActions: [TOPIC], okActions: [TOPIC] });
    }
  });

  it("only once the schedule works", () => {
    const schedules = ["Schedule", "NoticeSchedule"].map((id) =>
      stage.the("aws:cloudwatch/eventTarget:EventTarget", id),
    );
    for (const each of stage.ofType(ALARM)) {
      expect(schedules.some((schedule) => stage.isAfter(each, schedule))).toBe(true);
    }
  });
});

describe("alarms", () => {
  it("have names that an operator finds", async () => {
    expect(names(stage).sort()).toEqual([
      "bedrock-governor-example-blocked-denies",
      "bedrock-governor-example-dead-letters",
      "bedrock-governor-example-failures",
      "bedrock-governor-example-held-plan",
      "bedrock-governor-example-no-success",
      "bedrock-governor-example-notices-failing",
      "bedrock-governor-example-publisher-errors",
      "bedrock-governor-example-undelivered-notices",
      "bedrock-governor-example-unknown-usage",
      "bedrock-governor-example-unread-catalogue",
    ]);
    expect(names(await exampleStage(observing))).not.toContain("bedrock-governor-example-publisher-errors");
  });

  it("reach those named in the settings by mail", () => {
    expect(stage.the("aws:sns/topicSubscription:TopicSubscription", "Operations-ops@example.com").inputs).toEqual({
      topic: TOPIC,
      protocol: "email",
      endpoint: "ops@example.com",
    });
  });

  it("of this account and region alone may publish there", () => {
    expect(stage.the("aws:sns/topic:Topic", "Operations").inputs).toEqual({
      name: "bedrock-governor-example-operations",
    });
    expect(
      JSON.parse(String(stage.the("aws:sns/topicPolicy:TopicPolicy", "OperationsPolicy").inputs.policy)).Statement,
    ).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: "sns:Publish",
        Resource: TOPIC,
        Condition: {
          StringEquals: { "aws:SourceAccount": "123456789012" },
          ArnLike: { "aws:SourceArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:*" },
        },
      },
    ]);
  });
});

describe("the alarm that wakes a quiet region", () => {
  const busy = (of: Stage) => of.ofType(ALARM).filter(({ inputs }) => inputs.metricQueries !== undefined);

  it("is not there unless asked for, and then nothing speaks of a price", () => {
    expect(busy(stage)).toEqual([]);
    expect(stage.outputs).not.toHaveProperty("busyAlarms");
  });

  it("asks each region's CloudWatch for the calls of all models, each counted once", async () => {
    const asked = await exampleStage({ ...enforcing, wakeAt: { invocationsPerMinute: 250 } });
    expect(busy(asked).map(({ inputs }) => inputs.region)).toEqual(["eu-central-1", "us-east-1"]);
    for (const { inputs } of busy(asked)) {
      expect(inputs).toMatchObject({
        name: "bedrock-governor-example-busy",
        metricQueries: [{ expression: 'SELECT SUM(Invocations) FROM SCHEMA("AWS/Bedrock", ModelId)', period: 60 }],
        threshold: 250,
        treatMissingData: "notBreaching",
      });
      expect(inputs).not.toHaveProperty("alarmActions");
    }
    expect(asked.outputs).toHaveProperty(
      "busyAlarms",
      expect.stringContaining("$0.10 a month for every metric series"),
    );
  });
});
