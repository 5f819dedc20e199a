import { beforeAll, describe, expect, it } from "vitest";
import { environmentOf, exampleStage, metering, type Stage } from "./example-stage.ts";

const INVOCATION = "aws:lambda/invocation:Invocation";

let stage: Stage;
beforeAll(async () => {
  stage = await exampleStage(metering);
});

describe("the roll-up", () => {
  it("is told how long the stage keeps usage", () => {
    expect(environmentOf(stage, "roll-up").GOVERNOR_RETENTION_DAYS).toMatch(/^\d+$/);
    expect(environmentOf(stage, "roll-up").GOVERNOR_RETENTION_DAYS).toBe(
      environmentOf(stage, "reconcile").GOVERNOR_RETENTION_DAYS,
    );
  });

  it("is told by each deployment which regions have a meter, and when it goes", () => {
    const { inputs } = stage.the(INVOCATION, "Metered");
    expect(inputs).toMatchObject({
      functionName: "bedrock-governor-example-roll-up",
      lifecycleScope: "CRUD",
    });
    expect(JSON.parse(String(inputs.input))).toEqual({ metered: ["eu-central-1", "us-east-1"] });
  });

  it("may still write then, and is not asked by its schedule any more", () => {
    const metered = stage.the(INVOCATION, "Metered");
    expect(stage.isAfter(metered, stage.the("aws:iam/role:Role", "RollUpRole"))).toBe(true);
    expect(stage.isAfter(stage.the("aws:cloudwatch/eventTarget:EventTarget", "RollUp"), metered)).toBe(true);
  });
});
