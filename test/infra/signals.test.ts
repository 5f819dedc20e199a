import { beforeAll, describe, expect, it } from "vitest";
import { enforcing, exampleStage, policyOf, ROLE, type Stage } from "./example-stage.ts";

const RULE = "aws:cloudwatch/eventRule:EventRule";
const TARGET = "aws:cloudwatch/eventTarget:EventTarget";
const PERMISSION = "aws:lambda/permission:Permission";
const INVOKE_CONFIG = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig";

const GOVERNOR = "arn:aws:lambda:eu-central-1:123456789012:function:bedrock-governor-example-reconcile";
const BUS = "arn:aws:events:eu-central-1:123456789012:event-bus/bedrock-governor-example";
const QUEUE = "arn:aws:sqs:eu-central-1:123456789012:bedrock-governor-example-dead-letters";
const rule = (name: string) => `arn:aws:events:eu-central-1:123456789012:rule/${name}`;
const EVENTS: readonly [string, string][] = [
  ["Alarms", rule("bedrock-governor-example-alarms")],
  ["Parameters", rule("bedrock-governor-example-parameters")],
  ["Forwarded", rule("bedrock-governor-example/bedrock-governor-example-forwarded")],
];

let stage: Stage;
beforeAll(async () => {
  stage = await exampleStage(enforcing);
});
const inputs = (type: string, name?: string) => stage.the(type, name).inputs;

/** What comes again by itself. */
const REPEATED: readonly [string, string][] = [
  ["Schedule", rule("bedrock-governor-example-schedule")],
  ["Wakes", rule("bedrock-governor-example/bedrock-governor-example-wakes")],
];

describe("the schedule", () => {
  it("comes each minute, in words that EventBridge takes", () => {
    const { scheduleExpression } = inputs(RULE, "Schedule");
    expect(scheduleExpression).toBe("rate(1 minute)");
    expect(scheduleExpression).toMatch(/^rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)$/);
  });
});

describe("the alias for what comes again by itself", () => {
  it("has Lambda try nothing twice, and leaves nothing in the dead-letter queue", () => {
    expect(inputs("aws:lambda/alias:Alias")).toMatchObject({
      name: "once",
      functionName: "bedrock-governor-example-reconcile",
      functionVersion: "$LATEST",
    });
    expect(inputs(INVOKE_CONFIG, "OnceInvocations")).toMatchObject({
      functionName: "bedrock-governor-example-reconcile",
      qualifier: "once",
      maximumRetryAttempts: 0,
      maximumEventAgeInSeconds: 60,
    });
    expect(inputs(INVOKE_CONFIG, "OnceInvocations")).not.toHaveProperty("destinationConfig");
  });

  it.each(REPEATED)("is what %s reaches, or nothing: the next minute makes good for it", (name) => {
    expect(inputs(TARGET, name)).toMatchObject({
      arn: `${GOVERNOR}:once`,
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
    });
    expect(inputs(TARGET, name)).not.toHaveProperty("deadLetterConfig");
  });

  it("may be invoked by the schedule and by meters' wakes alone", () => {
    const ofAlias = stage.ofType(PERMISSION).filter((permission) => permission.inputs.qualifier !== undefined);
    expect(ofAlias.map((permission) => permission.inputs)).toEqual(
      REPEATED.map(([, sourceArn]) => ({
        action: "lambda:InvokeFunction",
        function: "bedrock-governor-example-reconcile",
        principal: "events.amazonaws.com",
        qualifier: "once",
        sourceArn,
      })),
    );
  });
});

describe.each(EVENTS)("the signal %s", (name, sourceArn) => {
  it("reaches the governor, or the dead-letter queue", () => {
    expect(inputs(TARGET, name)).toMatchObject({ arn: GOVERNOR, deadLetterConfig: { arn: QUEUE } });
  });

  it("may invoke it by its own rule only", () => {
    expect(inputs(PERMISSION, name)).toEqual({
      action: "lambda:InvokeFunction",
      function: "bedrock-governor-example-reconcile",
      principal: "events.amazonaws.com",
      sourceArn,
    });
  });

  it("is tried twice more by Lambda, and then put into the queue", () => {
    expect(inputs(INVOKE_CONFIG, "ReconcileEventInvokeConfig")).toEqual({
      functionName: "bedrock-governor-example-reconcile",
      maximumRetryAttempts: 2,
      destinationConfig: { onFailure: { destination: QUEUE } },
    });
  });
});

describe("the dead-letter queue", () => {
  it("is encrypted and keeps what it has for two weeks", () => {
    expect(inputs("aws:sqs/queue:Queue", "DeadLetters")).toMatchObject({
      sqsManagedSseEnabled: true,
      messageRetentionSeconds: 1_209_600,
    });
  });

  it("takes messages of the rules that use it, and of nobody else", () => {
    expect(JSON.parse(String(inputs("aws:sqs/queuePolicy:QueuePolicy", "DeadLettersPolicy").policy)).Statement).toEqual(
      [
        {
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: QUEUE,
          Condition: {
            ArnEquals: { "aws:SourceArn": EVENTS.map(([, arn]) => arn) },
            StringEquals: { "aws:SourceAccount": "123456789012" },
          },
        },
      ],
    );
  });
});

describe("a further region", () => {
  it("passes its alarms on to the stage's bus in the first", () => {
    expect(inputs(RULE, "Forward-us-east-1")).toMatchObject({ region: "us-east-1" });
    expect(inputs(TARGET, "Forward-us-east-1")).toMatchObject({
      region: "us-east-1",
      rule: "bedrock-governor-example-forward",
      arn: BUS,
      roleArn: "arn:aws:iam::123456789012:role/bedrock-governor/example/bedrock-governor-example-forward",
    });
  });

  it("has a role for that which can do nothing else", () => {
    const role = stage.the(ROLE, "Forward");
    expect(policyOf(role).Statement).toEqual([{ Effect: "Allow", Action: ["events:PutEvents"], Resource: [BUS] }]);
    expect(JSON.parse(String(role.inputs.assumeRolePolicy)).Statement).toMatchObject([
      { Principal: { Service: "events.amazonaws.com" }, Action: "sts:AssumeRole" },
    ]);
  });

  it("is nothing that a stage of one region knows", async () => {
    const small = await exampleStage({ ...enforcing, regions: ["eu-central-1"] });
    expect(
      small
        .ofType(RULE)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      "Alarms",
      "Announced",
      "Announcements",
      "NoticeSchedule",
      "Parameters",
      "Schedule",
      "Wakes",
      "WebhookChanged",
    ]);
    expect(small.ofType(ROLE).map(({ name }) => name)).not.toContain("Forward");
  });
});
