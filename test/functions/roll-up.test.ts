import { createLastMetered, permissions } from "@bedrock-governor/aws/dynamodb/usage/last-metered";
import { readMarks } from "@bedrock-governor/aws/dynamodb/usage/marks";
import { createWakeMark } from "@bedrock-governor/aws/dynamodb/usage/wake-mark";
import { createInstruments } from "@bedrock-governor/functions/instruments";
import { createMetrics } from "@bedrock-governor/functions/logging";
import { createRollUpHandler } from "@bedrock-governor/functions/roll-up-handler";
import { describe, expect, it } from "vitest";
import type { Around } from "../aws/dynamodb/fake-dynamodb.ts";
import { batchOf, MINUTE, QUARTER, setUp, used } from "../aws/dynamodb/usage/setup.ts";
import { lambdaContext } from "../support/lambda-context.ts";
import { captureOutput } from "./output.ts";

const output = captureOutput();

function rollUpFunction() {
  const { rollUp, process, ...scene } = setUp();
  const invoke = (around?: Around, event: unknown = {}) =>
    createRollUpHandler({
      ...createInstruments({ stage: "test" }),
      metrics: createMetrics({ stage: "test" }),
      now: () => scene.clock.at,
      rollUp: rollUp(around),
      lastMetered: createLastMetered(process(around)),
    })(event, lambdaContext(60_000));
  const deploy = (action: string, metered: unknown = ["us-east-1"]) => invoke({}, { metered, tf: { action } });
  return {
    ...scene,
    invoke,
    deploy,
    marks: () => readMarks(process()),
    claim: () => createWakeMark(process()).claim(),
  };
}

it("adds up the quarters that are over, and tells how many and how old the newest usage is", async () => {
  const { clock, writer, claim, invoke } = rollUpFunction();
  await invoke();
  await writer().write(batchOf("one", used(clock.at)));
  await claim();
  // The quarter that is over since ten minutes just now, and the two before it, of which one was not ripe.
  clock.at += 2 * QUARTER + 10 * MINUTE;
  expect(await invoke()).toEqual({ quarters: 3 });
  expect(output.metrics()).toMatchObject({ RolledUpQuarters: 3, SecondsSinceMetered: 40 * 60 });
});

it("tells no age where nothing was metered yet, and where nobody knows it", async () => {
  const { invoke, claim } = rollUpFunction();
  await invoke();
  await claim();
  const unreadable = {
    before({ operation }: { operation: string }) {
      if (operation === "GetItem") throw new Error("DynamoDB is out of order");
    },
  };
  await invoke(unreadable);
  expect(output.metrics()).not.toHaveProperty("SecondsSinceMetered");
  expect(output.logged("the time of the last metering is unread")).toHaveLength(1);
});

it("tells Lambda when something is left to the next run", async () => {
  const { invoke } = rollUpFunction();
  const broken = {
    before: () => {
      throw new Error("DynamoDB is out of order");
    },
  };
  await expect(invoke(broken)).rejects.toThrow("out of order");
  expect(output.logged("the roll-up is incomplete")).toHaveLength(1);
});

describe("a deployment of the stage", () => {
  it("tells which regions have a meter, and that none has when the roll-up goes; nothing is added up then", async () => {
    const { clock, deploy, marks } = rollUpFunction();
    const start = clock.at + 10 * MINUTE;
    expect(await deploy("create")).toEqual({ metered: ["us-east-1"] });
    expect(await marks()).toMatchObject({
      progress: undefined,
      metered: [{ region: "us-east-1", start, end: undefined }],
    });

    clock.at += QUARTER;
    await deploy("update", ["us-east-1", "eu-west-1"]);
    expect((await marks()).metered).toMatchObject([{ start }, { region: "eu-west-1", start: clock.at + 10 * MINUTE }]);

    clock.at += QUARTER;
    expect(await deploy("delete")).toEqual({ metered: [] });
    expect((await marks()).metered).toMatchObject([{ end: clock.at }, { end: clock.at }]);
  });

  it("fails when it does not say which, and when that cannot be kept", async () => {
    const { deploy, invoke } = rollUpFunction();
    for (const metered of [null, "us-east-1", [1]]) {
      await expect(deploy("create", metered)).rejects.toThrow("the regions with a meter");
    }
    const broken = {
      before: () => {
        throw new Error("DynamoDB is out of order");
      },
    };
    await expect(invoke(broken, { tf: { action: "delete" } })).rejects.toThrow("out of order");
  });
});

it("needs permission to read one item more", () => {
  const place = { partition: "aws", account: "111122223333", region: "us-east-1", stage: "test" };
  expect(permissions(place, "table")).toMatchObject([
    {
      actions: ["dynamodb:GetItem"],
      condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["usage#wake"] } },
    },
  ]);
});
