import { createUsageWriter } from "@bedrock-governor/aws/dynamodb/usage/writer";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import { expect, it } from "vitest";
import { describeWithAws, type EmulatedAws, OPUS } from "../support/aws-front/describe-with-aws.ts";
import { type Account, createAccount, DAY_MS, MINUTE_MS } from "./account.ts";

const LIMIT = {
  models: ["anthropic.*"],
  principals: ["role/team/*"],
  source: "logs",
  measure: "totalTokens",
  per: ["principal"],
  period: "day",
  threshold: 1_000,
};
const WAKE = { source: "bedrock-governor.signal", "detail-type": "Wake", detail: {} };
const SECOND_MS = 1_000;

async function meteredAccount(aws: EmulatedAws, regions = "us-east-1"): Promise<Account> {
  const account = await createAccount(aws, { GOVERNOR_METERING: "us-east-1", GOVERNOR_REGIONS: regions });
  await account.rollUpNothing();
  await account.createRole("alice", "/team/");
  await account.createRole("bob", "/team/");
  await account.set("mode", "enforce");
  await account.set("limits/each", LIMIT);
  return account;
}

let batches = 0;

/** What a meter would write of a call that ended now. */
async function meter({ dynamodb, table, now }: Account, principal: PrincipalId, tokens: number): Promise<void> {
  const usage = {
    minute: Math.floor(now() / MINUTE_MS) * MINUTE_MS,
    principal,
    model: OPUS,
    invocations: 1,
    inputTokens: tokens,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    images: 0,
    usd: 0,
    unpriced: 0,
  };
  await createUsageWriter({ dynamodb, table, now }).write({ batch: `batch${++batches}`, usage: [usage] });
}

describeWithAws("metered usage on emulated AWS", (aws) => {
  const callsOf = async (run: () => Promise<unknown>): Promise<readonly string[]> => {
    const before = aws().front.calls.length;
    await run();
    return aws()
      .front.calls.slice(before)
      .map(({ service, action }) => `${service}:${action}`);
  };

  it("denies exactly the one who used too much, as soon as it is woken, and lifts on the next day", async () => {
    const account = await meteredAccount(aws());
    const reconciler = account.startReconciler();
    await reconciler.invoke();
    account.pass(SECOND_MS);
    await meter(account, "role/alice", 1_200);
    await meter(account, "role/bob", 100);
    expect(await reconciler.invoke(WAKE)).toMatchObject({ changed: 1 });
    expect([(await account.attached("role/alice")).length, await account.attached("role/bob")]).toEqual([1, []]);
    expect(account.told()).toMatchObject([{ type: "Access Denied", principal: "role/alice", usage: 1_200 }]);

    account.pass(DAY_MS);
    await reconciler.invoke();
    expect(await account.attached("role/alice")).toEqual([]);
  });

  it("asks neither IAM nor SSM at a wake from which nothing follows, and DynamoDB only for usage", async () => {
    const account = await meteredAccount(aws());
    const reconciler = account.startReconciler();
    await meter(account, "role/alice", 1_200);
    await reconciler.invoke();
    account.pass(2 * MINUTE_MS);
    await reconciler.invoke();
    await reconciler.invoke();
    account.pass(SECOND_MS);
    await meter(account, "role/bob", 10);
    const calls = await callsOf(() => reconciler.invoke(WAKE));
    expect(new Set(calls)).toEqual(new Set(["dynamodb:Query"]));

    account.pass(SECOND_MS);
    await meter(account, "role/bob", 2_000);
    const more = await callsOf(() => reconciler.invoke(WAKE));
    expect(more.indexOf("iam:ListPolicies")).toBeLessThan(more.indexOf("iam:AttachRolePolicy"));
    expect(await account.attached("role/bob")).toHaveLength(1);
  });

  it("observes everything at a wake in a process that has seen nothing", async () => {
    const account = await meteredAccount(aws());
    await account.startReconciler().invoke();
    await meter(account, "role/alice", 1_200);
    await account.startReconciler().invoke(WAKE);
    expect(await account.attached("role/alice")).toHaveLength(1);
  });

  it("counts what is metered where another region has no meter", async () => {
    const account = await meteredAccount(aws(), "us-east-1,eu-west-1");
    await meter(account, "role/alice", 1_200);
    await account.startReconciler().invoke();
    expect(await account.attached("role/alice")).toHaveLength(1);
  });

  it("tells what CloudWatch saw and the log did not, and then denies nobody by the log", async () => {
    const account = await meteredAccount(aws());
    const reconciler = account.startReconciler();
    for (let call = 0; call < 20; call++) await account.use(20_000);
    account.pass(40 * MINUTE_MS);
    await meter(account, "role/alice", 1_200);
    await reconciler.invoke();
    expect(account.told().map(({ type, models }) => [type, models])).toEqual([["Metering Drift", [OPUS]]]);
    expect(account.told()[0]?.reason).toContain(
      "the invocation log tells of 0 calls and 0 tokens, CloudWatch of 20 calls and 400,000 tokens",
    );
    expect(await account.attached("role/alice")).toEqual([]);
  });
});
