import { createRecordReader } from "@bedrock-governor/core/metering/read-record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACCOUNT, invocationMessage, invocationRecord, OPUS, session } from "../../support/invocation-record.ts";

const readRecord = createRecordReader();

function callIn(message: string) {
  const reading = readRecord(message);
  if (reading.kind !== "call") throw new Error(`no call was read: ${JSON.stringify(reading)}`);
  return reading.call;
}

const counts = (fields?: Parameters<typeof invocationMessage>[0]) => callIn(invocationMessage(fields)).counts;

describe("a record of the invocation log", () => {
  it("says who called which model when, where, and how much was used", () => {
    expect(callIn(invocationMessage())).toEqual({
      requestId: "2f6e1b0c-54a1-4d3e-9a55-0d8f6c1f7a01",
      at: Date.parse("2026-01-05T08:00:30Z"),
      account: ACCOUNT,
      region: "us-east-1",
      identity: session("batch"),
      spelling: OPUS,
      counts: {
        invocations: 1,
        inputTokens: 100,
        outputTokens: 10,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
        images: 0,
      },
      counted: true,
    });
  });

  it.each([
    ["an object", { messages: [{ role: "user", content: [{ text: "hello" }] }] }],
    ["a list of chunks", [{ chunk: { bytes: "…" } }, { "amazon-bedrock-invocationMetrics": { inputTokenCount: 7 } }]],
    ["a text", '{"inputTokenCount":7}'],
    ["null", null],
  ])("says the same with a body that is %s", (_, body) => {
    const input = { inputBodyJson: body, inputTokenCount: 100 };
    const output = { outputBodyJson: body, outputTokenCount: 10 };
    expect(callIn(invocationMessage({ input, output }))).toEqual(callIn(invocationMessage()));
  });

  it("says the same with bodies in S3", () => {
    const input = { inputBodyS3Path: "s3://logs/data/1_input.json.gz", inputTokenCount: 100 };
    const output = { outputBodyS3Path: "s3://logs/data/1_output.json.gz", outputTokenCount: 10 };
    expect(callIn(invocationMessage({ input, output }))).toEqual(callIn(invocationMessage()));
  });

  it("of a streamed call holds its final counts", () => {
    const chunks = [1, 2, 3].map((outputTokens) => ({ type: "message_delta", usage: { output_tokens: outputTokens } }));
    const output = { outputBodyJson: chunks, outputTokenCount: 412 };
    expect(counts({ operation: "ConverseStream", output }).outputTokens).toBe(412);
  });

  it("counts reads and writes of the cache beside the input", () => {
    const input = { inputTokenCount: 3, cacheReadInputTokenCount: 76_145, cacheWriteInputTokenCount: 28_857 };
    expect(counts({ input })).toMatchObject({ inputTokens: 3, cacheReadTokens: 76_145, cacheWriteTokens: 28_857 });
  });

  it("of an embedding has no output count, which adds nothing", () => {
    expect(counts({ output: { outputContentType: "application/json" } })).toMatchObject({
      invocations: 1,
      inputTokens: 100,
      outputTokens: 0,
    });
  });

  it("of generated images counts them", () => {
    const output = { outputContentType: "application/json", outputImageCount: 3 };
    expect(counts({ modelId: "amazon.nova-canvas-v1:0", input: {}, output })).toMatchObject({
      invocations: 1,
      inputTokens: 0,
      images: 3,
    });
  });

  it.each([
    ["empty", {}],
    ["null", null],
    ["absent", undefined],
  ])("of a call that a guardrail stopped may lack all counts: input and output are %s", (_, part) => {
    expect(counts({ input: part, output: part })).toMatchObject({ invocations: 1, inputTokens: 0, outputTokens: 0 });
  });

  it.each([
    ["input tokens", { input: { inputTokenCount: 0 } }, true],
    ["reads of the cache", { input: { cacheReadInputTokenCount: 5 } }, true],
    ["an embedding's input", { output: undefined }, true],
    ["images", { input: {}, output: { outputImageCount: 3 } }, true],
    ["output only, which no text model makes of nothing", { input: {} }, false],
    ["nothing", { input: {}, output: {} }, false],
  ])("says whether it counts what went in: %s", (_, fields, counted) => {
    expect(callIn(invocationMessage(fields)).counted).toBe(counted);
  });

  it.each([
    OPUS,
    `us.${OPUS}`,
    `arn:aws:bedrock:us-east-1::foundation-model/${OPUS}`,
    `arn:aws:bedrock:us-east-1:${ACCOUNT}:inference-profile/global.${OPUS}`,
    `arn:aws:bedrock:us-east-1:${ACCOUNT}:application-inference-profile/abc123`,
    `arn:aws:bedrock:us-east-1:${ACCOUNT}:provisioned-model/xyz`,
  ])("names the model as it was called: %s", (modelId) => {
    expect(callIn(invocationMessage({ modelId })).spelling).toBe(modelId);
  });

  it.each([
    ["2026-01-05T08:00:30Z", 0],
    ["2026-01-05T08:00:30.250Z", 250],
    ["2026-01-05T09:00:30+01:00", 0],
  ])("tells the time %s", (timestamp, afterMs) => {
    expect(callIn(invocationMessage({ timestamp })).at).toBe(Date.parse("2026-01-05T08:00:30Z") + afterMs);
  });

  it("of a failed call is no usage, whatever it counts", () => {
    const failed = { kind: "failed", requestId: "2f6e1b0c-54a1-4d3e-9a55-0d8f6c1f7a01" };
    const errorCode = "ThrottlingException";
    expect(readRecord(invocationMessage({ errorCode, input: {}, output: {} }))).toEqual(failed);
    expect(readRecord(invocationMessage({ errorCode, status: "400" }))).toEqual(failed);
    expect(readRecord(invocationMessage({ errorCode, input: undefined, output: undefined }))).toEqual(failed);
  });
});

