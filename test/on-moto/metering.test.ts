import { paginateQuery } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { exampleStage, metering } from "../infra/example-stage.ts";
import { describeWithAws, type EmulatedAws, OPUS, PROFILE } from "../support/aws-front/describe-with-aws.ts";
import type { AwsFront } from "../support/aws-front/front.ts";
import { type Account, createAccount, DAY_MS, HOUR_MS, MINUTE_MS } from "./account.ts";
import { createInvocationLog } from "./invocation-log.ts";

const LIMIT = {
  models: ["anthropic.*"],
  principals: ["role/team/*"],
  source: "logs",
  measure: "totalTokens",
  per: ["principal"],
  period: "day",
  threshold: 1_000,
};
const SECOND_MS = 1_000;
const ALICE = `role/alice ${OPUS}`;
const BOB = `role/bob ${OPUS}`;

/** A region with a meter, in an account with two roles that a limit is for, so long after midday. */
async function meteredRegion(aws: EmulatedAws, afterMs = 0) {
  const account = await createAccount(aws, { GOVERNOR_METERING: "us-east-1" });
  account.pass(afterMs);
  await account.rollUpNothing();
  await account.createRole("alice", "/team/");
  await account.createRole("bob", "/team/");
  await account.set("mode", "enforce");
  await account.set("limits/each", LIMIT);
  return { account, log: await createInvocationLog(aws, account), meter: account.startMeter() };
}

/** Nothing of DynamoDB's answers a meter. */
const breakTable = (front: AwsFront) =>
  front.fail(({ caller, service }) => caller === "meter" && service === "dynamodb", "timed out before", "all");

