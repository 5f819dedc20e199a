import { describe, expect, it } from "vitest";
import { type Call, itemBytes } from "../aws/dynamodb/fake-dynamodb.ts";
import { ACCOUNT, HAIKU, OPUS, session } from "../support/invocation-record.ts";
import { BEGIN, delivered, LOG_GROUP, LOG_STREAM, logEvent, meterScene, packed, queued } from "./meter-setup.ts";
import { captureOutput } from "./output.ts";

const DAY = 86_400_000;
const QUARTER = 900_000;
const output = captureOutput();
const outOfOrder = {
  before: () => {
    throw new Error("DynamoDB is out of order");
  },
};

describe("a meter", () => {
  it("counts the calls of a delivery, wakes the reconciler, and tells in figures what it did", async () => {
    const { deliver, totals, wakes } = meterScene();
    await deliver([logEvent(1), logEvent(2, { arn: session("alice"), modelId: `us.${HAIKU}` })]);
    expect(await totals()).toEqual({ [`role/batch ${OPUS}`]: 110, [`role/alice ${HAIKU}`]: 110 });
    expect(wakes).toEqual([BEGIN]);
    expect(output.metrics()).toMatchObject({
      service: "bedrock-governor-test",
      MeteredCalls: 2,
      RejectedRecords: 0,
      UnpricedCalls: 0,
      RefusedUsage: 0,
      MeterDelay: 4.998,
    });
  });

  it("answers a control message, and does nothing", async () => {
    const { meter, table, wakes } = meterScene();
    const control = { messageType: "CONTROL_MESSAGE", logEvents: [{ id: "", timestamp: 1, message: "CWL CONTROL" }] };
    expect(await meter()(packed(control))).toEqual({ batchItemFailures: [] });
    expect([table.calls.length, wakes.length]).toEqual([0, 0]);
  });

  it("counts once what is delivered twice, in another order too, and wakes for it again", async () => {
    const { deliver, totals, wakes, clock } = meterScene();
    const events = [1, 2, 3].map((n) => logEvent(n));
    await deliver(events);
    clock.at += 5_000;
    await deliver(events.toReversed());
    expect(await totals()).toEqual({ [`role/batch ${OPUS}`]: 330 });
    expect(wakes).toEqual([BEGIN, BEGIN + 5_000]);
  });

  it("counts once an event, and a request, that stands twice in a delivery", async () => {
    const { deliver, totals } = meterScene();
    await deliver([logEvent(1), logEvent(1), logEvent(2, { requestId: "request-1" })]);
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 1 });
  });

  it("counts a delivery that is larger than a pointer in parts, each of its own name", async () => {
    const { deliver, totals, written } = meterScene();
    const events = Array.from({ length: 3_001 }, (_, n) => logEvent(n));
    await deliver(events);
    await deliver(events.toReversed());
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 3_001 });
    expect(new Set(written("usage#batches").map(({ sk }) => sk?.S?.split("#")[1])).size).toBe(2);
  });

  it("wakes at the end of the second if somebody woke a moment ago, and leaves others to that", async () => {
    const { deliver, wakes, clock } = meterScene();
    await deliver([logEvent(1)]);
    clock.at += 300;
    await deliver([logEvent(2)]);
    expect(wakes).toEqual([BEGIN, BEGIN + 1_000]);
  });

  it("has counted even if the bus takes no wake: the schedule comes by", async () => {
    const { deliver, totals, scene } = meterScene();
    scene.broken.add("bus");
    await deliver([logEvent(1)]);
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 1 });
    expect(output.metrics()).toMatchObject({ FailedWakes: 1 });
    expect(output.logged("the reconciler is not woken")).toHaveLength(1);
  });
});

