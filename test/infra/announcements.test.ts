import { beforeAll, describe, expect, it } from "vitest";
import { enforcing, exampleStage, type Stage } from "./example-stage.ts";

const LOG = "arn:aws:logs:eu-central-1:123456789012:log-group:/bedrock-governor/example/events";
const RULE =
  "arn:aws:events:eu-central-1:123456789012:rule/bedrock-governor-example/bedrock-governor-example-announcements";

let stage: Stage;
beforeAll(async () => {
  stage = await exampleStage(enforcing);
});
const inputs = (type: string) => stage.the(`aws:cloudwatch/${type}`, "Announcements").inputs;

describe("what the governor announces", () => {
  it("is written into a log group that an operator finds, for as long as other logs are kept", () => {
    expect(inputs("logGroup:LogGroup")).toMatchObject({
      name: "/bedrock-governor/example/events",
      retentionInDays: 90,
    });
    expect(stage.outputs).toMatchObject({ events: "/bedrock-governor/example/events" });
  });

  it("comes there from the stage's own bus", () => {
    expect(inputs("eventRule:EventRule")).toMatchObject({ eventBusName: "bedrock-governor-example" });
    expect(inputs("eventTarget:EventTarget")).toMatchObject({ eventBusName: "bedrock-governor-example", arn: LOG });
  });

  it("is put there by that rule alone, which may do so before it tries", () => {
    const Principal = { Service: ["events.amazonaws.com", "delivery.logs.amazonaws.com"] };
    const Condition = { ArnEquals: { "aws:SourceArn": RULE } };
    const policy = stage.the("aws:cloudwatch/logResourcePolicy:LogResourcePolicy");
    expect(JSON.parse(String(policy.inputs.policyDocument)).Statement).toEqual([
      { Effect: "Allow", Principal, Action: "logs:CreateLogStream", Resource: `${LOG}:*` },
      { Effect: "Allow", Principal, Action: "logs:PutLogEvents", Resource: `${LOG}:*:*`, Condition },
    ]);
    expect(stage.isAfter(stage.the("aws:cloudwatch/eventTarget:EventTarget", "Announcements"), policy)).toBe(true);
  });
});