describeWithAws("metering on emulated AWS", (aws) => {
  let wakes: unknown;
  beforeAll(async () => {
    vi.spyOn(Math, "random").mockReturnValue(0); // the SDK waits for a random time between its tries
    const stage = await exampleStage(metering);
    wakes = stage.the("aws:cloudwatch/eventRule:EventRule", "Wakes").inputs.eventPattern;
  });
  afterAll(() => vi.restoreAllMocks());

  /** Has the bus hand a queue what the stage's rule picks. @returns how to take it from there */
  async function subscribeToWakes({ environment }: Account): Promise<() => Promise<readonly unknown[]>> {
    const { moto, front } = aws();
    const client = { ...moto.client, endpoint: front.endpoint };
    const [eventbridge, sqs] = [new EventBridgeClient(client), new SQSClient(client)];
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "wakes" }));
    const rule = { Name: "wakes", EventBusName: environment.GOVERNOR_BUS, EventPattern: String(wakes) };
    await eventbridge.send(new PutRuleCommand(rule));
    const Targets = [{ Id: "queue", Arn: `arn:aws:sqs:${moto.client.region}:${moto.account}:wakes` }];
    await eventbridge.send(new PutTargetsCommand({ Rule: rule.Name, EventBusName: rule.EventBusName, Targets }));
    return async () => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
      for (const { ReceiptHandle } of Messages) await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
      return Messages.map(({ Body = "" }) => JSON.parse(Body));
    };
  }

  const wakesPut = (): number =>
    aws().front.calls.filter(
      ({ caller, action, status }) => caller === "meter" && action === "PutEvents" && status === 200,
    ).length;

  it("denies exactly the one who used too much, from the log to the deny, and lifts on the next day", async () => {
    const { account, log, meter } = await meteredRegion(aws());
    const newWakes = await subscribeToWakes(account);
    const reconciler = account.startReconciler();
    await reconciler.invoke();
    const each = ["alice", "bob"].map((role) => ({ role, tokens: 700 }));
    await log.meter(meter, each);
    const [first, ...others] = await newWakes();
    expect([await reconciler.invoke(first), others]).toMatchObject([{ changed: 0 }, []]);

    account.pass(2 * SECOND_MS);
    await log.meter(meter, [{ role: "alice", tokens: 700 }]);
    const [second] = await newWakes();
    expect(await reconciler.invoke(second)).toMatchObject({ changed: 1 });
    expect([(await account.attached("role/alice")).length, await account.attached("role/bob")]).toEqual([1, []]);
    expect(account.told()).toMatchObject([{ type: "Access Denied", principal: "role/alice", usage: 1_400 }]);

    account.pass(12 * HOUR_MS);
    await reconciler.invoke();
    expect(await account.attached("role/alice")).toEqual([]);
  });

  it("counts once what is delivered again, in another order, and to several meters at once", async () => {
    const { account, log, meter } = await meteredRegion(aws());
    const events = await log.write([{ role: "alice", tokens: 3 }, { role: "bob", tokens: 5 }, { role: "alice" }]);
    await meter.invoke(log.delivery(events));
    expect(wakesPut()).toBe(1);
    account.pass(2 * SECOND_MS);
    const [again, reversed] = [log.delivery(events), log.delivery(events.toReversed())];
    await Promise.all([again, reversed, again].map((one) => account.startMeter().invoke(one)));
    expect(await account.used()).toEqual({ [ALICE]: 4, [BOB]: 5 });
    expect(await account.used("invocations")).toEqual({ [ALICE]: 2, [BOB]: 1 });
    expect(wakesPut()).toBeGreaterThan(1);
  });

  it("counts nothing of a batch that was written in part, and all of it when it is delivered again", async () => {
    const { account, log, meter } = await meteredRegion(aws());
    const events = log.made(Array.from({ length: 3_500 }, (_, index) => ({ role: `role-of-a-large-team-${index}` })));
    const plan = aws().front.fail(({ action }) => action === "BatchWriteItem", "killed after");
    await expect(meter.invoke(log.delivery(events))).rejects.toThrow("killed");
    expect([plan.struck, await account.used()]).toEqual([true, {}]);
    await account.startMeter().invoke(log.delivery(events.toReversed()));
    const used = Object.values(await account.used("invocations"));
    expect([used.length, new Set(used)]).toEqual([3_500, new Set([1])]);
  });

  it("sets a record aside that it cannot read, with its reason and nothing of what it says, and counts the others", async () => {
    const { account, log, meter } = await meteredRegion(aws());
    const poison = '{"schemaType":"ModelInvocationLog","requestId":"r","input":{"inputBodyJson":"a secret"}}';
    const events = await log.write([{ role: "alice", tokens: 7 }, poison]);
    expect(await meter.invoke(log.delivery(events))).toEqual({ batchItemFailures: [] });
    expect(await account.used()).toEqual({ [ALICE]: 7 });
    const aside = await itemsOf(account, "usage#set-aside");
    expect(aside).toMatchObject([
      {
        sk: { S: events.find(({ message }) => message === poison)?.id },
        logGroup: { S: account.environment.GOVERNOR_LOG_GROUP },
        reason: { S: "timestamp is missing, and has to be a time with its zone" },
      },
    ]);
    expect(JSON.stringify(aside)).not.toContain("secret");
  });

  it("keeps a batch as a pointer while DynamoDB does not answer, reads it back from the log, and counts it once", async () => {
    const { account, log, meter } = await meteredRegion(aws());
    const { front } = aws();
    const events = await log.write([
      { role: "alice", tokens: 3 },
      { role: "bob", tokens: 5 },
    ]);
    await log.write([{ role: "bob", tokens: 100 }]);
    breakTable(front);
    expect(await meter.invoke(log.delivery(events))).toEqual({ batchItemFailures: [] });
    const [pointer = "", ...others] = await log.kept();
    expect(Object.keys(JSON.parse(pointer))).toEqual(["logGroup", "logStream", "batch", "ids", "from", "to"]);
    expect([others, wakesPut(), await account.used()]).toEqual([[], 0, {}]);

    account.pass(SECOND_MS);
    await log.replay(meter);
    expect(await log.kept()).toEqual([pointer]);
    front.failNoMore();
    await log.replay(meter);
    expect([await log.kept(), wakesPut(), await account.used()]).toEqual([[], 1, { [ALICE]: 3, [BOB]: 5 }]);
    account.pass(SECOND_MS);
    await account.startMeter().invoke(log.delivery(events));
    expect(await account.used()).toEqual({ [ALICE]: 3, [BOB]: 5 });
  });

  it("replays nothing but what the log holds, and leaves in the queue what it does not hold yet", async () => {
    const { account, log, meter } = await meteredRegion(aws());
    const { front } = aws();
    breakTable(front);
    await meter.invoke(log.delivery(log.made([{ role: "alice" }])));
    front.failNoMore();
    await log.replay(meter);
    expect([(await log.kept()).length, await account.used()]).toEqual([1, {}]);
  });

  it("tells the same sums when they are rolled up, with what comes late", async () => {
    const { account, log, meter } = await meteredRegion(aws(), 11 * HOUR_MS);
    const day = Math.floor(account.now() / DAY_MS) * DAY_MS;
    const rollUp = account.startRollUp();
    const deliver = async (calls: Parameters<typeof log.write>[0]) => {
      await log.meter(meter, calls);
      account.pass(2 * SECOND_MS);
    };
    const begin = account.now();
    await deliver([
      { role: "alice", tokens: 30 },
      { role: "bob", tokens: 50, at: begin - 20 * MINUTE_MS },
    ]);
    account.pass(30 * MINUTE_MS);
    expect(await rollUp.invoke()).toEqual({ quarters: 5 });
    expect(await account.used()).toEqual({ [ALICE]: 30, [BOB]: 50 });
    await deliver([{ role: "alice", tokens: 4, at: begin - 20 * MINUTE_MS }]);
    expect(await account.used()).toEqual({ [ALICE]: 34, [BOB]: 50 });
    expect(await rollUp.invoke()).toEqual({ quarters: 0 });
    expect(await account.used()).toEqual({ [ALICE]: 34, [BOB]: 50 });

    account.pass(HOUR_MS);
    await rollUp.invoke();
    expect(await itemsOf(account, `usage#days#${new Date(day).toISOString().slice(0, 7)}`)).toHaveLength(2);
    expect([await account.used(), await account.used("totalTokens", 1)]).toEqual([{}, { [ALICE]: 34, [BOB]: 50 }]);
  });

  it("counts calls of an application profile as calls of its model, also those that were made before anybody knew it", async () => {
    const { account, log, meter } = await meteredRegion(aws());
    const reconciler = account.startReconciler();
    const arn = `arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/${PROFILE}`;
    for (const model of [PROFILE, arn]) {
      await log.meter(meter, [{ role: "alice", tokens: 600, model }]);
      account.pass(2 * MINUTE_MS);
      await reconciler.invoke();
    }
    expect(await account.used()).toEqual({ [ALICE]: 600, [`role/alice ${PROFILE}`]: 600 });
    expect(account.told()).toMatchObject([{ type: "Access Denied", principal: "role/alice", usage: 1_200 }]);
    expect(await account.attached("role/alice")).toHaveLength(1);
  });
});

async function itemsOf({ dynamodb, table }: Account, partition: string) {
  const query = {
    TableName: table,
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": { S: partition } },
  };
  const pages = [];
  for await (const { Items = [] } of paginateQuery({ client: dynamodb }, query)) pages.push(...Items);
  return pages;
}
