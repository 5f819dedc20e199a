import { beforeAll, describe, expect, it } from "vitest";
import { matches } from "./event-pattern.ts";
import { enforcing, exampleStage, type Stage } from "./example-stage.ts";
import alarm from "./fixtures/events/alarm.json" with { type: "json" };
import parameter from "./fixtures/events/parameter.json" with { type: "json" };
import wake from "./fixtures/events/wake.json" with { type: "json" };

const BUSY = "bedrock-governor-example-busy";

let stage: Stage;
beforeAll(async () => {
  stage = await exampleStage({ ...enforcing, wakeAt: { invocationsPerMinute: 100 } });
});
/** The stage's rules that let an event through, by name. `on`: the bus, default the account's own. */
const rulesFor = (event: unknown, on?: string, region?: string) =>
  stage
    .ofType("aws:cloudwatch/eventRule:EventRule")
    .filter(({ inputs }) => inputs.eventBusName === on && inputs.region === region)
    .filter(({ inputs }) => inputs.eventPattern && matches(JSON.parse(String(inputs.eventPattern)), event))
    .map(({ name }) => name);

const alarmOn = (namespace: string) => {
  const metrics = [{ id: "m", metricStat: { metric: { namespace, name: "Invocations" }, period: 60, stat: "Sum" } }];
  return { ...alarm, detail: { ...alarm.detail, configuration: { metrics } } };
};
const queryAlarm = (alarmName: string) => {
  const metrics = [{ id: "calls", expression: 'SELECT SUM(Invocations) FROM SCHEMA("AWS/Bedrock", ModelId)' }];
  return { ...alarm, detail: { ...alarm.detail, alarmName, configuration: { metrics } } };
};
const becoming = (value: string, event = alarm) => ({
  ...event,
  detail: { ...event.detail, state: { ...event.detail.state, value } },
});
const changed = (detail: Partial<typeof parameter.detail>) => ({
  ...parameter,
  detail: { ...parameter.detail, ...detail },
});

describe("the governor is woken by", () => {
  it.each([
    ["an alarm that computes from Bedrock's metrics", alarm],
    ["an alarm on one of Bedrock's metrics", alarmOn("AWS/Bedrock")],
    ["an alarm on Mantle's", alarmOn("AWS/BedrockMantle")],
    ["the stage's own alarm, which has a query in place of a metric", queryAlarm(BUSY)],
  ])("%s", (_, event) => {
    expect(rulesFor(event)).toEqual(["Alarms"]);
  });

  it.each([
    ["an alarm in a further region, passed on", alarm],
    ["the stage's own alarm there", queryAlarm(BUSY)],
  ])("%s", (_, event) => {
    expect(rulesFor(event, undefined, "us-east-1")).toEqual(["Forward-us-east-1"]);
    expect(rulesFor({ ...event, region: "us-east-1" }, "bedrock-governor-example")).toEqual(["Forwarded"]);
  });

  it.each(["Create", "Update", "Delete"])("a parameter of the stage: %s", (operation) => {
    expect(rulesFor(changed({ operation }))).toEqual(["Parameters"]);
  });

  it("whoever asks on its bus", () => {
    expect(rulesFor(wake, "bedrock-governor-example")).toEqual(["Wakes"]);
  });
});

describe("the governor sleeps on through", () => {
  it.each([
    ["an alarm that ends", becoming("OK")],
    ["an alarm without data", becoming("INSUFFICIENT_DATA")],
    ["an alarm on something else", alarmOn("AWS/EC2")],
    ["an alarm on its own metrics", alarmOn("BedrockGovernor")],
    ["an alarm on its own errors", alarmOn("AWS/Lambda")],
    ["somebody else's alarm with a query", queryAlarm("busy")],
    ["the busy alarm of another stage", queryAlarm("bedrock-governor-production-busy")],
    ["a change of an alarm's configuration", { ...alarm, "detail-type": "CloudWatch Alarm Configuration Change" }],
    ["an alarm that somebody made up", { ...alarm, source: "acme.cloudwatch" }],
    ["a label on a parameter's version", changed({ operation: "LabelParameterVersion" })],
    ["a parameter of another stage", changed({ name: "/bedrock-governor/production/mode" })],
    ["a parameter of a stage with a longer name", changed({ name: "/bedrock-governor/example-2/mode" })],
    ["a parameter of somebody else", changed({ name: "/acme/bedrock-governor/example/mode" })],
    ["a request on the account's own bus", wake],
  ])("%s", (_, event) => {
    expect(rulesFor(event)).toEqual([]);
  });

  it.each([
    ["its own announcements", { ...wake, source: "bedrock-governor", "detail-type": "Access Denied" }],
    ["an announcement that is called a request", { ...wake, source: "bedrock-governor" }],
  ])("%s, which are only written down and told", (_, event) => {
    expect(rulesFor(event, "bedrock-governor-example").sort()).toEqual(["Announced", "Announcements"]);
  });

  it.each([
    ["anything else on its bus", { ...wake, "detail-type": "Sleep" }],
    ["a parameter's change put there", { ...parameter, source: "acme.ssm" }],
  ])("%s", (_, event) => {
    expect(rulesFor(event, "bedrock-governor-example")).toEqual([]);
  });
});