describe("what a caller writes", () => {
  const PROMPT = "my secret prompt";
  const forged = {
    requestId: "someone-elses",
    identity: { arn: session("victim") },
    modelId: HAIKU,
    input: { inputTokenCount: 1_000_000 },
    schemaType: "ModelInvocationLog",
  };
  const odd = [
    ["a body with keys of the record's own", { input: { inputTokenCount: 100, inputBodyJson: { PROMPT, ...forged } } }],
    [
      "a body of chunks",
      { output: { outputTokenCount: 10, outputBodyJson: [forged, { usage: { outputTokens: 9 } }] } },
    ],
    ["a body that is text like a record", { input: { inputTokenCount: 100, inputBodyJson: JSON.stringify(forged) } }],
    ["a body in S3", { input: { inputTokenCount: 100, inputBodyS3Path: `s3://logs/${PROMPT}` } }],
    ["a requestMetadata that claims another user", { requestMetadata: { user: "victim", ...forged } }],
    ["a session that is named like a role", { arn: session("batch", "victim") }],
  ] as const;

  it.each(odd)("moves nothing: %s", async (_, record) => {
    const { deliver, totals } = meterScene();
    await deliver([logEvent(1, record)]);
    expect(await totals()).toEqual({ [`role/batch ${OPUS}`]: 110 });
  });

  it("is neither logged nor kept nor queued, whatever goes wrong", async () => {
    const { deliver, meter, table, queue, scene } = meterScene();
    const body = { inputTokenCount: "12", inputBodyJson: PROMPT };
    const records = [
      logEvent(1, { input: body }),
      logEvent(2, `{"schemaType":"ModelInvocationLog","input":{"inputBodyJson":"${PROMPT}`),
      logEvent(3, { input: { inputTokenCount: 1, inputBodyJson: PROMPT } }),
      logEvent(4, { arn: PROMPT }),
    ];
    await deliver(records);
    await deliver(records, meter(outOfOrder));
    scene.broken.add("queue");
    await expect(deliver(records, meter(outOfOrder))).rejects.toThrow("queue is out of order");
    await expect(meter()(packed(PROMPT))).rejects.toThrow("is not what it is documented to be");
    await expect(meter()({ awslogs: { data: Buffer.from(PROMPT).toString("base64") } })).rejects.toThrow(
      "is not what it is documented to be",
    );
    expect(queue).toHaveLength(1);
    expect(JSON.stringify([table.items(), table.calls, queue]) + output.text()).not.toContain(PROMPT);
  });
});

describe("records of every kind", () => {
  it.each([
    ["an embedding, without output", { output: undefined }, { tokens: 100, calls: 1 }],
    ["a call that a guardrail stopped, without counts", { input: {}, output: {} }, { calls: 1 }],
    ["a call that failed", { errorCode: "ThrottlingException", input: undefined, output: undefined }, {}],
    [
      "cache reads and writes",
      { input: { inputTokenCount: 3, cacheWriteInputTokenCount: 28_857, cacheReadInputTokenCount: 40 } },
      { tokens: 28_910, calls: 1 },
    ],
    ["a call through another region", { inferenceRegion: "eu-west-1" }, { tokens: 110, calls: 1 }],
  ])("count as they are: %s", async (_, record, expected: { tokens?: number; calls?: number }) => {
    const { deliver, totals } = meterScene();
    await deliver([logEvent(1, record)]);
    const key = `role/batch ${OPUS}`;
    expect(await totals("invocations")).toEqual(expected.calls === undefined ? {} : { [key]: expected.calls });
    expect(await totals()).toEqual(expected.tokens === undefined ? {} : { [key]: expected.tokens });
  });

  it("begin with Bedrock's own sentence, which is no record and no mistake", async () => {
    const { deliver, totals } = meterScene();
    await deliver([logEvent(1, "Permissions are correctly set for Amazon Bedrock logs."), logEvent(2)]);
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 1 });
    expect(output.metrics()).toMatchObject({ RejectedRecords: 0 });
  });

  it.each([
    [`arn:aws:iam::${ACCOUNT}:user/team/ci`, "user/ci"],
    [`arn:aws:iam::${ACCOUNT}:user/BedrockAPIKey-ab12`, "user/BedrockAPIKey-ab12"],
    [`arn:aws:iam::${ACCOUNT}:root`, `arn:aws:iam::${ACCOUNT}:root`],
    [`arn:aws:sts::${ACCOUNT}:federated-user/eve`, `arn:aws:sts::${ACCOUNT}:federated-user/*`],
    [`arn:aws:iam::${ACCOUNT}:role/data/batch`, "role/batch"],
    [session("AWSServiceRoleForX"), "role/AWSServiceRoleForX"],
    [session("AWSReservedSSO_Dev_0123456789abcdef", "ann@example.com"), "sso/Dev/ann@example.com"],
    ["arn:aws:sts::444455556666:assumed-role/x/y", "arn:aws:sts::444455556666:assumed-role/x"],
  ])("count for whoever called, deniable or not: %s", async (arn, principal) => {
    const { deliver, totals } = meterScene();
    await deliver([logEvent(1, { arn })]);
    expect(await totals("invocations")).toEqual({ [`${principal} ${OPUS}`]: 1 });
  });
});

