import { createMetering, type MeteringOptions, MINUTE_MS } from "@bedrock-governor/core/metering/metering";
import { amountOf } from "@bedrock-governor/core/metering/sums";
import { totalsOf } from "@bedrock-governor/core/metering/totals";
import { createPriceBook } from "@bedrock-governor/core/usage/price";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACCOUNT, HAIKU, invocationMessage, OPUS, session } from "../../support/invocation-record.ts";

const PROFILE = `arn:aws:bedrock:us-east-1:${ACCOUNT}:application-inference-profile/abc123`;
const AT = Date.parse("2026-01-05T08:00:00Z");

let requests = 0;
const message = (fields: Parameters<typeof invocationMessage>[0] = {}) =>
  invocationMessage({ requestId: `request-${++requests}`, ...fields });
const tokens = (inputTokenCount: number, outputTokenCount = 0) => ({
  input: { inputTokenCount },
  output: { outputTokenCount },
});

function meter(messages: readonly string[], options: Partial<MeteringOptions> = {}) {
  const metering = createMetering({ prices: createPriceBook([]), ...options });
  const rejected = messages.flatMap((one) => metering.take(one) ?? []);
  return { metering, rejected, rows: metering.rows() };
}

describe("metering", () => {
  it("adds up what each principal used of each model, in every measure", () => {
    const cached = { inputTokenCount: 3, cacheReadInputTokenCount: 1000, cacheWriteInputTokenCount: 200 };
    const { rows } = meter([
      message(),
      message({ input: cached }),
      message({ arn: session("other") }),
      message({ modelId: HAIKU }),
    ]);
    const found = rows.map(({ principal, model, sums }) => [principal.id, model, amountOf(sums, "totalTokens")]);
    expect(found).toEqual([
      ["role/batch", OPUS, 110 + 1213],
      ["role/other", OPUS, 110],
      ["role/batch", HAIKU, 110],
    ]);
    expect(rows[0]?.sums).toEqual({
      invocations: 2,
      inputTokens: 103,
      outputTokens: 20,
      cacheReadTokens: 1000,
      cacheWriteTokens: 200,
      images: 0,
      // $5.5, $27.5, $0.55 and $6.875 a million.
      nanoUsd: 103 * 5500 + 20 * 27_500 + 1000 * 550 + 200 * 6875,
      unpriced: 0,
    });
  });

  it("prices what reads and writes the cache once: the input of the log does not hold it", () => {
    const input = { inputTokenCount: 3, cacheWriteInputTokenCount: 28_857 };
    const [row] = meter([message({ input, output: {} })]).rows;
    expect(row && amountOf(row.sums, "usd")).toBeCloseTo((3 * 5.5 + 28_857 * 6.875) / 1e6, 9);
  });

  it("keeps sums for each minute, by when the call was", () => {
    const times = ["08:00:00Z", "08:00:59.999Z", "08:01:00Z", "08:00:30Z"];
    const { rows } = meter(
      times.map((time) => message({ timestamp: `2026-01-05T${time}` })),
      { bucketMs: MINUTE_MS },
    );
    expect(rows.map(({ start, sums }) => [start, sums.invocations])).toEqual([
      [AT, 3],
      [AT + MINUTE_MS, 1],
    ]);
  });

  it("counts a request once", () => {
    const one = message();
    const { metering, rows, rejected } = meter([one, message(), one, one]);
    expect(rows[0]?.sums.invocations).toBe(2);
    expect(metering.repeated).toBe(2);
    expect(rejected).toEqual([]);
  });

  it("counts a request whose first record was cut off when it comes whole", () => {
    const one = message();
    const { rows, rejected } = meter([one.slice(0, -5), one]);
    expect(rows[0]?.sums.invocations).toBe(1);
    expect(rejected).toHaveLength(1);
  });

  it("counts failed calls apart, each once", () => {
    const failed = message({ errorCode: "ValidationException", input: undefined, output: undefined });
    const { metering, rows } = meter([failed, message({ errorCode: "ThrottlingException" }), failed]);
    expect(metering.failed).toBe(2);
    expect(rows).toEqual([]);
  });

  it("counts a call without counts as a call that used nothing, and tells how many there are", () => {
    const stopped = message({ input: {}, output: {} });
    const { metering, rows } = meter([message(), stopped, stopped, message({ output: {} })]);
    expect(rows[0]?.sums).toMatchObject({ invocations: 3, inputTokens: 200, outputTokens: 10, unpriced: 0 });
    expect(metering.uncounted).toBe(1);
  });

  it("leaves a record with a wrong count out and counts the others", () => {
    const { rows, rejected } = meter([message(), message(tokens(-5)), message(), message({ arn: "me" })]);
    expect(rows[0]?.sums.invocations).toBe(2);
    expect(rejected).toEqual([
      "input.inputTokenCount is -5, which is not a whole number from 0",
      "identity.arn is no ARN",
    ]);
  });

  it("passes over the sentence at the start of a log stream", () => {
    expect(meter(["Permissions are correctly set for Amazon Bedrock logs."])).toMatchObject({ rows: [], rejected: [] });
  });

  it("counts principals that cannot be denied, and says why they cannot", () => {
    const { rows } = meter([message({ arn: `arn:aws:iam::${ACCOUNT}:root` })]);
    expect(rows[0]).toMatchObject({ principal: { undeniable: "root user" }, sums: { invocations: 1 } });
  });

  it("holds what it is told of the account for true, not what a record says", () => {
    const forged = message({ accountId: "444455556666", arn: "arn:aws:iam::444455556666:role/batch" });
    expect(meter([forged], { account: ACCOUNT }).rows[0]?.principal.undeniable).toBe("principal of another account");
    expect(meter([forged]).rows[0]?.principal.id).toBe("role/batch");
  });

  it("finds the model behind a spelling by the account's catalogue, and prints the spelling where that is silent", () => {
    const catalogue = { models: [OPUS], aliases: new Map([[PROFILE, OPUS]]), otherArns: new Map() };
    const called = [message({ modelId: PROFILE })];
    expect(meter(called, { catalogue }).rows[0]).toMatchObject({ model: OPUS, spelling: PROFILE });
    expect(meter(called).rows[0]).toMatchObject({ model: PROFILE, spelling: PROFILE });
  });
});

