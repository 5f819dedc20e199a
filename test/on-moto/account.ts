import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateEventBusCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListAttachedUserPoliciesCommand,
} from "@aws-sdk/client-iam";
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { pass } from "@bedrock-governor/aws/dynamodb/retrying";
import { createLogsUsage } from "@bedrock-governor/aws/dynamodb/usage/logs-usage";
import { beginProgress } from "@bedrock-governor/aws/dynamodb/usage/marks";
import type { Measure } from "@bedrock-governor/core/limit/limit";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { amountsOf } from "../aws/dynamodb/usage/setup.ts";
import { type EmulatedAws, OPUS } from "../support/aws-front/describe-with-aws.ts";
import { createFunctions, type Environment } from "./functions.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Metrics are put with real dates: CloudWatch takes none that is two weeks old. */
const MIDDAY: EpochMs = Math.floor(Date.now() / DAY_MS) * DAY_MS - 2 * DAY_MS + DAY_MS / 2;
const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [] });

/** What Lambda sets and infra adds, for all functions of a stage together. */
const ENVIRONMENT = {
  AWS_REGION: "us-east-1",
  GOVERNOR_STAGE: "on-moto",
  GOVERNOR_ACCOUNT: "123456789012",
  GOVERNOR_PARTITION: "aws",
  GOVERNOR_REGIONS: "us-east-1",
  GOVERNOR_TABLE: "governor",
  GOVERNOR_BUS: "bedrock-governor-on-moto",
  GOVERNOR_ENFORCEMENT: "on",
  GOVERNOR_PUBLISHER: "bedrock-governor-on-moto-publish",
  GOVERNOR_PROTECTED_PRINCIPALS: JSON.stringify([
    "arn:aws:iam::123456789012:role/bedrock-governor/*",
    "arn:aws:iam::123456789012:role/break-glass",
  ]),
  GOVERNOR_RETENTION_DAYS: "90",
  GOVERNOR_HOME_REGION: "us-east-1",
  GOVERNOR_LOG_GROUP: "/acme/bedrock",
};

/** An account in which nothing is but what a stage deploys. */
export async function createAccount(aws: EmulatedAws, changes: Environment = {}): Promise<Account> {
  const account = openAccount(aws, MIDDAY, changes);
  await account.deployStorage();
  return account;
}

/** The account as it stands on the emulator, at a moment. */
export function openAccount({ moto, front }: EmulatedAws, at: EpochMs, changes: Environment = {}) {
  const replayQueue = `${front.endpoint}/123456789012/bedrock-governor-on-moto-replay`;
  const environment = { ...ENVIRONMENT, GOVERNOR_REPLAY_QUEUE: replayQueue, ...changes };
  const client = { ...moto.client, endpoint: front.endpoint, region: environment.AWS_REGION };
  const iam = new IAMClient(client);
  const dynamodb = new DynamoDBClient(client);
  const ssm = new SSMClient(client);
  const cloudwatch = new CloudWatchClient(client);
  const functions = createFunctions(front, environment, at);
  const parameter = (name: string) => `/bedrock-governor/${environment.GOVERNOR_STAGE}/${name}`;

  return {
    ...functions,
    environment,
    iam,
    dynamodb,
    table: environment.GOVERNOR_TABLE,
    async deployStorage() {
      await dynamodb.send(
        new CreateTableCommand({
          TableName: environment.GOVERNOR_TABLE,
          AttributeDefinitions: ["pk", "sk"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
          KeySchema: [
            { AttributeName: "pk", KeyType: "HASH" },
            { AttributeName: "sk", KeyType: "RANGE" },
          ],
          BillingMode: "PAY_PER_REQUEST",
        }),
      );
      await new EventBridgeClient(client).send(new CreateEventBusCommand({ Name: environment.GOVERNOR_BUS }));
    },
    /** Sets a parameter. */
    set: (name: string, value: unknown) =>
      ssm.send(
        new PutParameterCommand({
          Name: parameter(name),
          Value: typeof value === "string" ? value : JSON.stringify(value),
          Type: "String",
          Overwrite: true,
        }),
      ),
    unset: (name: string) => ssm.send(new DeleteParameterCommand({ Name: parameter(name) })),
    createRole: (name: string, path = "/") =>
      iam.send(new CreateRoleCommand({ RoleName: name, Path: path, AssumeRolePolicyDocument: TRUST })),
    createUser: (name: string, path = "/") => iam.send(new CreateUserCommand({ UserName: name, Path: path })),
    /** Attaches a policy that allows. @returns its ARN */
    async attachAllow(role: string, name: string, path = "/"): Promise<string> {
      const Statement = [{ Effect: "Allow", Action: "bedrock:*", Resource: "*" }];
      const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
      const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: name, Path: path, PolicyDocument }));
      await iam.send(new AttachRolePolicyCommand({ RoleName: role, PolicyArn: Policy?.Arn }));
      return Policy?.Arn ?? "";
    },
    /** Puts one call into AWS/Bedrock, two minutes old. */
    async use(tokens: number, spelling = OPUS) {
      const Dimensions = [{ Name: "ModelId", Value: spelling }];
      const Timestamp = new Date(functions.now() - 2 * MINUTE_MS);
      const MetricData = [
        { MetricName: "Invocations", Value: 1, Dimensions, Timestamp },
        { MetricName: "InputTokenCount", Value: tokens, Dimensions, Timestamp },
      ];
      await cloudwatch.send(new PutMetricDataCommand({ Namespace: "AWS/Bedrock", MetricData }));
    },
    /** ARNs of the policies that a principal holds, which is `role/<name>` or `user/<name>`. */
    async attached(principal: string): Promise<readonly string[]> {
      const [kind, name] = principal.split("/");
      const { AttachedPolicies = [] } = await (kind === "user"
        ? iam.send(new ListAttachedUserPoliciesCommand({ UserName: name }))
        : iam.send(new ListAttachedRolePoliciesCommand({ RoleName: name })));
      return AttachedPolicies.map(({ PolicyArn }) => PolicyArn ?? "");
    },
    /** What the bus took of announcements, in order; an event that was put again stands there again. */
    told(): readonly GovernorEvent[] {
      const taken = front.calls.filter(({ action, status }) => action === "PutEvents" && status === 200);
      const entries = taken.flatMap(
        ({ input }) => (input as { Entries: { Source: string; Detail: string }[] }).Entries,
      );
      return entries.filter(({ Source }) => Source === "bedrock-governor").map(({ Detail }) => JSON.parse(Detail));
    },
    /** As if roll-ups had been at work until an hour or two ago, and had found nothing: a first one looks at three days. */
    async rollUpNothing() {
      const upTo = Math.floor(functions.now() / HOUR_MS - 1) * HOUR_MS;
      const progress = { quartersUpTo: upTo, daysUpTo: Math.floor(upTo / DAY_MS) * DAY_MS };
      await beginProgress({ dynamodb, table: environment.GOVERNOR_TABLE, wait: pass }, progress);
    },
    /** Who used how much on the day that is now, or on the one `daysAgo`, by principal and model, as a new process reads it. */
    async used(measure: Measure = "totalTokens", daysAgo = 0): Promise<Readonly<Record<string, number>>> {
      const start = (Math.floor(functions.now() / DAY_MS) - daysAgo) * DAY_MS;
      const port = createLogsUsage({ dynamodb, table: environment.GOVERNOR_TABLE, now: functions.now });
      return amountsOf(port, measure, { start, end: start + DAY_MS });
    },
  };
}

export type Account = ReturnType<typeof openAccount>;
