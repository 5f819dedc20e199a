import { CloudWatchClient, type DescribeAlarmsInput } from "@aws-sdk/client-cloudwatch";
import { createMeterHealth, healthPermissions } from "@bedrock-governor/aws/dynamodb/usage/health";
import { describe, expect, it } from "vitest";

const STAGE = "production";

/** Meters in two regions and the alarms about them. */
function meters() {
  const ringing = new Map<string, readonly string[]>([
    ["us-east-1", []],
    ["eu-west-1", []],
  ]);
  const asked: { readonly region: string; readonly input: DescribeAlarmsInput }[] = [];
  const clock = { at: 0 };
  const state: { broken?: Error } = {};
  const clientOf = (region: string): CloudWatchClient => {
    const client = new CloudWatchClient({ region });
    client.middlewareStack.add(
      () => async (args) => {
        const input = args.input as DescribeAlarmsInput;
        asked.push({ region, input });
        if (state.broken !== undefined) throw state.broken;
        const names = (ringing.get(region) ?? []).filter((name) => input.AlarmNames?.includes(name));
        return { response: {}, output: { $metadata: {}, MetricAlarms: names.map((AlarmName) => ({ AlarmName })) } };
      },
      { step: "initialize" },
    );
    return client;
  };
  const clients = new Map([...ringing.keys()].map((region) => [region, clientOf(region)]));
  return { ringing, asked, clock, state, health: createMeterHealth({ clients, stage: STAGE, now: () => clock.at }) };
}

describe("the health of meters", () => {
  it("is told by their own alarms, each with its region", async () => {
    const { ringing, health } = meters();
    ringing.set("eu-west-1", ["bedrock-governor-production-meter-dropped"]);
    expect(await health()).toBe(
      "usage is being lost: Lambda gave up on log batches in eu-west-1 (alarm bedrock-governor-production-meter-dropped)",
    );
  });

  it("is good while none rings that says that usage is lost", async () => {
    const { ringing, health } = meters();
    ringing.set("us-east-1", ["bedrock-governor-production-meter-delay", "bedrock-governor-other-meter-dropped"]);
    expect(await health()).toBeUndefined();
  });

  it("is asked for once a minute, however often usage is read", async () => {
    const { asked, clock, health } = meters();
    for (let second = 0; second < 60; second++) {
      clock.at = second * 1_000;
      await health();
    }
    expect(asked).toHaveLength(2 * 2);
  });

  it("rejects when it is unread, and is asked for again", async () => {
    const { state, health } = meters();
    state.broken = new Error("Rate exceeded");
    await expect(health()).rejects.toThrow("Rate exceeded");
    delete state.broken;
    expect(await health()).toBeUndefined();
  });

  it("may read exactly the alarms that it asks for", async () => {
    const { asked, health } = meters();
    await health();
    const place = { partition: "aws", account: "123456789012", region: "us-east-1", stage: STAGE };
    const granted = healthPermissions(place, ["us-east-1", "eu-west-1"]).flatMap(({ resources }) => resources);
    const needed = asked.flatMap(({ region, input }) =>
      (input.AlarmNames ?? []).map((name) => `arn:aws:cloudwatch:${region}:123456789012:alarm:${name}`),
    );
    expect(new Set(granted)).toEqual(new Set(needed));
  });
});