it("federated users, and sessions of another account's role, have one threshold together, whatever they call themselves", async () => {
  const { deliver, totals } = meterScene();
  const federated = `arn:aws:sts::${ACCOUNT}:federated-user/`;
  const foreign = "arn:aws:sts::444455556666:assumed-role/r/";
  const names = ["one", "two", "three"];
  await deliver(
    [federated, foreign].flatMap((arn, n) => names.map((name, m) => logEvent(10 * n + m, { arn: arn + name }))),
  );
  expect(await totals("invocations")).toEqual({
    [`${federated}* ${OPUS}`]: 3,
    [`${foreign.slice(0, -1)} ${OPUS}`]: 3,
  });
});

describe("a model", () => {
  const PROFILE = `arn:aws:bedrock:us-east-1:${ACCOUNT}:application-inference-profile/abc123`;

  it("is the one behind an application profile, if the reconciler found it", async () => {
    const { deliver, totals, aliases } = meterScene();
    aliases.set(PROFILE, OPUS);
    await deliver([logEvent(1, { modelId: PROFILE })]);
    expect(Object.keys(await totals("usd"))).toEqual([`role/batch ${OPUS}`]);
  });

  it("stands for itself if nobody knows it, as in CloudWatch: its tokens count, and its price is unknown and told", async () => {
    const { deliver, totals } = meterScene();
    await deliver([logEvent(1, { modelId: PROFILE })]);
    expect(await totals()).toEqual({ "role/batch abc123": 110 });
    expect(output.metrics()).toMatchObject({ UnpricedCalls: 1 });
    expect(output.logged("calls without a known price: add a rule to /prices")).toMatchObject([{ models: [PROFILE] }]);
  });

  it("costs what the operator's rules say, a minute after they change at the latest", async () => {
    const { deliver, meter, totals, scene, clock } = meterScene();
    const process = meter();
    const perMillion = { inputTokens: 10_000, outputTokens: 0 };
    scene.rules = [{ name: "own", models: ["*"], price: { perMillion } }];
    await deliver([logEvent(1)], process);
    scene.rules = [{ name: "own", models: ["*"], price: { perMillion: { ...perMillion, inputTokens: 20_000 } } }];
    clock.at += 61_000;
    await deliver([logEvent(2)], process);
    expect(await totals("usd")).toEqual({ [`role/batch ${OPUS}`]: 3 });
  });

  it("costs what was read before while the rules are unread, and waits if they never were", async () => {
    const { deliver, meter, totals, scene, clock, queue } = meterScene();
    const process = meter();
    await deliver([logEvent(1)], process);
    scene.broken.add("rules");
    clock.at += 61_000;
    await deliver([logEvent(2)], process);
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 2 });
    await deliver([logEvent(3)]);
    expect(queue).toHaveLength(1);
    scene.broken.clear();
    await meter()(queued(...queue));
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 3 });
  });
});

