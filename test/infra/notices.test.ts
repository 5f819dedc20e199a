import { beforeAll, describe, expect, it } from "vitest";
import { enforcing, environmentOf, exampleStage, functionOf, policyOf, roleOf, type Stage } from "./example-stage.ts";

const RULE = "aws:cloudwatch/eventRule:EventRule";
const TARGET = "aws:cloudwatch/eventTarget:EventTarget";
const ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm";
const SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription";
const HERE = "eu-central-1:123456789012";
const NOTIFIER = `arn:aws:lambda:${HERE}:function:bedrock-governor-example-notify`;
const WAKES = `arn:aws:sqs:${HERE}:bedrock-governor-example-notice-wakes`;
const NOTICES = `arn:aws:sns:${HERE}:bedrock-governor-example-notices`;

let stage: Stage;
beforeAll(async () => {
  stage = await exampleStage({ ...enforcing, noticeEmails: ["team@example.com"] });
});
const inputs = (type: string, name: string) => stage.the(type, name).inputs;

describe("what the governor announces", () => {
  it("reaches those named in the settings by mail", () => {
    expect(inputs(SUBSCRIPTION, "Notices-team@example.com")).toEqual({
      topic: NOTICES,
      protocol: "email",
      endpoint: "team@example.com",
    });
  });

  it("can be subscribed to by the topics that the stage names", () => {
    expect(stage.outputs).toMatchObject({
      notices: NOTICES,
      chatNotices: `arn:aws:sns:${HERE}:bedrock-governor-example-chat-notices`,
    });
    for (const name of ["Notices", "ChatNotices"]) {
      expect(inputs("aws:sns/topic:Topic", name).kmsMasterKeyId).toBe("alias/aws/sns");
    }
  });
});

describe("the notifier", () => {
  it("is told where to read and where to send", () => {
    expect(environmentOf(stage, "notify")).toMatchObject({
      GOVERNOR_NOTICES_TOPIC: NOTICES,
      GOVERNOR_CHAT_TOPIC: `arn:aws:sns:${HERE}:bedrock-governor-example-chat-notices`,
      GOVERNOR_UNDELIVERED_QUEUE: expect.stringContaining("bedrock-governor-example-undelivered-notices"),
      GOVERNOR_RETENTION_DAYS: "90",
    });
  });

  it("is woken by the stage's announcements and by a new webhook, through a queue that lets two run at once", () => {
    const announced = inputs(RULE, "Announced");
    expect(announced.eventBusName).toBe("bedrock-governor-example");
    expect(JSON.parse(String(announced.eventPattern))).toEqual({ source: ["bedrock-governor"] });
    expect(JSON.parse(String(inputs(RULE, "WebhookChanged").eventPattern)).detail.name).toEqual([
      "/bedrock-governor/example/notify/slack-webhook",
    ]);
    for (const name of ["Announced", "WebhookChanged"]) expect(inputs(TARGET, name).arn).toBe(WAKES);
    expect(inputs("aws:lambda/eventSourceMapping:EventSourceMapping", "NoticeWakes")).toMatchObject({
      eventSourceArn: WAKES,
      functionName: NOTIFIER,
      scalingConfig: { maximumConcurrency: 2 },
    });
  });

  it("has time to finish before a wake that failed is seen again", () => {
    const { timeout } = functionOf(stage, "notify").inputs;
    const { visibilityTimeoutSeconds } = inputs("aws:sqs/queue:Queue", "NoticeWakes");
    expect(Number(visibilityTimeoutSeconds)).toBeGreaterThanOrEqual(2 * Number(timeout));
  });

  it("is woken by the rules of the stage alone", () => {
    const { policy } = inputs("aws:sqs/queuePolicy:QueuePolicy", "NoticeWakes");
    const rule = `arn:aws:events:${HERE}:rule`;
    expect(JSON.parse(String(policy)).Statement).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: WAKES,
        Condition: {
          ArnEquals: {
            "aws:SourceArn": [
              `${rule}/bedrock-governor-example/bedrock-governor-example-announced`,
              `${rule}/bedrock-governor-example-webhook-changed`,
            ],
          },
          StringEquals: { "aws:SourceAccount": "123456789012" },
        },
      },
    ]);
  });

  it("looks every five minutes for what a channel did not take", () => {
    expect(inputs(RULE, "NoticeSchedule").scheduleExpression).toBe("rate(5 minutes)");
    expect(inputs(TARGET, "NoticeSchedule")).toMatchObject({ arn: NOTIFIER });
  });

  it("may read the webhook, and no other parameter; decrypting by a key of one's own is asked for", async () => {
    const reads = (of: Stage) =>
      policyOf(roleOf(of, "notify")).Statement.filter(({ Action }) => /^(ssm|kms):/.test(String([Action].flat()[0])));
    expect(reads(stage)).toEqual([
      {
        Effect: "Allow",
        Action: ["ssm:GetParameter"],
        Resource: [`arn:aws:ssm:${HERE}:parameter/bedrock-governor/example/notify/slack-webhook`],
      },
    ]);
    const key = `arn:aws:kms:${HERE}:key/1b2c`;
    expect(reads(await exampleStage({ ...enforcing, slackWebhookKey: key }))).toContainEqual({
      Effect: "Allow",
      Action: ["kms:Decrypt"],
      Resource: [key],
      Condition: { StringEquals: { "kms:ViaService": ["ssm.eu-central-1.amazonaws.com"] } },
    });
  });

  it("cannot change who is denied, nor wake the governor", () => {
    const actions = policyOf(roleOf(stage, "notify")).Statement.flatMap(({ Action }) => [Action].flat());
    expect(actions.filter((action) => /^(iam|lambda|events):/.test(String(action)))).toEqual([]);
  });

  it("rings when a channel takes nothing, and when a notice is given up", () => {
    expect(inputs(ALARM, "NoticesFailing")).toMatchObject({
      metricName: "Errors",
      dimensions: { FunctionName: "bedrock-governor-example-notify" },
    });
    expect(inputs(ALARM, "UndeliveredNotices")).toMatchObject({
      metricName: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: "bedrock-governor-example-undelivered-notices" },
    });
  });
});