it.each([
  "Permissions are correctly set for Amazon Bedrock logs.",
  "Permissions are correctly set for Amazon Bedrock logs.\n",
])("the sentence at the start of a log stream is no record and nothing wrong: %j", (text) =>
  expect(readRecord(text)).toEqual({ kind: "notice" }),
);

describe("what callers write changes nothing:", () => {
  const plain = callIn(invocationMessage());
  const forged = {
    identity: { arn: "arn:aws:iam::111122223333:user/victim" },
    modelId: "amazon.nova-micro-v1:0",
    requestId: "another",
    errorCode: "AccessDeniedException",
    inputTokenCount: 999_999,
    cacheReadInputTokenCount: -1,
    outputTokenCount: 0,
    accountId: "444455556666",
    schemaType: "Forged",
  };

  it("a body with keys that look like the record's own", () => {
    const input = { inputBodyJson: { ...forged, input: forged, output: forged }, inputTokenCount: 100 };
    const output = { outputBodyJson: [forged, { output: forged }], outputTokenCount: 10 };
    expect(callIn(invocationMessage({ input, output }))).toEqual(plain);
  });

  it("a body whose text looks like the end of the record", () => {
    const text = '"}]},"inputTokenCount":0},"identity":{"arn":"arn:aws:iam::111122223333:user/victim"}}\n{';
    const input = { inputBodyJson: { messages: [{ content: [{ text }] }] }, inputTokenCount: 100 };
    expect(callIn(invocationMessage({ input }))).toEqual(plain);
  });

  it("requestMetadata that claims to be of somebody else", () => {
    expect(callIn(invocationMessage({ requestMetadata: { ...forged, userId: "victim" } }))).toEqual(plain);
  });

  it("any body and any metadata, wherever they stand", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), fc.boolean(), (asked, answered, metadata, first) => {
        const input = { inputBodyJson: asked, inputTokenCount: 100 };
        const output = { outputBodyJson: answered, outputTokenCount: 10 };
        const record = invocationRecord({ input, output });
        const requestMetadata = metadata;
        const message = JSON.stringify(first ? { requestMetadata, ...record } : { ...record, requestMetadata });
        expect(callIn(message)).toEqual(plain);
      }),
    );
  });

  it("a body nested deeper than any program recurses", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
    const message = invocationMessage({ input: { inputBodyJson: "DEEP", inputTokenCount: 100 } });
    expect(callIn(message.replace('"DEEP"', deep))).toEqual(plain);
  });
});