describe("what cannot be counted", () => {
  it("is set aside as a pointer with its reason, and the rest counts", async () => {
    const { deliver, totals, written } = meterScene();
    await deliver([logEvent(1), logEvent(2, { input: { inputTokenCount: -5 } }), logEvent(3)]);
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 2 });
    expect(written("usage#set-aside")).toEqual([
      {
        pk: { S: "usage#set-aside" },
        sk: { S: logEvent(2).id },
        logGroup: { S: LOG_GROUP },
        logStream: { S: LOG_STREAM },
        at: { S: new Date(logEvent(2).timestamp).toISOString() },
        reason: { S: "input.inputTokenCount is -5, which is not a whole number from 0" },
        expires: { N: String((BEGIN + 30 * DAY) / 1_000) },
      },
    ]);
    expect(output.metrics()).toMatchObject({ RejectedRecords: 1, MeteredCalls: 2 });
    expect(output.logged("records rejected")).toHaveLength(1);
  });

  it.each(["modelId", "arn"])("is a record whose %s is longer than any: it takes no batch with it", async (field) => {
    const { deliver, totals, written, queue } = meterScene();
    await deliver([logEvent(1), logEvent(2, { [field]: `arn:${"x".repeat(500_000)}` })]);
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 1 });
    expect(written("usage#set-aside")).toMatchObject([{ reason: { S: expect.stringContaining("is longer than") } }]);
    expect(queue).toEqual([]);
  });

  it("is not the longest that there may be: its item is under 4 KB as any", async () => {
    const { deliver, written } = meterScene();
    const arn = `arn:aws:iam::${ACCOUNT}:group/`;
    await deliver([logEvent(1, { modelId: "m".repeat(2_048), arn: arn + "x".repeat(1_024 - arn.length) })]);
    expect(written("usage#batches").map((item) => itemBytes(item) < 4_096)).toEqual([true]);
  });

  it("is whatever stands in another stream than Bedrock's, delivered or replayed: anybody may have written it", async () => {
    const { deliver, meter, totals, written, queue } = meterScene();
    const forged = [logEvent(1), logEvent(2, { arn: session("victim") })];
    const elsewhere = delivered(forged, { logStream: "my-own-stream" });
    await deliver(forged, () => meter()(elsewhere));
    expect(await totals("invocations")).toEqual({});
    expect(output.metrics()).toMatchObject({ MeteredCalls: 0, RejectedRecords: 2 });
    const logStream = { S: "my-own-stream" };
    const reason = { S: "it is of another log stream than aws/bedrock/modelinvocations, where Bedrock writes" };
    expect(written("usage#set-aside")).toMatchObject([
      { logStream, reason },
      { logStream, reason },
    ]);

    await meter(outOfOrder)(elsewhere);
    expect(queue).toMatchObject([{ logStream: "my-own-stream" }]);
    expect(await meter()(queued(...queue))).toEqual({ batchItemFailures: [] });
    expect(await totals("invocations")).toEqual({});
  });

  it("is not a call without counts, such as a guardrail's stop: it counts as a call, and is told", async () => {
    const { deliver, totals, written } = meterScene();
    await deliver([logEvent(1), logEvent(2, { input: {}, output: {} })]);
    expect([await totals("invocations"), await totals()]).toEqual([
      { [`role/batch ${OPUS}`]: 2 },
      { [`role/batch ${OPUS}`]: 110 },
    ]);
    expect(output.metrics()).toMatchObject({ UncountedCalls: 1, RejectedRecords: 0, UnpricedCalls: 0 });
    expect(output.logged("calls without counts of tokens: they count as calls only")).toMatchObject([{ calls: 1 }]);
    expect(written("usage#set-aside")).toEqual([]);
  });

  it("fills no table: fifty of a batch are set aside, and all are told", async () => {
    const { deliver, written } = meterScene();
    await deliver(Array.from({ length: 200 }, (_, n) => logEvent(n, "no record")));
    expect(written("usage#set-aside")).toHaveLength(50);
    expect(output.metrics()).toMatchObject({ RejectedRecords: 200 });
  });

  it("is usage of last week, and a sum beyond all numbers; neither takes its batch with it", async () => {
    const { deliver, totals, written } = meterScene();
    await deliver([
      logEvent(1, { timestamp: "2025-12-28T08:00:00Z" }),
      logEvent(2, { arn: session("forger"), input: { inputTokenCount: Number.MAX_SAFE_INTEGER } }),
      logEvent(3),
    ]);
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 1 });
    expect(output.metrics()).toMatchObject({ RefusedUsage: 2 });
    expect(written("usage#set-aside")).toHaveLength(1);
  });
});

