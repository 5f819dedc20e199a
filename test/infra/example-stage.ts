import type { StageSettings } from "../../infra/settings.ts";
import type { AccessRequest, PolicyDocument, Statement } from "../support/iam-evaluator.ts";
import { type Recorded, synthesize } from "../support/sst-mocks.ts";

export type Stage = Awaited<ReturnType<typeof synthesize>>;

export const iamArn = (resource: string, account = "123456789012"): string => `arn:aws:iam::${account}:${resource}`;

/** A stage that may deny, with everything that can be set. */
export const enforcing: Partial<StageSettings> = {
  regions: ["eu-central-1", "us-east-1"],
  governedPrincipals: [iamArn("role/data-science/*"), iamArn("user/ci")],
  breakGlassPrincipals: [iamArn("role/data-science/break-glass")],
  enforcement: "on",
  helpSlug: "ask-ml-platform",
  alarmEmails: ["ops@example.com"],
};

/** The same stage without any permission to deny. */
export const observing: Partial<StageSettings> = { ...enforcing, enforcement: "none" };

/** Who used what is known in both regions: in the first from a log that was there, in the other from one of the stage's own. */
export const metering: Partial<StageSettings> = {
  ...enforcing,
  metering: { "eu-central-1": "/acme/bedrock", "us-east-1": "manage" },
};

export const exampleStage = (settings: Partial<StageSettings>): Promise<Stage> => synthesize("example", { settings });

export const ROLE = "aws:iam/role:Role";
export const FUNCTION = "aws:lambda/function:Function";
export const REMOVAL = "aws:lambda/invocation:Invocation";

/** Of every function of a stage, by its name without the stage's; one for each region that has it. */
export const functionsOf = (stage: Stage): readonly string[] =>
  stage
    .ofType(FUNCTION)
    .map(({ inputs }) => String(inputs.name).replace("bedrock-governor-example-", ""))
    .sort();

const ID: Readonly<Record<string, string>> = {
  reconcile: "Reconcile",
  publish: "Publish",
  remove: "Remove",
  "roll-up": "RollUp",
  notify: "Notify",
  meter: "Meter-eu-central-1",
  "meter elsewhere": "Meter-us-east-1",
  logging: "Logging-us-east-1",
};

export const roleOf = (stage: Stage, name: string): Recorded => stage.the(ROLE, `${ID[name]}Role`);
export const functionOf = (stage: Stage, name: string): Recorded => stage.the(FUNCTION, `${ID[name]}Function`);

/** What a function is told, without what SST adds. */
export function environmentOf(stage: Stage, name: string): Readonly<Record<string, string>> {
  const { variables } = functionOf(stage, name).inputs.environment as { variables: Record<string, string> };
  return Object.fromEntries(Object.entries(variables).filter(([key]) => !key.startsWith("SST_")));
}

/** All that a role may do: it has one policy of its own, and none that is AWS's. */
export function policyOf({ name, inputs }: Recorded): PolicyDocument & { readonly Statement: readonly Statement[] } {
  const { inlinePolicies, managedPolicyArns = [] } = inputs as {
    inlinePolicies: { policy: string }[];
    managedPolicyArns?: string[];
  };
  const [only, ...others] = inlinePolicies;
  if (only === undefined || others.length + managedPolicyArns.length > 0) {
    throw new Error(`${name} has other policies than one of its own`);
  }
  return JSON.parse(only.policy);
}

/** A table's name ends in letters drawn by lot. */
export const tableOf = (stage: Stage): string => String(stage.the("aws:dynamodb/table:Table").inputs.name);

/** Attaching or detaching a policy, by its ARN. */
export const attachment = (verb: "Attach" | "Detach", holder: string, policy: string): AccessRequest => ({
  action: `iam:${verb}${holder.includes(":role/") ? "Role" : "User"}Policy`,
  resource: holder,
  context: { "iam:PolicyARN": policy },
});
