import { AttachRolePolicyCommand, ListRolesCommand, ListUsersCommand } from "@aws-sdk/client-iam";
import { expect, it } from "vitest";
import { enforcing, exampleStage, functionOf, policyOf, roleOf, type Stage } from "../infra/example-stage.ts";
import { describeWithAws, type EmulatedAws, NOVA, OPUS } from "../support/aws-front/describe-with-aws.ts";
import { type AccessRequest, evaluate, type PolicyDocument, type Statement } from "../support/iam-evaluator.ts";
import { type Account, createAccount, MINUTE_MS } from "./account.ts";
import { askedOfIam } from "./asked-of-iam.ts";

const FUNCTIONS = ["reconcile", "publish", "remove"] as const;

/** What Lambda does in a function's name, and no code of ours. */
const LAMBDAS_OWN = [
  "logs:CreateLogStream",
  "logs:PutLogEvents",
  "sqs:SendMessage",
  "xray:PutTelemetryRecords",
  "xray:PutTraceSegments",
];

const TOKENS = { source: "metrics", measure: "totalTokens", per: [], period: "day", threshold: 1_000 };

describeWithAws("the permissions that a stage is deployed with", (aws) => {
  let everything: ReturnType<typeof everythingAsked> | undefined;

  it.each(FUNCTIONS)("allow all that %s asks for, and nothing else", { timeout: 120_000 }, async (name) => {
    everything ??= everythingAsked(aws());
    const { stage, requests } = await everything;
    const policy = policyOf(roleOf(stage, name));
    const asked = requests.get(name) ?? [];
    const refused = asked.filter((request) => evaluate([policy], request) !== "allowed");
    expect(refused).toEqual([]);

    const unused = grantsOf(policy).filter(
      (grant) => !asked.some((request) => evaluate([{ Statement: grant }], request) === "allowed"),
    );
    expect(unused).toEqual([]);
  });
});

/** Every statement that allows, taken apart: one action on one resource each, under its condition. */
const grantsOf = ({ Statement }: PolicyDocument): readonly Statement[] =>
  [Statement]
    .flat()
    .filter(({ Effect }) => Effect === "Allow")
    .flatMap((statement) =>
      [statement.Action ?? []]
        .flat()
        .flatMap((Action) => [statement.Resource ?? []].flat().map((Resource) => ({ ...statement, Action, Resource }))),
    )
    .filter(({ Action }) => !LAMBDAS_OWN.includes(Action));

/** Whatever the functions of a stage ever ask AWS for, by function, with the environment that infra gives them. */
async function everythingAsked(
  aws: EmulatedAws,
): Promise<{ readonly stage: Stage; readonly requests: ReadonlyMap<string, readonly AccessRequest[]> }> {
  const stage = await exampleStage(enforcing);
  const environments = FUNCTIONS.map((name) => functionOf(stage, name).inputs.environment as { variables: object });
  const account = await createAccount(
    aws,
    Object.assign({ AWS_REGION: "eu-central-1" }, ...environments.map(({ variables }) => variables)),
  );
  await liveThroughEverything(account, aws);

  const { Roles = [] } = await account.iam.send(new ListRolesCommand({}));
  const { Users = [] } = await account.iam.send(new ListUsersCommand({}));
  const arns = new Map<string, string>([
    ...Roles.map(({ RoleName, Arn = "" }) => [`role/${RoleName}`, Arn] as const),
    ...Users.map(({ UserName, Arn = "" }) => [`user/${UserName}`, Arn] as const),
  ]);
  const requests = new Map<string, AccessRequest[]>();
  for (const call of aws.front.calls) {
    const asked = askedOfIam(call, (principal) => arns.get(principal) ?? "*");
    requests.set(call.caller, [...(requests.get(call.caller) ?? []), ...asked]);
  }
  return { stage, requests };
}

async function liveThroughEverything(account: Account, { front }: EmulatedAws): Promise<void> {
  await account.createRole("batch", "/data-science/");
  await account.createRole("break-glass", "/data-science/");
  await account.createRole("elsewhere");
  await account.createUser("ci");
  const run = async () => {
    account.pass(2 * MINUTE_MS);
    await account.startReconciler().invoke();
  };
  const failing = (action: string, how: Parameters<typeof front.fail>[1]) =>
    front.fail((call) => call.action === action, how);

  // A first run, with wildcards, and denies of a role and of a user.
  await account.set("mode", "enforce");
  const limit = { ...TOKENS, bounds: { min: 500, max: 2_000 } };
  await account.set("limits/all", { ...limit, models: ["*"], principals: ["role/data-science/*"] });
  await account.set("limits/all/threshold", "900");
  await account.set("denies/ci", { principals: ["user/ci"], models: [NOVA], reason: "an incident" });
  await account.use(1_500);
  await run();
  // A parameter that is not valid any more, and a reset.
  await account.set("limits/all/threshold", "many");
  const at = new Date(account.now()).toISOString();
  await account.set("resets/all", { limit: "all", at, reason: "agreed" });
  await run();
  // An account that can hold no more policies, and denies by the hundred.
  const models = Array.from({ length: 110 }, (_, index) => `acme.model-${index}`);
  await account.set("denies/many", { principals: ["role/batch"], models, reason: "an incident" });
  failing("CreatePolicy", "quota reached");
  await run();
  // A full role.
  await account.set("denies/many", { principals: ["role/batch"], models: [OPUS], reason: "an incident" });
  failing("AttachRolePolicy", "quota reached");
  await run();
  // Somebody gives a deny to those who must not have one, and what passes passes.
  const [deny = ""] = await account.attached("role/batch");
  for (const RoleName of ["elsewhere", "break-glass"]) {
    await account.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: deny }));
  }
  failing("TransactWriteItems", "throttled");
  await run();
  await account.unset("denies/ci");
  await account.unset("denies/many");
  await run();
  // The end of the stage.
  await account.set("denies/ci", { principals: ["user/ci", "role/batch"], models: [NOVA], reason: "an incident" });
  await run();
  await account.startRemover().invoke({ tf: { action: "delete" } });
}