describe("a batch that cannot be written", () => {
  it("is kept as a pointer, and the invocation succeeds; replayed, it is the same batch", async () => {
    const { deliver, meter, totals, queue, wakes } = meterScene();
    const events = [logEvent(2), logEvent(1)];
    await deliver(events, meter(outOfOrder));
    const ids = [logEvent(1).id, logEvent(2).id];
    const batch = expect.stringMatching(/^[0-9a-f]{64}$/);
    const times = { from: logEvent(1).timestamp, to: logEvent(2).timestamp };
    expect(queue).toEqual([{ logGroup: LOG_GROUP, logStream: LOG_STREAM, batch, ids, ...times }]);
    expect(wakes).toEqual([]);

    expect(await meter()(queued(...queue))).toEqual({ batchItemFailures: [] });
    expect(wakes).toHaveLength(1);
    expect(output.metrics()).toMatchObject({ ReplayedBatches: 1 });
    await deliver(events);
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 2 });
  });

  it("is told by the number of those that are kept", async () => {
    const { deliver, meter } = meterScene();
    await deliver([logEvent(1)], meter(outOfOrder));
    expect(output.metrics()).toMatchObject({ KeptBatches: 1 });
  });

  it("is counted if it can be within two days, and is then given up: usage of its time is unknown for good", async () => {
    const { deliver, meter, totals, queue, clock, written } = meterScene();
    await deliver([logEvent(1)], meter(outOfOrder));
    clock.at += 2 * DAY - QUARTER;
    expect(await meter(outOfOrder)(queued(...queue))).toMatchObject({ batchItemFailures: [{}] });
    clock.at += QUARTER;
    expect(await meter()(queued(...queue))).toEqual({ batchItemFailures: [] });
    expect(output.metrics()).toMatchObject({ RefusedUsage: 1 });
    expect(output.logged("a batch is given up: usage of its time is unknown")).toHaveLength(1);
    expect(written("usage#set-aside")).toMatchObject([
      { sk: { S: `batch#${queue[0]?.batch}` }, reason: { S: "not counted within two days" } },
    ]);
    await expect(totals()).rejects.toThrow("a log batch could not be counted within two days");
  });

  it("is given up without being read again, also when it comes back from the dead-letter queue", async () => {
    const { deliver, meter, queue, clock, scene } = meterScene();
    await deliver([logEvent(1)], meter(outOfOrder));
    clock.at += 5 * DAY;
    scene.broken.add("logs");
    expect(await meter(outOfOrder)(queued(...queue))).toMatchObject({ batchItemFailures: [{}] });
    expect(await meter()(queued(...queue))).toEqual({ batchItemFailures: [] });
  });

  it("is kept as a pointer when its time is over, too", async () => {
    const { deliver, meter, queue } = meterScene();
    const never = { before: () => new Promise(() => {}) };
    const process = meter(never);
    await deliver([logEvent(1)], (event) => process(event, 6_010));
    expect(queue).toHaveLength(1);
  });

  it("is a failure for Lambda to try again if the queue does not take it either", async () => {
    const { deliver, meter, scene } = meterScene();
    scene.broken.add("queue");
    await expect(deliver([logEvent(1)], meter(outOfOrder))).rejects.toThrow("queue is out of order");
  });

  it("takes no other batch of its delivery with it then", async () => {
    const { deliver, meter, scene, totals } = meterScene();
    scene.broken.add("queue");
    let failures = 0;
    const atFirst = {
      before({ operation }: Call) {
        if (operation === "BatchWriteItem" && failures++ === 0) throw new Error("the table is out of order");
      },
    };
    const events = Array.from({ length: 7_000 }, (_, n) => logEvent(n));
    await expect(deliver(events, meter(atFirst))).rejects.toThrow("queue is out of order");
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 4_000 });
    expect(scene.wakes).toHaveLength(1);
    await deliver(events);
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 7_000 });
  });

  it("names no more events than a message has room for", async () => {
    const { deliver, meter, queue } = meterScene();
    await deliver(
      Array.from({ length: 7_000 }, (_, n) => logEvent(n)),
      meter(outOfOrder),
    );
    expect(queue.map(({ ids }) => ids.length)).toEqual([3_000, 3_000, 1_000]);
    for (const pointer of queue) expect(JSON.stringify(pointer).length).toBeLessThan(256 * 1_024);
  });

  it("comes again alone if others of its delivery are replayed", async () => {
    const { deliver, meter, totals, queue } = meterScene();
    await deliver([logEvent(1)], meter(outOfOrder));
    const [pointer] = queue;
    const wrong = [{ ...pointer, ids: ["gone"] }, { no: "pointer" }, { ...pointer, logGroup: "another" }];
    const forged = { ...pointer, batch: "0".repeat(64) };
    expect(await meter()(queued(...wrong, pointer, forged))).toEqual({
      batchItemFailures: [1, 2, 3, 5].map((n) => ({ itemIdentifier: `message-${n}` })),
    });
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 1 });
  });
});

describe("an event that is not for the meter", () => {
  it.each([
    ["something else", {}],
    ["nothing", undefined],
    ["messages of another service", { Records: [{ messageId: "1", eventSource: "aws:kinesis", body: "{}" }] }],
  ])("is a failure: %s", async (_, event) => {
    await expect(meterScene().meter()(event)).rejects.toThrow("this is neither");
  });

  it("is a failure if it is of another log group", async () => {
    const { meter, table } = meterScene();
    await expect(meter()(delivered([logEvent(1)], { logGroup: "/somebody/else" }))).rejects.toThrow("/somebody/else");
    expect(table.calls).toEqual([]);
  });

  it.each([[[{ id: 1, timestamp: 1, message: "" }]], [{}], [[null]]])(
    "is a failure if its events are none: %j",
    async (logEvents) => {
      await expect(meterScene().meter()(delivered([], { logEvents }))).rejects.toThrow(
        "is not what it is documented to be",
      );
    },
  );
});
