import { beforeAll, describe, expect, it } from "vitest";
import { synthesize } from "../support/sst-mocks.ts";
import { policyOf, roleOf, type Stage } from "./example-stage.ts";

const ACCOUNT = "210987654321";

describe("in GovCloud", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await synthesize("example", {
      account: ACCOUNT,
      settings: {
        regions: ["us-gov-west-1", "us-gov-east-1"],
        governedPrincipals: ["arn:aws-us-gov:iam::*:role/app/*"],
        breakGlassPrincipals: [`arn:aws-us-gov:iam::${ACCOUNT}:role/break-glass`],
        enforcement: "on",
        alarmEmails: ["ops@example.gov"],
        wakeAt: { invocationsPerMinute: 100 },
      },
    });
  });
  const all = () => JSON.stringify(stage.resources.map(({ inputs }) => inputs));

  it("no ARN names another partition, account or region", () => {
    const arns = [...all().matchAll(/arn:([\w-]*):[\w-]*:([\w-]*):(\d*)/g)];
    expect(arns.length).toBeGreaterThan(50);
    const named = (part: number) => new Set(arns.map((arn) => arn[part]));
    expect(named(1)).toEqual(new Set(["aws-us-gov"]));
    expect(named(2)).toEqual(new Set(["", "us-gov-west-1"]));
    expect(named(3)).toEqual(new Set(["", ACCOUNT]));
  });

  it("functions are told the partition", () => {
    const { variables } = stage.the("aws:lambda/function:Function", "ReconcileFunction").inputs.environment as {
      variables: Record<string, string>;
    };
    expect(variables).toMatchObject({
      GOVERNOR_PARTITION: "aws-us-gov",
      GOVERNOR_PROTECTED_PRINCIPALS: JSON.stringify([
        `arn:aws-us-gov:iam::${ACCOUNT}:role/bedrock-governor/*`,
        `arn:aws-us-gov:iam::${ACCOUNT}:role/break-glass`,
      ]),
    });
  });

  it("the governor's own roles are denied to it there", () => {
    const denied = policyOf(roleOf(stage, "reconcile")).Statement.filter(({ Effect }) => Effect === "Deny");
    expect(denied.map(({ Resource }) => Resource)).toEqual([
      [`arn:aws-us-gov:iam::${ACCOUNT}:role/bedrock-governor/*`],
      [`arn:aws-us-gov:iam::${ACCOUNT}:role/break-glass`],
    ]);
  });
});

describe("metering in GovCloud", () => {
  it("names no other partition and account, and no region but its two", async () => {
    const stage = await synthesize("example", {
      account: ACCOUNT,
      settings: {
        regions: ["us-gov-west-1", "us-gov-east-1"],
        metering: { "us-gov-west-1": "/app/bedrock", "us-gov-east-1": "manage" },
      },
    });
    const all = JSON.stringify(stage.resources.map(({ inputs }) => inputs));
    const arns = [...all.matchAll(/arn:([\w-]*):[\w-]*:([\w-]*):(\d*)/g)];
    const named = (part: number) => new Set(arns.map((arn) => arn[part]));
    expect(named(1)).toEqual(new Set(["aws-us-gov"]));
    expect(named(2)).toEqual(new Set(["", "us-gov-west-1", "us-gov-east-1"]));
    expect(named(3)).toEqual(new Set([ACCOUNT]));
  });
});
