import { BedrockClient, type LoggingConfig } from "@aws-sdk/client-bedrock";
import { createInvocationLogging, permissions } from "@bedrock-governor/aws/bedrock/invocation-logging";
import { describe, expect, it } from "vitest";
import { scriptedJson } from "../scripted-json.ts";

const GROUP = "/bedrock-governor/test/invocations";
const ROLE = "arn:aws:iam::111122223333:role/bedrock-governor/test/logging";
const OURS = {
  cloudWatchConfig: { logGroupName: GROUP, roleArn: ROLE },
  textDataDeliveryEnabled: false,
  imageDataDeliveryEnabled: false,
  embeddingDataDeliveryEnabled: false,
  videoDataDeliveryEnabled: false,
  audioDataDeliveryEnabled: false,
};

/** A region's one configuration, which Bedrock refuses to take so many times. */
function region(configured?: LoggingConfig, refusals = 0) {
  const state = { configured: configured as unknown, refusals, waited: 0 };
  const { config, requests } = scriptedJson(({ operation, input }) => {
    if (operation.startsWith("GET")) return { output: { loggingConfig: state.configured } };
    if (operation.startsWith("PUT") && state.refusals-- > 0) return { error: "ValidationException" };
    state.configured = operation.startsWith("DELETE") ? undefined : input.loggingConfig;
    return { output: {} };
  });
  const logging = createInvocationLogging({
    bedrock: new BedrockClient(config),
    region: "eu-central-1",
    logGroup: GROUP,
    roleArn: ROLE,
    async wait(ms) {
      state.waited += ms;
    },
  });
  return { logging, state, writes: () => requests.filter(({ operation }) => !operation.startsWith("GET")) };
}

describe("invocation logging", () => {
  it("is switched on without any body where the region has none", async () => {
    const { logging, state } = region();
    expect(await logging.ensure()).toBe("switched on");
    expect(state.configured).toEqual(OURS);
  });

  it("is left as it is where it is ours already", async () => {
    const { logging, writes } = region(OURS);
    expect(await logging.ensure()).toBe("was on");
    expect(writes()).toEqual([]);
  });

  it("follows our log group's role if that was made anew", async () => {
    const { logging, state } = region({ ...OURS, cloudWatchConfig: { logGroupName: GROUP, roleArn: `${ROLE}-old` } });
    expect(await logging.ensure()).toBe("switched on");
    expect(state.configured).toEqual(OURS);
  });

  it("waits until the region knows a role made a moment ago, and not for ever", async () => {
    const young = region(undefined, 3);
    await young.logging.ensure();
    expect([young.state.configured, young.state.waited]).toEqual([OURS, 15_000]);
    await expect(region(undefined, 100).logging.ensure()).rejects.toThrow("ValidationException");
  });

  const OWN_INSTEAD = "switch that off again, or let it go to a log group and by a role of your own";
  const others: readonly (readonly [string, LoggingConfig, string])[] = [
    ["another log group", { cloudWatchConfig: { logGroupName: "/theirs", roleArn: ROLE } }, 'metering: "/theirs"'],
    ["a bucket alone", { s3Config: { bucketName: "their-logs" } }, "the bucket their-logs"],
    ["our log group and a bucket", { ...OURS, s3Config: { bucketName: "their-logs" } }, OWN_INSTEAD],
    ["our log group with prompts", { ...OURS, textDataDeliveryEnabled: true }, OWN_INSTEAD],
    ["our log group and nothing of bodies", { cloudWatchConfig: OURS.cloudWatchConfig }, OWN_INSTEAD],
  ];

  it.each(others)(
    "is never replaced where it is another's: %s; one sentence says what to do",
    async (_, theirs, remedy) => {
      const { logging, writes } = region(theirs);
      await expect(logging.ensure()).rejects.toThrow(remedy);
      expect(writes()).toEqual([]);
    },
  );

  it.each(others)("is not switched off where it is another's: %s", async (_, theirs) => {
    const { logging, writes } = region(theirs);
    expect(await logging.remove()).toBe("not ours");
    expect(writes()).toEqual([]);
  });

  it("is switched off with the stage where it is ours, and need not be there", async () => {
    const { logging, state } = region(OURS);
    expect(await logging.remove()).toBe("switched off");
    expect(state.configured).toBeUndefined();
    expect(await logging.remove()).toBe("was off");
  });

  it("needs permission for exactly what is sent, and to pass one role to Bedrock", () => {
    expect(permissions(ROLE)).toEqual([
      {
        actions: ["Get", "Put", "Delete"].map((verb) => `bedrock:${verb}ModelInvocationLoggingConfiguration`),
        resources: ["*"],
      },
      {
        actions: ["iam:PassRole"],
        resources: [ROLE],
        condition: { StringEquals: { "iam:PassedToService": ["bedrock.amazonaws.com"] } },
      },
    ]);
  });
});
