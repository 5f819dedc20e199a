import { beforeAll, describe, expect, it } from "vitest";
import { settingsOf } from "../../infra/settings.ts";
import { synthesize } from "../support/sst-mocks.ts";
import { enforcing, metering, type Stage } from "./example-stage.ts";

const TABLE = "aws:dynamodb/table:Table";
const BUS = "aws:cloudwatch/eventBus:EventBus";

/** How many of which kind there are in the account. */
const inCloud = ({ resources }: Stage) => {
  const kinds: Record<string, number> = {};
  for (const { type, custom } of resources) {
    const kind = type.split(":").at(-1) ?? type;
    if (custom) kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
};

/** A governor that observes one region. */
const OBSERVING = {
  Alias: 1,
  BucketObjectv2: 2, // the function's code
  EventBus: 1,
  EventRule: 8,
  EventSourceMapping: 1,
  EventTarget: 8,
  Function: 2,
  FunctionEventInvokeConfig: 3,
  LogGroup: 3,
  LogResourcePolicy: 1,
  MetricAlarm: 9,
  Permission: 6,
  Queue: 3,
  QueuePolicy: 2,
  RandomBytes: 1, // SST's, for links, of which there are none
  Role: 2,
  Table: 1,
  Topic: 4,
  TopicPolicy: 2,
  TopicSubscription: 1,
};

describe("the production stage", () => {
  let production: Stage;
  beforeAll(async () => {
    production = await synthesize("production");
  });

  it("holds a table, an event bus, a function that observes and one that tells, what wakes them, what watches over it, and room for a log", () => {
    expect(inCloud(production)).toEqual({ ...OBSERVING, LogGroup: 4 });
  });

  it("names in its outputs what an operator looks for, the bus by the name that is public", () => {
    expect(production.outputs).toEqual({
      bus: "bedrock-governor-production",
      table: expect.stringMatching(/^bedrock-governor-production-Table/),
      governor: "bedrock-governor-production-reconcile",
      events: "/bedrock-governor/production/events",
      notices: "arn:aws:sns:us-east-1:123456789012:bedrock-governor-production-notices",
      chatNotices: "arn:aws:sns:us-east-1:123456789012:bedrock-governor-production-chat-notices",
      budgetNotices: "arn:aws:sns:us-east-1:123456789012:bedrock-governor-production-budget-notices",
      operations: "arn:aws:sns:us-east-1:123456789012:bedrock-governor-production-operations",
      enforcement: "none",
      parameters: "/bedrock-governor/production/",
      _protect: true, // for SST
    });
  });

  it("cannot be removed by a command, nor can its table by a call", () => {
    expect(production.app.protect).toBe(true);
    expect(production.the(TABLE).inputs).toMatchObject({ deletionProtectionEnabled: true });
  });

  it("leaves the table in the account when the stage goes", () => {
    expect(production.app.removal).toBe("retain");
    expect(production.the(TABLE).retainOnDelete).toBe(true);
  });

  it("expires rows by `expires` and can be restored to a point in time", () => {
    expect(production.the(TABLE).inputs).toMatchObject({
      hashKey: "pk",
      rangeKey: "sk",
      ttl: { attributeName: "expires", enabled: true },
      pointInTimeRecovery: { enabled: true },
    });
  });
});

describe("any other stage", () => {
  let philipp: Stage;
  beforeAll(async () => {
    philipp = await synthesize("philipp");
  });

  it("holds the same", () => {
    expect(inCloud(philipp)).toEqual(OBSERVING);
    expect(philipp.the(BUS).inputs).toMatchObject({ name: "bedrock-governor-philipp" });
  });

  it("stands in the first of its regions", () => {
    expect(philipp.app.providers.aws.region).toBe(settingsOf("philipp").regions[0]);
  });

  it("goes without a trace", () => {
    expect(philipp.app).toMatchObject({ removal: "remove", protect: false });
    expect(philipp.the(TABLE).retainOnDelete).toBe(false);
    expect(philipp.the(TABLE).inputs).toMatchObject({ deletionProtectionEnabled: false });
  });
});

describe("a stage with everything", () => {
  let all: Stage;
  let metered: Stage;
  beforeAll(async () => {
    metered = await synthesize("philipp", { settings: metering });
    all = await synthesize("philipp", { settings: { ...enforcing, wakeAt: { invocationsPerMinute: 100 } } });
  });

  it("holds the functions that deny and lift as well, and a way in from its further regions", () => {
    expect(inCloud(all)).toEqual({
      ...OBSERVING,
      BucketObjectv2: 4,
      EventRule: 10,
      EventTarget: 10,
      Function: 4,
      Invocation: 1,
      LogGroup: 5,
      MetricAlarm: 12,
      Permission: 7,
      Role: 5,
      TopicSubscription: 2,
    });
  });

  it("holds in addition, where it meters, what hands a log to a meter, replays it, and watches over that", () => {
    const [more, before] = [inCloud(metered), { ...inCloud(all), MetricAlarm: 10 }]; // none about busy regions
    const kinds = Object.entries(more).map(([kind, count]) => [kind, count - ((before as typeof more)[kind] ?? 0)]);
    expect(Object.fromEntries(kinds.filter(([, count]) => count !== 0))).toEqual({
      BucketObjectv2: 4,
      EventRule: 1,
      EventSourceMapping: 2,
      EventTarget: 1,
      Function: 4, // two meters, one for roll-ups, one that switches a log on
      FunctionEventInvokeConfig: 3,
      Invocation: 2,
      LogGroup: 5,
      LogSubscriptionFilter: 2,
      MetricAlarm: 19,
      Permission: 3,
      Queue: 4,
      RedriveAllowPolicy: 2,
      Role: 5,
      Topic: 1,
      TopicPolicy: 1,
      TopicSubscription: 1,
      aws: 1, // the provider of its further region
    });
  });

  it("lets nobody in by a wildcard, in no policy of a resource", () => {
    const texts = [...all.resources, ...metered.resources].map(({ inputs }) => JSON.stringify(inputs));
    expect(texts.filter((text) => /principal\W+\*/i.test(text))).toEqual([]);
  });

  it("sets no mode, so that a first deploy observes", () => {
    expect(all.ofType("aws:ssm/parameter:Parameter")).toEqual([]);
  });
});