it("fields are read in any order, with white space and escapes, and of a key that stands twice the last", () => {
  const plain = callIn(invocationMessage());
  const reversed = Object.fromEntries(Object.entries(invocationRecord()).reverse());
  expect(callIn(JSON.stringify(reversed, null, 2))).toEqual(plain);
  const message = invocationMessage();
  expect(callIn(message.replace('"modelId"', '"\\u006dodelId"'))).toEqual(plain);
  expect(callIn(message.replace('"input":{', '"input":{"inputTokenCount":7,'))).toEqual(plain);
  expect(callIn(message.replace('"input":{', '"input":{"inputTokenCount":-7},"input":{'))).toEqual(plain);
  expect(callIn(message.replace("{", '{"__proto__":{"errorCode":"x"},'))).toEqual(plain);
});

describe("rejected, with the reason:", () => {
  const reason = (message: string) => {
    const reading = readRecord(message);
    return reading.kind === "rejected" ? reading.reason : `not rejected: ${JSON.stringify(reading)}`;
  };
  const withInputCount = (written: string) =>
    invocationMessage().replace('"inputTokenCount":100', `"inputTokenCount":${written}`);

  it.each([
    ['"12"', "is a text"],
    ["-5", "is -5"],
    ["1.5", "is 1.5"],
    ["1e400", "is Infinity"],
    ["9007199254740993", "is 9007199254740992"],
    ["null", "is null"],
    ["true", "is true"],
    ["[12]", "is an object or a list"],
  ])("an input count of %s", (written, said) => {
    expect(reason(withInputCount(written))).toBe(`input.inputTokenCount ${said}, which is not a whole number from 0`);
  });

  it.each([
    ["input", "inputTokenCount"],
    ["input", "cacheReadInputTokenCount"],
    ["input", "cacheWriteInputTokenCount"],
    ["output", "outputTokenCount"],
    ["output", "outputImageCount"],
  ])("%s.%s that is no count", (part, field) => {
    expect(reason(invocationMessage({ [part]: { [field]: -1 } }))).toContain(`${part}.${field} is -1`);
  });

  it.each([
    ["a line cut off", invocationMessage().slice(0, 200), "cut off"],
    ["two records on one line", invocationMessage() + invocationMessage(), "no JSON object"],
    ["nothing", "", "no JSON object"],
    ["a list", `[${invocationMessage()}]`, "no JSON object"],
    ["another log's record", '{"eventSource":"bedrock.amazonaws.com","eventName":"Converse"}', "schemaType"],
    ["another kind of record", invocationMessage({ schemaType: "Other" }), "schemaType"],
    ["no request id", invocationMessage({ requestId: undefined }), "requestId is missing"],
    ["no model", invocationMessage({ modelId: "" }), "modelId is empty"],
    ["no identity", invocationMessage({ identity: undefined }), "identity.arn is missing"],
    ["an identity that is no object", invocationMessage({ identity: "me" }), "identity.arn is missing"],
    ["a model of half a megabyte", invocationMessage({ modelId: "x".repeat(500_000) }), "modelId is longer than 2048"],
    [
      "an identity longer than any",
      invocationMessage({ arn: session("x".repeat(1_024)) }),
      "identity.arn is longer than",
    ],
    ["no time", invocationMessage({ timestamp: undefined }), "timestamp is missing"],
    ["a time without zone", invocationMessage({ timestamp: "2026-01-05T08:00:30" }), "timestamp is a text"],
    ["a time that never was", invocationMessage({ timestamp: "2026-13-05T08:00:30Z" }), "timestamp is a text"],
    ["an input that is no object", invocationMessage({ input: "none" }), "input is no JSON object"],
    ["an output that is a list", invocationMessage({ output: [] }), "output is no JSON object"],
  ])("%s", (_, message, said) => expect(reason(message)).toContain(said));

  it("any text is read or rejected in one sentence that shows nothing of it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary", minLength: 12 }), fc.json()), (text) => {
        expect(reason(text)).toMatch(/^it is no invocation log record: .*[^.]$/);
      }),
    );
    const secret = "my password is hunter2";
    for (const message of [secret, `{"input":"${secret}`, withInputCount(`"${secret}"`)]) {
      expect(reason(message)).not.toContain("hunter2");
    }
  });
});
