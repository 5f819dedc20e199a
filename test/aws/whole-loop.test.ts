import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateEventBusCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
} from "@aws-sdk/client-iam";
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { createMetricsUsage } from "@bedrock-governor/aws/cloudwatch/usage";
import { createJournal } from "@bedrock-governor/aws/dynamodb/journal";
import { createLastMode } from "@bedrock-governor/aws/dynamodb/last-mode";
import { createAnnouncer } from "@bedrock-governor/aws/eventbridge/announcer";
import { createIamAccess } from "@bedrock-governor/aws/iam/access";
import { createIamDirectory } from "@bedrock-governor/aws/iam/directory";
import { createIamPublisher } from "@bedrock-governor/aws/iam/publisher";
import { createSsmSettings } from "@bedrock-governor/aws/ssm/settings";
import type { Settings } from "@bedrock-governor/core/limit/settings";
import type { Ports, UsagePort } from "@bedrock-governor/core/reconcile/ports";
import { createGovernor } from "@bedrock-governor/core/reconcile/reconcile";
import { expect, it } from "vitest";
import { describeWithMoto } from "../support/describe-with-moto.ts";
import { evaluate, type PolicyDocument } from "../support/iam-evaluator.ts";
import type { Moto } from "../support/moto.ts";

const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";
const PREFIX = "/bedrock-governor/whole-loop";
const DAY_MS = 86_400_000;
const TABLE = "governor";
const BUS = "bedrock-governor-whole-loop";
const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [] });

/** An account on the emulator, and the governor with every adapter that has one there. */
async function account(moto: Moto) {
  const iam = new IAMClient({ ...moto.client, maxAttempts: 1 });
  const ssm = new SSMClient(moto.client);
  const dynamodb = new DynamoDBClient(moto.client);
  const cloudwatch = new CloudWatchClient({ ...moto.client, maxAttempts: 1 });
  const eventbridge = new EventBridgeClient(moto.client);
  const place = { partition: "aws", account: moto.account, region: "us-east-1", stage: "whole-loop" };
  const keys = ["pk", "sk"] as const;
  await dynamodb.send(
    new CreateTableCommand({
      TableName: TABLE,
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  await eventbridge.send(new CreateEventBusCommand({ Name: BUS }));

  let now = Math.floor(Date.now() / DAY_MS) * DAY_MS - 2 * DAY_MS + DAY_MS / 2;
  const quick = { now: () => now, sleep: async () => {}, random: () => 0 };
  const settings = createSsmSettings({ ssm, place, lastMode: createLastMode({ dynamodb, table: TABLE }) });
  let inForce: Pick<Settings, "limits" | "prices"> = { limits: [], prices: [] };
  const catalogue = { models: [OPUS], aliases: new Map(), otherArns: new Map() };
  const region = { ...catalogue, models: new Set([OPUS]), profiles: [`us.${OPUS}`] };
  const nothing: UsagePort = { read: async (queries) => queries.map(() => ({ status: "unknown", why: "not here" })) };
  const ports: Ports = {
    now: () => now,
    settings: {
      async read() {
        const read = await settings.read();
        inForce = read;
        return read;
      },
    },
    directory: createIamDirectory({ iam, maxAgeMs: 0, ...quick }),
    catalogue: { read: async () => catalogue },
    usage: {
      metrics: createMetricsUsage({
        clients: new Map([["us-east-1", cloudwatch]]),
        catalogue: { regions: async () => new Map([["us-east-1", region]]) },
        settings: () => inForce,
        now: () => now,
      }),
      logs: nothing,
      budget: nothing,
    },
    access: createIamAccess({ iam, place, ...quick }),
    publisher: createIamPublisher({ iam, place, ...quick }),
    journal: createJournal({ dynamodb, table: TABLE, now: () => now }),
    announcer: createAnnouncer({ eventbridge, busName: BUS }),
  };
  const deployment = {
    stage: place.stage,
    account: place.account,
    partition: "aws",
    protectedPrincipals: ["role/break-glass"],
  };
  const governor = createGovernor(deployment, ports);
  return {
    iam,
    run: () => governor.reconcile(),
    pass(ms: number) {
      now += ms;
    },
    put: (name: string, value: unknown) =>
      ssm.send(
        new PutParameterCommand({
          Name: `${PREFIX}/${name}`,
          Value: typeof value === "string" ? value : JSON.stringify(value),
          Type: "String",
          Overwrite: true,
        }),
      ),
    remove: (name: string) => ssm.send(new DeleteParameterCommand({ Name: `${PREFIX}/${name}` })),
    createRole: (name: string, path = "/") =>
      iam.send(new CreateRoleCommand({ RoleName: name, Path: path, AssumeRolePolicyDocument: TRUST })),
    async use(tokens: number, spelling = OPUS) {
      const Dimensions = [{ Name: "ModelId", Value: spelling }];
      const datum = (MetricName: string, Value: number) => ({
        MetricName,
        Value,
        Dimensions,
        Timestamp: new Date(now - 120_000),
      });
      const MetricData = [datum("Invocations", 1), datum("InputTokenCount", tokens)];
      await cloudwatch.send(new PutMetricDataCommand({ Namespace: "AWS/Bedrock", MetricData }));
    },
    async attached(role: string): Promise<readonly string[]> {
      const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName: role }));
      return AttachedPolicies.map(({ PolicyName }) => PolicyName ?? "");
    },
  };
}

