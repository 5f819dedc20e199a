import type { InvocationLogging } from "@bedrock-governor/aws/bedrock/invocation-logging";
import { createInstruments } from "@bedrock-governor/functions/instruments";
import { createInvocationLoggingHandler } from "@bedrock-governor/functions/invocation-logging-handler";
import { describe, expect, it } from "vitest";
import { lambdaContext } from "../support/lambda-context.ts";
import { captureOutput } from "./output.ts";

const output = captureOutput();

function loggingFunction(
  ensure: InvocationLogging["ensure"] = async () => "switched on",
  remove: InvocationLogging["remove"] = async () => "switched off",
) {
  const handler = createInvocationLoggingHandler({
    ...createInstruments({ stage: "test" }),
    invocationLogging: { ensure, remove },
  });
  return (event: unknown) => handler(event, lambdaContext(60_000));
}

describe("the function that switches invocation logging on", () => {
  it.each([
    ["create", "switched on"],
    ["update", "switched on"],
    ["delete", "switched off"],
  ])("does so when the stage's deployment does %s: %s", async (action, logging) => {
    expect(await loggingFunction()({ tf: { action, prev_input: null } })).toEqual({ logging });
    expect(output.logged("invocation logging")).toMatchObject([{ action, logging }]);
  });

  it("warns that the stage's role goes, where it leaves alone what somebody made of the logging", async () => {
    const invoke = loggingFunction(undefined, async () => "not ours");
    expect(await invoke({ tf: { action: "delete" } })).toEqual({ logging: "not ours" });
    expect(output.logged("invocation logging is another's by now, and left as it is")).toMatchObject([
      { level: "WARN", remedy: expect.stringContaining("by a role of your own") },
    ]);
  });

  it("fails the deployment with the sentence that says what to do", async () => {
    const invoke = loggingFunction(() => Promise.reject(new Error('deploy with metering: "/theirs"')));
    await expect(invoke({ tf: { action: "create" } })).rejects.toThrow('deploy with metering: "/theirs"');
    expect(output.logged("invocation logging is not as the stage wants it")).toHaveLength(1);
  });

  it.each([undefined, null, {}, { tf: "create" }, { tf: { action: "destroy" } }, { action: "delete" }])(
    "refuses %j",
    async (event) => {
      await expect(loggingFunction()(event)).rejects.toThrow("this function takes");
    },
  );
});
