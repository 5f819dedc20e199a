import { createRemoval } from "@bedrock-governor/aws/iam/removal";
import { createInstruments } from "@bedrock-governor/functions/instruments";
import { createRemoveHandler } from "@bedrock-governor/functions/remove-handler";
import { describe, expect, it } from "vitest";
import { fakeIam, fakeTiming, PLACE } from "../aws/iam/fake-iam.ts";
import { contractPolicy } from "../contract/access-port.ts";
import { lambdaContext } from "../support/lambda-context.ts";
import { captureOutput } from "./output.ts";

const opus = contractPolicy("anthropic.claude-opus-4-5-20251101-v1:0");
const MINUTE = 60_000;

const output = captureOutput();

function removeFunction() {
  const iam = fakeIam();
  iam.principals.add("arn:aws:iam::123456789012:role/alice");
  iam.put(opus).holders.add("role/alice");
  const timing = fakeTiming();
  const handler = createRemoveHandler({
    ...createInstruments(PLACE),
    now: timing.now,
    removal: (options) => createRemoval({ iam: iam.client, place: PLACE, ...timing, ...options }),
  });
  const invoke = (event: unknown, remainingMs = 15 * MINUTE) => handler(event, lambdaContext(remainingMs));
  return { iam, invoke };
}

describe("the function that removes what the stage put into IAM", () => {
  it.each([
    ["the stage is removed", { tf: { action: "delete", prev_input: {} } }],
    ["it was deployed with an input of its own", { stage: "test", tf: { action: "delete", prev_input: null } }],
    ["somebody asks for it", { action: "remove" }],
  ])("lifts every deny and deletes its policy when %s, and logs each", async (_, event) => {
    const { iam, invoke } = removeFunction();
    expect(await invoke(event)).toEqual({ lifted: 1, deleted: 1 });
    expect(iam.policies.size).toBe(0);
    expect(output.logged("lifted")).toMatchObject([{ holder: "role/alice", policy: opus.name }]);
    expect(output.logged("deleted")).toMatchObject([{ policy: opus.name }]);
  });

  it.each(["create", "update"])("does nothing when the stage's deployment does %s", async (action) => {
    const { iam, invoke } = removeFunction();
    expect(await invoke({ tf: { action, prev_input: null } })).toEqual({ lifted: 0, deleted: 0 });
    expect(iam.sent).toEqual([]);
  });

  it.each([
    undefined,
    null,
    {},
    [],
    "delete",
    { action: "delete" },
    { tf: "delete" },
    { tf: { action: "destroy" } },
    { tf: {}, action: "remove" },
  ])("refuses %j, and changes nothing", async (event) => {
    const { iam, invoke } = removeFunction();
    await expect(invoke(event)).rejects.toThrow('the remover takes { "action": "remove" }, or ');
    expect(iam.sent).toEqual([]);
  });

  it("stops before its own time is over, and says what to do", async () => {
    const { invoke } = removeFunction();
    await expect(invoke({ action: "remove" }, 10_000)).rejects.toThrow("run it again");
    expect(output.logged("removal incomplete")).toHaveLength(1);
  });
});
