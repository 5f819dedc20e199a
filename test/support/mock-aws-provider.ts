import type * as pulumi from "../../.sst/platform/node_modules/@pulumi/pulumi/index.d.ts";

type Mocks = Required<Pick<pulumi.runtime.Mocks, "newResource" | "call">>;

export const account = "123456789012";
export const region = "us-east-1";

/** What a resource just created knows about itself: its inputs, and what AWS would have added to them. */
export const newResource: Mocks["newResource"] = ({ type, name, inputs }) => {
  const physical: string = inputs.name ?? name;
  const state: Record<string, unknown> = { ...inputs, name: physical };
  if (type.startsWith("aws:")) state.arn = inputs.arn ?? arnOf(type, physical);
  if (type === "random:index/randomBytes:RandomBytes") state.base64 = Buffer.alloc(inputs.length).toString("base64");
  return { id: physical, state };
};

/** The provider functions that SST's components ask. */
export const call: Mocks["call"] = ({ token, inputs }) => {
  switch (token) {
    case "aws:index/getRegion:getRegion":
      return { region };
    case "aws:index/getPartition:getPartition":
      return { partition: "aws", dnsSuffix: "amazonaws.com" };
    case "aws:index/getCallerIdentity:getCallerIdentity":
      return { accountId: account };
    case "aws:iam/getPolicyDocument:getPolicyDocument":
      return { json: JSON.stringify(policyDocument(inputs.statements ?? [])) };
    default:
      throw new Error(`no answer for Pulumi's ${token}: add one to mock-aws-provider.ts`);
  }
};

function arnOf(type: string, name: string): string {
  switch (type) {
    case "aws:iam/role:Role":
      return `arn:aws:iam::${account}:role/${name}`;
    case "aws:dynamodb/table:Table":
      return `arn:aws:dynamodb:${region}:${account}:table/${name}`;
    case "aws:cloudwatch/eventBus:EventBus":
      return `arn:aws:events:${region}:${account}:event-bus/${name}`;
    case "aws:lambda/function:Function":
      return `arn:aws:lambda:${region}:${account}:function:${name}`;
    default:
      return `arn:aws:${type.split(/[:/]/)[1]}:${region}:${account}:${name}`;
  }
}

interface StatementInput {
  effect?: string;
  actions?: string[];
  resources?: string[];
  principals?: { type: string; identifiers: string[] }[];
}

const policyDocument = (statements: StatementInput[]) => ({
  Version: "2012-10-17",
  Statement: statements.map(({ effect = "Allow", actions, resources, principals }) => ({
    Effect: effect,
    Action: actions,
    Resource: resources,
    Principal: principals && Object.fromEntries(principals.map((p) => [p.type, p.identifiers])),
  })),
});
