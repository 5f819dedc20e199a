import { permissions } from "@bedrock-governor/aws/lambda/permissions";
import { publishRequest } from "@bedrock-governor/aws/lambda/publish-request";
import { createPublisherCall, MOST_POLICIES } from "@bedrock-governor/aws/lambda/publisher";
import { describe, expect, it } from "vitest";
import { contractPolicy } from "../../contract/access-port.ts";
import { evaluate } from "../../support/iam-evaluator.ts";
import { fakeLambda } from "./fake-lambda.ts";

const opus = contractPolicy("anthropic.claude-opus-4-5-20251101-v1:0");
const haiku = contractPolicy("anthropic.claude-haiku-4-5-20251001-v1:0");
const many = Array.from({ length: MOST_POLICIES + 5 }, (_, number) => contractPolicy(`acme.model-${number}`));
const FUNCTION = "bedrock-governor-test-publish";

function setUp(answer: Parameters<typeof fakeLambda>[0], left?: number) {
  const lambda = fakeLambda(answer);
  const aborts = new Map<number, AbortController>();
  const call = createPublisherCall({
    lambda: lambda.client,
    functionName: FUNCTION,
    now: () => 1_000,
    abortAfter(ms) {
      const controller = new AbortController();
      aborts.set(ms, controller);
      return controller.signal;
    },
    ...(left !== undefined && { deadline: () => 1_000 + left }),
  });
  return { ...lambda, call, abort: (after: number) => aborts.get(after)?.abort() };
}

/** As the publisher does: all that it is asked for. */
const all = (payload: unknown) => ({ available: publishRequest(payload).map(({ name }) => name) });

describe("asking the publisher", () => {
  it("sends what it needs of each policy, waits for it, and resolves with the names it answers", async () => {
    const { call, invocations } = setUp(all);
    expect(await call.publish([opus, haiku])).toEqual(new Set([opus.name, haiku.name]));
    const sent = [opus, haiku].map(({ name, text, description }) => ({ name, text, description }));
    expect(invocations).toEqual([{ FunctionName: FUNCTION, payload: { policies: sent } }]);
  });

  it("asks for nothing when there is nothing to ask for", async () => {
    const { call, invocations } = setUp(all);
    expect(await call.publish([])).toEqual(new Set());
    expect(invocations).toEqual([]);
  });

  it("asks for as many as the publisher can do, the first, and leaves the others to the next run", async () => {
    const { call, invocations } = setUp(all);
    const available = await call.publish(many);
    expect([...available]).toEqual(many.slice(0, MOST_POLICIES).map(({ name }) => name));
    expect(invocations).toHaveLength(1);
    expect(JSON.stringify(invocations).length).toBeLessThan(6_000_000);
  });

  it("ignores names that it did not ask for", async () => {
    const { call } = setUp(() => ({ available: [haiku.name, "AdministratorAccess", opus.name] }));
    expect(await call.publish([opus])).toEqual(new Set([opus.name]));
  });

  it("rejects with what the publisher says when that failed", async () => {
    const { call } = setUp(() => {
      throw Object.assign(new Error(`publishing ${opus.name}: Rate exceeded`), { name: "Throttling" });
    });
    await expect(call.publish([opus])).rejects.toThrow(
      `the publisher failed: Throttling: publishing ${opus.name}: Rate exceeded`,
    );
  });

  it.each([
    ["nothing", ""],
    ["no JSON", "<html>"],
    ["null", "null"],
    ["no names", "{}"],
    ["names of another kind", '{"available":[1]}'],
    ["one name", '{"available":"x"}'],
  ])("rejects an answer of %s", async (_, raw) => {
    const { call } = setUp(() => ({ raw }));
    await expect(call.publish([opus])).rejects.toThrow(
      `the publisher ${FUNCTION} did not answer with names of policies`,
    );
  });

  it("rejects when a function failed without a word", async () => {
    const { call } = setUp(() => ({ raw: "", functionError: "Unhandled" }));
    await expect(call.publish([opus])).rejects.toThrow("the publisher failed: it did not say why");
  });

  it.each(["TooManyRequestsException", "TimeoutError"])(
    "rejects on %s, with the cause, and does not ask twice",
    async (name) => {
      const cause = Object.assign(new Error("Rate Exceeded."), { name });
      const { call, invocations } = setUp(() => ({ refused: cause }));
      const failure = call.publish([opus]);
      await expect(failure).rejects.toThrow(`asking the publisher ${FUNCTION}: Rate Exceeded.`);
      await expect(failure).rejects.toMatchObject({ cause });
      expect(invocations).toHaveLength(1);
    },
  );

  it("does not begin when hardly any time is left", async () => {
    const { call, invocations } = setUp(all, 19_999);
    expect(await call.publish([opus])).toEqual(new Set());
    expect(invocations).toEqual([]);
  });

  it("gives up early enough for a run to lift and deny with what is there", async () => {
    const { call, abort } = setUp(() => "never", 48_000);
    const failure = call.publish([opus]);
    abort(33_000);
    await expect(failure).rejects.toThrow(`asking the publisher ${FUNCTION}: Request aborted`);
  });

  it("needs permission to invoke that function, and no other", async () => {
    const place = { partition: "aws-us-gov", account: "123456789012", region: "us-gov-west-1", stage: "test" };
    const Statement = permissions(place, FUNCTION).map(({ actions, resources }) => ({
      Effect: "Allow" as const,
      Action: actions,
      Resource: resources,
    }));
    const decide = (name: string) =>
      evaluate([{ Statement }], {
        action: "lambda:InvokeFunction",
        resource: `arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:${name}`,
      });
    expect([decide(FUNCTION), decide(`${FUNCTION}-other`), decide("*")]).toEqual([
      "allowed",
      "implicitDeny",
      "implicitDeny",
    ]);
  });
});
