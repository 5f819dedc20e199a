import { createIamPublisher } from "@bedrock-governor/aws/iam/publisher";
import { sentPolicy } from "@bedrock-governor/aws/lambda/publish-request";
import { createInstruments } from "@bedrock-governor/functions/instruments";
import { createPublishHandler } from "@bedrock-governor/functions/publish-handler";
import { describe, expect, it } from "vitest";
import { fakeIam, fakeTiming, iamError, PLACE } from "../aws/iam/fake-iam.ts";
import { contractPolicy } from "../contract/access-port.ts";
import { lambdaContext } from "../support/lambda-context.ts";
import { captureOutput } from "./output.ts";

const opus = contractPolicy("anthropic.claude-opus-4-5-20251101-v1:0");
const haiku = contractPolicy("anthropic.claude-haiku-4-5-20251001-v1:0");
const SECRET = "https://hooks.slack.com/services/T000/B000/XXXXXXXX";

const output = captureOutput();

function publishFunction() {
  const iam = fakeIam();
  const timing = fakeTiming();
  const handler = createPublishHandler({
    ...createInstruments(PLACE),
    now: timing.now,
    publisher: (deadline) => createIamPublisher({ iam: iam.client, place: PLACE, ...timing, deadline: () => deadline }),
  });
  return { iam, invoke: (event: unknown, remainingMs = 40_000) => handler(event, lambdaContext(remainingMs)) };
}

const request = (...policies: readonly object[]) => ({ policies });

describe("the function that publishes deny policies", () => {
  it("creates them and answers which can be attached", async () => {
    const { iam, invoke } = publishFunction();
    const answer = await invoke(request(sentPolicy(opus), sentPolicy(haiku)));
    expect(answer).toEqual({ available: [opus.name, haiku.name] });
    expect([...iam.policies.values()].map(({ name, text }) => [name, text])).toEqual([
      [opus.name, opus.text],
      [haiku.name, haiku.text],
    ]);
    expect(output.logged("published")).toMatchObject([{ available: [opus.name, haiku.name], asked: 2 }]);
  });

  const allowing = opus.text.replaceAll('"Deny"', '"Allow"');
  it.each([
    ["allows", { ...sentPolicy(opus), text: allowing }],
    ["denies something else than its name says", { ...sentPolicy(opus), text: haiku.text }],
    [
      "says its effect twice",
      { ...sentPolicy(opus), text: opus.text.replace('"Effect":"Deny"', '"Effect":"Deny","Effect":"Allow"') },
    ],
    ["is no JSON", { ...sentPolicy(opus), text: SECRET }],
  ])("refuses all of a request in which a document %s", async (_, policy) => {
    const { iam, invoke } = publishFunction();
    await expect(invoke(request(sentPolicy(haiku), policy))).rejects.toThrow(
      "policies[1] is refused: its document is not what its name says",
    );
    expect(iam.sent).toEqual([]);
    expect(output.text()).not.toContain(SECRET);
  });

  it.each([
    ["nothing", undefined, 'the request must be { "policies": […] }'],
    ["a list", [sentPolicy(opus)], 'the request must be { "policies": […] }'],
    ["a policy that is none", request({ name: opus.name }), "policies[0] must have name, text and description"],
    ["a text of another kind", request({ ...sentPolicy(opus), text: opus.document }), "policies[0] must have"],
    ["too long a description", request({ ...sentPolicy(opus), description: "x".repeat(1_001) }), "too long"],
  ])("refuses %s in one sentence", async (_, event, message) => {
    const { iam, invoke } = publishFunction();
    await expect(invoke(event)).rejects.toThrow(message);
    expect(iam.sent).toEqual([]);
  });

  it("fails after publishing the others, which the next request finds", async () => {
    const { iam, invoke } = publishFunction();
    iam.before("CreatePolicy", ({ PolicyName }) => {
      if (PolicyName === opus.name) throw iamError("AccessDenied", "not authorized");
    });
    await expect(invoke(request(opus, haiku))).rejects.toThrow(`publishing ${opus.name}: not authorized`);
    expect([...iam.policies.values()].map(({ name }) => name)).toEqual([haiku.name]);
    expect(output.logged("publishing failed")).toMatchObject([
      { cause: { message: `publishing ${opus.name}: not authorized` } },
    ]);
  });

  it("begins no policy when its time is nearly over", async () => {
    const { iam, invoke } = publishFunction();
    expect(await invoke(request(opus), 3_000)).toEqual({ available: [] });
    expect(iam.sent).toEqual([]);
  });
});
