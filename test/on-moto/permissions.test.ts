import { AttachRolePolicyCommand, ListRolesCommand, ListUsersCommand } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { StageSettings } from "../../infra/settings.ts";
import {
  enforcing,
  environmentOf,
  exampleStage,
  metering,
  policyOf,
  roleOf,
  type Stage,
} from "../infra/example-stage.ts";
import { describeWithAws, type EmulatedAws, NOVA, OPUS } from "../support/aws-front/describe-with-aws.ts";
import { type AccessRequest, evaluate, type PolicyDocument, type Statement } from "../support/iam-evaluator.ts";
import { type Account, createAccount, DAY_MS, HOUR_MS, MINUTE_MS } from "./account.ts";
import { askedOfIam } from "./asked-of-iam.ts";
import { createInvocationLog } from "./invocation-log.ts";

interface Example {
  readonly stage: string;
  readonly settings: Partial<StageSettings>;
  readonly functions: readonly string[];
}

const ALWAYS = ["reconcile", "publish", "remove"];
const EXAMPLES: readonly Example[] = [
  { stage: "without meters", settings: enforcing, functions: ALWAYS },
  {
    stage: "with meters",
    settings: metering,
    functions: [...ALWAYS, "meter", "meter elsewhere", "roll-up", "logging"],
  },
];

/** What Lambda does in a function's name, and no code of ours. */
const LAMBDAS_OWN = [
  /^logs:(CreateLogStream|PutLogEvents) /,
  /^xray:Put(TelemetryRecords|TraceSegments) /,
  /^sqs:SendMessage .*-dead-letters$/,
  /^sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes) .*-replay$/,
];

const TOKENS = { source: "metrics", measure: "totalTokens", per: [], period: "day", threshold: 1_000 };
const LOGGED = { ...TOKENS, source: "logs", models: ["*"], principals: ["role/data-science/*"], per: ["principal"] };

describeWithAws("the permissions that a stage is deployed with", (aws) => {
  const lives = new Map<Example, Promise<Life>>();
  beforeAll(() => {
    vi.spyOn(Math, "random").mockReturnValue(0); // the SDK waits for a random time between its tries
  });
  afterAll(() => vi.restoreAllMocks());

  it.each(EXAMPLES.flatMap((example) => example.functions.map((name) => ({ ...example, name, example }))))(
    "$stage allow all that $name asks for, and nothing else",
    { timeout: 120_000 },
    async ({ name, example }) => {
      const life = lives.get(example) ?? everythingAsked(aws(), example);
      lives.set(example, life);
      const { stage, requests } = await life;
      const policy = policyOf(roleOf(stage, name));
      const asked = requests.get(name) ?? [];
      const refused = asked.filter((request) => evaluate([policy], request) !== "allowed");
      expect(refused).toEqual([]);

      const apart = asked.flatMap(byPartition);
      const unused = grantsOf(policy).filter(
        (grant) => !apart.some((request) => evaluate([{ Statement: grant }], request) === "allowed"),
      );
      expect(unused).toEqual([]);
    },
  );
});

const LEADING_KEYS = "dynamodb:LeadingKeys";

/** Every statement that allows, taken apart: one action each, on one resource, in one kind of a table's partitions, under its condition. */
const grantsOf = ({ Statement }: PolicyDocument): readonly Statement[] =>
  [Statement]
    .flat()
    .filter(({ Effect }) => Effect === "Allow")
    .flatMap((statement) =>
      [statement.Action ?? []]
        .flat()
        .flatMap((Action) => [statement.Resource ?? []].flat().map((Resource) => ({ ...statement, Action, Resource }))),
    )
    .filter(({ Action, Resource }) => !LAMBDAS_OWN.some((own) => own.test(`${Action} ${Resource}`)))
    .flatMap(byKindOfPartition);

function byKindOfPartition(statement: Statement): readonly Statement[] {
  const kinds = statement.Condition?.["ForAllValues:StringLike"]?.[LEADING_KEYS];
  if (kinds === undefined) return [statement];
  const only = (kind: string) => ({ "ForAllValues:StringLike": { [LEADING_KEYS]: kind } });
  return [kinds].flat().map((kind) => ({ ...statement, Condition: only(kind) }));
}

/** What is asked for several partitions at once, as if for each of them. */
function byPartition(request: AccessRequest): readonly AccessRequest[] {
  const keys = request.context?.[LEADING_KEYS];
  if (keys === undefined) return [request];
  return [keys].flat().map((key) => ({ ...request, context: { ...request.context, [LEADING_KEYS]: key } }));
}

interface Life {
  readonly stage: Stage;
  readonly requests: ReadonlyMap<string, readonly AccessRequest[]>;
}

/** Whatever the functions of a stage ever ask AWS for, by function, with the environment that infra gives them. */
async function everythingAsked(aws: EmulatedAws, { settings, functions }: Example): Promise<Life> {
  const stage = await exampleStage(settings);
  const atHome = functions.filter((name) => ALWAYS.includes(name) || name === "roll-up");
  const environments = atHome.map((name) => environmentOf(stage, name));
  const account = await createAccount(aws, Object.assign({ AWS_REGION: "eu-central-1" }, ...environments));
  await liveThroughEverything(account, aws);
  if (functions.includes("meter")) await liveThroughMetering(account, aws, stage);

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

async function liveThroughMetering(account: Account, aws: EmulatedAws, stage: Stage): Promise<void> {
  const { front } = aws;
  await account.rollUpNothing();
  const logging = account.startLogging({ ...environmentOf(stage, "logging"), AWS_REGION: "us-east-1" });
  for (const action of ["create", "update"]) await logging.invoke({ tf: { action } });
  await account.set("limits/week", { ...LOGGED, period: "rolling P7D" });
  await account.set("limits/hours", { ...LOGGED, period: "rolling PT5H" });
  const rollUp = account.startRollUp();
  const meters = await Promise.all(
    [
      ["meter", "eu-central-1"],
      ["meter elsewhere", "us-east-1"],
    ].map(async ([name = "", AWS_REGION = ""]) => {
      const variables = environmentOf(stage, name);
      // The same queue; at its own address nobody would be reached.
      const GOVERNOR_REPLAY_QUEUE = front.endpoint + new URL(variables.GOVERNOR_REPLAY_QUEUE ?? "").pathname;
      const place = { ...variables, AWS_REGION, GOVERNOR_REPLAY_QUEUE };
      return { log: await createInvocationLog(aws, account, place), meter: account.startMeter(place, name) };
    }),
  );
  // What is metered in time, what comes late, before a roll-up and after it, and what is no record.
  for (const tokens of [10, 20]) {
    for (const { log, meter } of meters) {
      const calls = [0, HOUR_MS, DAY_MS].map((ago) => ({ role: "batch", tokens, at: account.now() - ago }));
      await log.meter(meter, [...calls, "no record"]);
      account.pass(2_000);
    }
    await rollUp.invoke();
  }
  // A batch that could not be written.
  for (const { log, meter } of meters) {
    front.fail(({ action }) => action === "BatchWriteItem", "access denied", "all");
    await log.meter(meter, [{ role: "batch" }]);
    front.failNoMore();
    await log.replay(meter);
  }
  await account.startReconciler().invoke();
  // The stage's regions change, and its end.
  await rollUp.invoke({ tf: { action: "update" }, metered: ["eu-central-1"] });
  for (const one of [rollUp, logging]) await one.invoke({ tf: { action: "delete" } });
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
  await account.set("limits/billed", { models: ["*"], principals: ["user/ci"], source: "budget:bedrock" });
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
