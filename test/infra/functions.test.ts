import { beforeAll, describe, expect, it } from "vitest";
import { synthesize } from "../support/sst-mocks.ts";
import {
  enforcing,
  environmentOf,
  exampleStage,
  functionOf,
  functionsOf,
  iamArn,
  metering,
  observing,
  policyOf,
  roleOf,
  type Stage,
  tableOf,
} from "./example-stage.ts";

let on: Stage;
let none: Stage;
let metered: Stage;
beforeAll(async () => {
  metered = await exampleStage(metering);
  on = await exampleStage(enforcing);
  none = await exampleStage(observing);
});

const everyone = {
  GOVERNOR_STAGE: "example",
  GOVERNOR_ACCOUNT: "123456789012",
  GOVERNOR_PARTITION: "aws",
  POWERTOOLS_SERVICE_NAME: "bedrock-governor-example",
  POWERTOOLS_METRICS_NAMESPACE: "BedrockGovernor",
};

/** What is told of it, its name, seconds, megabytes. */
const ALL: readonly [string, string, number, number][] = [
  ["reconcile", "reconcile", 60, 512],
  ["publish", "publish", 40, 512],
  ["remove", "remove", 900, 512],
  ["meter", "meter", 60, 512],
  ["meter elsewhere", "meter", 60, 512],
  ["roll-up", "roll-up", 120, 1024],
  ["logging", "logging", 120, 512],
];

describe.each(ALL)("the function %s", (name, called, timeout, memorySize) => {
  it(`runs on Node 24 and arm64, for ${timeout} s at most`, () => {
    expect(functionOf(metered, name).inputs).toMatchObject({
      name: `bedrock-governor-example-${called}`,
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      timeout,
      memorySize,
    });
  });

  it("traces, and logs JSON that is kept for 90 days", () => {
    const { region, inputs } = functionOf(metered, name);
    expect(inputs).toMatchObject({
      tracingConfig: { mode: "Active" },
      loggingConfig: { logFormat: "JSON", logGroup: `/aws/lambda/bedrock-governor-example-${called}` },
    });
    const groups = metered
      .ofType("aws:cloudwatch/logGroup:LogGroup")
      .filter((one) => one.region === region)
      .filter((one) => one.inputs.name === `/aws/lambda/bedrock-governor-example-${called}`);
    expect(groups.map((one) => one.inputs.retentionInDays)).toEqual([90]);
  });

  it("has a role of its own at the stage's path, which only Lambda assumes, without any policy of AWS's", () => {
    const { path, managedPolicyArns, assumeRolePolicy } = roleOf(metered, name).inputs;
    expect({ path, managedPolicyArns }).toEqual({ path: "/bedrock-governor/example/", managedPolicyArns: [] });
    expect(JSON.parse(String(assumeRolePolicy)).Statement).toMatchObject([
      { Principal: { Service: "lambda.amazonaws.com" } },
    ]);
    expect(functionOf(metered, name).inputs.role).toMatch(
      /^arn:aws:iam::123456789012:role\/bedrock-governor\/example\//,
    );
  });
});

describe("logs", () => {
  it.each([
    [32, 30],
    [400, 400],
    [500, 400],
    [3653, 3653],
  ])("are kept no longer than %i days, which is %i in CloudWatch's terms", async (retentionDays, kept) => {
    const stage = await exampleStage({ ...enforcing, retentionDays });
    const groups = stage.ofType("aws:cloudwatch/logGroup:LogGroup");
    expect(groups.map(({ inputs }) => inputs.retentionInDays)).toEqual(groups.map(() => kept));
  });
});

describe("functions are told", () => {
  it("where they are, and no more if they need no more", () => {
    expect(environmentOf(on, "publish")).toEqual(everyone);
    expect(environmentOf(on, "remove")).toEqual(everyone);
  });

  it("everything of the stage if they reconcile", () => {
    expect(environmentOf(on, "reconcile")).toEqual({
      ...everyone,
      GOVERNOR_REGIONS: "eu-central-1,us-east-1",
      GOVERNOR_TABLE: tableOf(on),
      GOVERNOR_BUS: "bedrock-governor-example",
      GOVERNOR_ENFORCEMENT: "on",
      GOVERNOR_PUBLISHER: "bedrock-governor-example-publish",
      GOVERNOR_PROTECTED_PRINCIPALS: JSON.stringify([
        iamArn("role/bedrock-governor/*"),
        iamArn("role/data-science/break-glass"),
      ]),
      GOVERNOR_GOVERNED_PRINCIPALS: JSON.stringify([iamArn("role/data-science/*"), iamArn("user/ci")]),
      GOVERNOR_RETENTION_DAYS: "90",
      GOVERNOR_HELP_SLUG: "ask-ml-platform",
    });
  });

  it("of no publisher where there is none, nor of anybody whom they may deny", () => {
    const environment = environmentOf(none, "reconcile");
    expect(environment).toMatchObject({ GOVERNOR_ENFORCEMENT: "none" });
    expect(environment).not.toHaveProperty("GOVERNOR_PUBLISHER");
    expect(environment).not.toHaveProperty("GOVERNOR_GOVERNED_PRINCIPALS");
  });
});

describe("in `sst dev`", () => {
  it("functions run in Lambda as ever, and nobody but Lambda has their roles", async () => {
    const dev = await synthesize("example", { settings: metering, dev: true });
    for (const name of [...functionsOf(dev), "meter elsewhere"]) {
      expect(functionOf(dev, name).inputs).toMatchObject({ runtime: "nodejs24.x", architectures: ["arm64"] });
      expect(roleOf(dev, name).inputs.assumeRolePolicy).toBe(roleOf(metered, name).inputs.assumeRolePolicy);
      const actions = policyOf(roleOf(dev, name)).Statement.flatMap(({ Action = [] }) => Action);
      expect(actions.filter((action) => /^(s3|appsync):/.test(action))).toEqual([]);
    }
  });
});
