import type { Call } from "../support/aws-front/call.ts";
import type { AccessRequest } from "../support/iam-evaluator.ts";

const ACCOUNT = "123456789012";

/**
 * What IAM is asked before a call is served, of the one who makes it.
 *
 * @param arnOf the ARN of a role or user, by `role/<name>` or `user/<name>`
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
export function askedOfIam(call: Call, arnOf: (principal: string) => string): readonly AccessRequest[] {
  switch (call.service) {
    case "iam":
      return iamRequests(call, arnOf);
    case "dynamodb":
      return dynamodbRequests(call);
    case "ssm":
      return [{ action: `ssm:${call.action}`, resource: ssmResource(call) }];
    case "events": {
      const entries = call.input.Entries as readonly { EventBusName: string; Source: string }[];
      return entries.map(({ EventBusName, Source }) => ({
        action: "events:PutEvents",
        resource: `arn:aws:events:${call.region}:${ACCOUNT}:event-bus/${EventBusName}`,
        context: { "events:source": Source },
      }));
    }
    case "lambda": {
      const resource = `arn:aws:lambda:${call.region}:${ACCOUNT}:function:${call.input.FunctionName}`;
      return [{ action: `lambda:${call.action}`, resource }];
    }
    case "logs": {
      const resource = `arn:aws:logs:${call.region}:${ACCOUNT}:log-group:${call.input.logGroupName}`;
      // Documented without an end, and seen with one.
      return [resource, `${resource}:*`].map((each) => ({ action: `logs:${call.action}`, resource: each }));
    }
    case "budgets":
      // One action for every way of reading budgets.
      return [
        {
          action: `budgets:${call.action.startsWith("Describe") ? "ViewBudget" : call.action}`,
          resource: `arn:aws:budgets::${ACCOUNT}:budget/*`,
        },
      ];
    case "sqs": {
      const queue = String(call.input.QueueUrl).split("/").at(-1);
      return [{ action: `sqs:${call.action}`, resource: `arn:aws:sqs:${call.region}:${ACCOUNT}:${queue}` }];
    }
    case "monitoring":
      return cloudwatchRequests(call);
    case "bedrock":
      return bedrockRequests(call);
    default:
      throw new Error(`what ${call.service}:${call.action} needs is not known here`);
  }
}

/** Alarms are resources, metrics are none. */
function cloudwatchRequests({ action, input, region }: Call): readonly AccessRequest[] {
  const names = (input.AlarmNames ?? []) as readonly string[];
  const alarms = names.map((name) => `arn:aws:cloudwatch:${region}:${ACCOUNT}:alarm:${name}`);
  return (action === "DescribeAlarms" ? alarms : ["*"]).map((resource) => ({
    action: `cloudwatch:${action}`,
    resource,
  }));
}

/** Who says with which role Bedrock is to log hands it that role. */
function bedrockRequests({ action, input }: Call): readonly AccessRequest[] {
  const asked = { action: `bedrock:${action}`, resource: String(input.modelIdentifier ?? "*") };
  if (action !== "PutModelInvocationLoggingConfiguration") return [asked];
  const { loggingConfig } = input as { loggingConfig: { cloudWatchConfig: { roleArn: string } } };
  const context = { "iam:PassedToService": "bedrock.amazonaws.com" };
  return [asked, { action: "iam:PassRole", resource: loggingConfig.cloudWatchConfig.roleArn, context }];
}

function iamRequests({ action: command, input }: Call, arnOf: (principal: string) => string): readonly AccessRequest[] {
  const action = `iam:${command}`;
  if (/^List(Policies|Roles|Users)$/.test(command)) return [{ action, resource: "*" }];
  const policy = String(input.PolicyArn);
  const kind = /tach(Role|User)Policy$/.exec(command)?.[1];
  if (kind !== undefined) {
    const resource = arnOf(`${kind.toLowerCase()}/${input[`${kind}Name`]}`);
    return [{ action, resource, context: { "iam:PolicyARN": policy } }];
  }
  if (command !== "CreatePolicy") return [{ action, resource: policy }];
  const resource = `arn:aws:iam::${ACCOUNT}:policy${input.Path}${input.PolicyName}`;
  return "Tags.member.1.Key" in input
    ? [action, "iam:TagPolicy"].map((each) => ({ action: each, resource }))
    : [{ action, resource }];
}

interface Item {
  readonly TableName: string;
  readonly Key?: { readonly pk: { readonly S: string } };
  readonly Item?: { readonly pk: { readonly S: string } };
}

const TRANSACTED: Readonly<Record<string, string>> = {
  Put: "PutItem",
  Delete: "DeleteItem",
  Update: "UpdateItem",
  ConditionCheck: "ConditionCheckItem",
};

/** A transaction is asked item by item, as what is done to each. */
function dynamodbRequests({ action, input, region }: Call): readonly AccessRequest[] {
  const request = (name: string, table: string, keys: readonly (string | undefined)[]): AccessRequest => ({
    action: `dynamodb:${name}`,
    resource: `arn:aws:dynamodb:${region}:${ACCOUNT}:table/${table}`,
    context: { "dynamodb:LeadingKeys": [...new Set(keys)].map((key) => key ?? "no key") },
  });
  const keyOf = ({ Key, Item }: Item) => (Key ?? Item)?.pk.S;
  switch (action) {
    case "TransactWriteItems":
      return (input.TransactItems as readonly Record<string, Item>[]).flatMap((one) =>
        Object.entries(one).map(([kind, item]) => request(TRANSACTED[kind] ?? kind, item.TableName, [keyOf(item)])),
      );
    case "BatchWriteItem":
      return Object.entries(
        input.RequestItems as Record<string, readonly { PutRequest?: Item; DeleteRequest?: Item }[]>,
      ).map(([table, writes]) => {
        const items = writes.flatMap(({ PutRequest, DeleteRequest }) => PutRequest ?? DeleteRequest ?? []);
        return request(action, table, items.map(keyOf));
      });
    case "Query": {
      const { ":pk": pk } = input.ExpressionAttributeValues as Record<string, { readonly S: string }>;
      return [request(action, String(input.TableName), [pk?.S])];
    }
    default: {
      const item = input as unknown as Item;
      return [request(action, item.TableName, [keyOf(item)])];
    }
  }
}

/** By path a path is read, by name a parameter; who wrote what is asked of no resource. */
function ssmResource({ action, input, region }: Call): string {
  const parameter = (name: unknown) => `arn:aws:ssm:${region}:${ACCOUNT}:parameter${name}`;
  if (action === "GetParametersByPath") return parameter(input.Path);
  return action === "DescribeParameters" ? "*" : parameter(input.Name);
}