const LIMIT = {
  models: ["anthropic.*"],
  principals: ["role/team/*", "role/break-glass"],
  source: "metrics",
  measure: "totalTokens",
  per: [],
  period: "day",
  threshold: 1_000,
};

describeWithMoto("the whole loop on emulated AWS", (moto) => {
  it("denies exactly the right roles from metrics alone, lifts in the next period, and leaves foreign policies alone", async () => {
    const world = await account(moto());
    await world.createRole("alice", "/team/");
    await world.createRole("bob", "/team/");
    await world.createRole("carol");
    await world.createRole("break-glass");
    const { Policy: foreign } = await world.iam.send(
      new CreatePolicyCommand({
        PolicyName: "team-policy",
        PolicyDocument: TRUST.replace("[]", '[{"Effect":"Allow","Action":"bedrock:*","Resource":"*"}]'),
      }),
    );
    await world.iam.send(new AttachRolePolicyCommand({ RoleName: "alice", PolicyArn: foreign?.Arn }));
    await world.put("mode", "enforce");
    await world.put("limits/opus", LIMIT);

    await world.use(600);
    await world.run();
    expect(await world.attached("alice")).toEqual(["team-policy"]);

    await world.use(500, `us.${OPUS}`);
    world.pass(5 * 60_000);
    const report = await world.run();
    expect([report.passing, report.blocked]).toEqual([[], []]);
    const [ours = "", ...more] = (await world.attached("alice")).filter((name) => name !== "team-policy");
    expect(ours).toMatch(/^usage-limit-reached\.anthropic\.\+\./);
    expect([
      more,
      await world.attached("bob"),
      await world.attached("carol"),
      await world.attached("break-glass"),
    ]).toEqual([[], [ours], [], []]);
    const document = await documentOf(
      world.iam,
      `arn:aws:iam::${moto().account}:policy/bedrock-governor/whole-loop/deny/${ours}`,
    );
    const call = { action: "bedrock:InvokeModel", resource: `arn:aws:bedrock:eu-west-1::foundation-model/${OPUS}` };
    const allowAll: PolicyDocument = { Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] };
    expect(evaluate([allowAll, document], call)).toBe("explicitDeny");

    world.pass(2 * 60_000);
    expect((await world.run()).changed).toEqual([]);

    world.pass(DAY_MS);
    const lifted = await world.run();
    expect(lifted.events.map(({ type, principal }) => [type, principal]).sort()).toEqual([
      ["Access Lifted", "role/alice"],
      ["Access Lifted", "role/bob"],
    ]);
    expect(await world.attached("alice")).toEqual(["team-policy"]);
    expect(await world.attached("bob")).toEqual([]);
  });

  it("keeps the mode that holds when its parameter is removed, and denies nothing before one is set", async () => {
    const world = await account(moto());
    await world.createRole("alice", "/team/");
    await world.put("limits/opus", LIMIT);
    await world.use(5_000);
    expect((await world.run()).mode).toBe("observe");
    expect(await world.attached("alice")).toEqual([]);
    await world.put("mode", "enforce");
    await world.run();
    expect(await world.attached("alice")).toHaveLength(1);
    await world.remove("mode");
    world.pass(2 * 60_000);
    expect((await world.run()).mode).toBe("enforce");
    expect(await world.attached("alice")).toHaveLength(1);
  });
});

async function documentOf(iam: IAMClient, arn: string): Promise<PolicyDocument> {
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn: arn }));
  const { PolicyVersion } = await iam.send(
    new GetPolicyVersionCommand({ PolicyArn: arn, VersionId: Policy?.DefaultVersionId }),
  );
  return JSON.parse(decodeURIComponent(PolicyVersion?.Document ?? "")) as PolicyDocument;
}
