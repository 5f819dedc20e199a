import type * as pulumi from "../../.sst/platform/node_modules/@pulumi/pulumi/index.d.ts";

type Mocks = Required<Pick<pulumi.runtime.Mocks, "newResource" | "call">>;

/** Where a stage is deployed to. */
export interface MockAws {
  readonly partition: string;
  /** Twelve digits. */
  readonly account: string;
  readonly region: string;
}

export const ACCOUNT = "123456789012";

export function mockAws(region: string, account = ACCOUNT): MockAws {
  const partition = /^(?:cn|us-gov|eusc)-/.exec(region)?.[0].slice(0, -1);
  return { partition: partition === undefined ? "aws" : `aws-${partition}`, account, region };
}

export const mockAwsProvider = (where: MockAws): Mocks => ({
  /** What a resource just created knows about itself: its inputs, and what AWS would have added to them. */
  newResource({ type, name, inputs, provider }) {
    // By its id the others name it.
    if (type === "pulumi:providers:aws") return { id: inputs.region, state: inputs };
    const physical: string = inputs.name ?? name;
    const state: Record<string, unknown> = { ...inputs, name: physical };
    const region = inputs.region ?? regionOf(provider) ?? where.region;
    if (type.startsWith("aws:")) state.arn = inputs.arn ?? arnOf({ ...where, region }, type, physical, inputs);
    if (type === "aws:sqs/queue:Queue") state.url = `https://sqs.${region}.amazonaws.com/${where.account}/${physical}`;
    if (type === "random:index/randomBytes:RandomBytes") state.base64 = Buffer.alloc(inputs.length).toString("base64");
    return { id: physical, state };
  },

  /** The provider functions that SST's components ask. */
  call({ token, inputs, provider }) {
    switch (token) {
      case "aws:index/getRegion:getRegion":
        return { region: regionOf(provider) ?? where.region };
      case "aws:index/getPartition:getPartition":
        return { partition: where.partition, dnsSuffix: "amazonaws.com" };
      case "aws:index/getCallerIdentity:getCallerIdentity":
        return { accountId: where.account };
      case "aws:iam/getPolicyDocument:getPolicyDocument":
        return { ...inputs, json: JSON.stringify(policyDocument(inputs.statements ?? [])) };
      default:
        throw new Error(`no answer for Pulumi's ${token}: add one to mock-aws-provider.ts`);
    }
  },
});

/** Of the provider that a resource or a call names, as in `<URN>::<id>`; undefined for the stage's own. */
export const regionOf = (provider: string | undefined): string | undefined =>
  provider ? provider.split("::").at(-1) : undefined;

type Inputs = Readonly<Record<string, string | undefined>>;

/** What follows the account in an ARN. */
const RESOURCES: Readonly<Record<string, (name: string, inputs: Inputs) => string>> = {
  "aws:dynamodb/table:Table": (name) => `table/${name}`,
  "aws:cloudwatch/eventBus:EventBus": (name) => `event-bus/${name}`,
  "aws:cloudwatch/eventRule:EventRule": (name, { eventBusName }) =>
    eventBusName === undefined ? `rule/${name}` : `rule/${eventBusName}/${name}`,
  "aws:cloudwatch/metricAlarm:MetricAlarm": (name) => `alarm:${name}`,
  "aws:cloudwatch/logGroup:LogGroup": (name) => `log-group:${name}`,
  "aws:lambda/function:Function": (name) => `function:${name}`,
  "aws:lambda/eventSourceMapping:EventSourceMapping": (name) => `event-source-mapping:${name}`,
  "aws:lambda/alias:Alias": (name, { functionName }) => `function:${functionName}:${name}`,
};

/** Where the first part of Pulumi's type is not the service's name in an ARN. */
const SERVICES: Readonly<Record<string, string>> = {
  "aws:cloudwatch/eventBus:EventBus": "events",
  "aws:cloudwatch/eventRule:EventRule": "events",
  "aws:cloudwatch/logGroup:LogGroup": "logs",
};

function arnOf({ partition, account, region }: MockAws, type: string, name: string, inputs: Inputs): string {
  if (type === "aws:iam/role:Role") return `arn:${partition}:iam::${account}:role${inputs.path ?? "/"}${name}`;
  const service = SERVICES[type] ?? type.split(/[:/]/)[1];
  const resource = RESOURCES[type]?.(name, inputs) ?? name;
  return `arn:${partition}:${service}:${region}:${account}:${resource}`;
}

interface StatementInput {
  effect?: string;
  actions?: string[];
  resources?: string[];
  principals?: { type: string; identifiers: string[] }[];
  conditions?: { test: string; variable: string; values: string[] }[];
}

const policyDocument = (statements: StatementInput[]) => ({
  Version: "2012-10-17",
  Statement: statements.map(({ effect = "Allow", actions, resources, principals, conditions }) => ({
    Effect: effect,
    Action: actions,
    Resource: resources,
    Principal: principals && Object.fromEntries(principals.map((p) => [p.type, p.identifiers])),
    Condition: conditions && conditionsOf(conditions),
  })),
});

function conditionsOf(conditions: NonNullable<StatementInput["conditions"]>) {
  const operators: Record<string, Record<string, string[]>> = {};
  for (const { test, variable, values } of conditions) operators[test] = { ...operators[test], [variable]: values };
  return operators;
}