describe("dollars", () => {
  const usd = (messages: readonly string[], options?: Partial<MeteringOptions>) =>
    totalsOf(meter(messages, options).rows).map(({ model, sums }) => [model, amountOf(sums, "usd")]);
  const million = { input: { inputTokenCount: 1_000_000 }, output: {} };

  it("are those of the spelling that was called, added up for the model", () => {
    const spellings = [OPUS, `global.${OPUS}`, `arn:aws:bedrock:us-east-1::foundation-model/${OPUS}`];
    expect(usd(spellings.map((modelId) => message({ modelId, ...million })))).toEqual([[OPUS, 5.5 + 5 + 5.5]]);
  });

  it("are those of the region, where a rule has a price for one", () => {
    const rule = { name: "frankfurt", models: ["*"], region: "eu-central-1", price: { multiplier: 2 } };
    const calls = ["us-east-1", "eu-central-1"].map((region) => message({ region, ...million }));
    expect(usd(calls, { prices: createPriceBook([rule]) })).toEqual([[OPUS, 5.5 + 11]]);
  });

  it("are those of the call's size, of a model whose long requests are dearer", () => {
    const modelId = "openai.gpt-5.6-sol";
    const calls = [271_999, 272_000].map((input) =>
      message({ modelId, timestamp: "2026-09-01T00:00:00Z", ...tokens(input) }),
    );
    expect(usd(calls)[0]?.[1]).toBeCloseTo((271_999 * 4.4 + 272_000 * 8.8) / 1e6, 9);
  });

  it("are unknown, and counted as such, where a price is not known: the rest is not their sum", () => {
    const modelId = "acme.unheard-of-v1:0";
    const { rows } = meter([message({ modelId }), message({ modelId }), message()]);
    expect(rows.map(({ sums }) => [sums.unpriced, amountOf(sums, "usd")])).toEqual([
      [2, undefined],
      [0, (100 * 5.5 + 10 * 27.5) / 1e6],
    ]);
  });

  it("are unknown for a model of which one call is", () => {
    const image = message({ output: { outputImageCount: 1 } });
    expect(usd([message(), image])).toEqual([[OPUS, undefined]]);
  });
});

it("sums are the same in whatever order and in whatever batches messages come, and however often", () => {
  const record = fc.record({
    requestId: fc.integer({ min: 0, max: 12 }).map((number) => `request-${number}`),
    minute: fc.integer({ min: 0, max: 2 }),
    role: fc.constantFrom("a", "b"),
    input: fc.integer({ min: 0, max: 300_000 }),
  });
  // One record per request id: what is repeated is the same.
  const records = fc.uniqueArray(record, { selector: ({ requestId }) => requestId });
  const deliveries = records.chain((all) => {
    const messages = all.map(({ requestId, minute, role, input }) =>
      invocationMessage({
        requestId,
        timestamp: `2026-01-05T08:0${minute}:10Z`,
        arn: session(role),
        ...tokens(input),
      }),
    );
    const repeated = fc.shuffledSubarray([...messages, ...messages], { minLength: messages.length });
    return fc.tuple(fc.constant(messages), repeated);
  });
  const sums = (messages: readonly string[]) =>
    meter(messages, { bucketMs: MINUTE_MS })
      .rows.map(({ principal, start, sums }) => JSON.stringify([principal.id, start, sums]))
      .sort();
  fc.assert(
    fc.property(deliveries, ([messages, delivered]) => {
      expect(sums(delivered)).toEqual(sums(messages.filter((message) => delivered.includes(message))));
    }),
  );
});
