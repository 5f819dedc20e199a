import type { LogEvent } from "@bedrock-governor/aws/logs/log-events";
import { smallerEnvelopes } from "@bedrock-governor/functions/meter-pieces";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OPUS } from "../support/invocation-record.ts";
import { delivered, LOG_GROUP, logEvent, meterScene, packed } from "./meter-setup.ts";
import { captureOutput } from "./output.ts";

const output = captureOutput();

const envelope = (logEvents: readonly unknown[], more: object = {}) => ({
  messageType: "DATA_MESSAGE",
  logGroup: LOG_GROUP,
  logStream: "stream",
  logEvents,
  ...more,
});

interface Parts {
  readonly logEvents: readonly unknown[];
}

/** What comes of an envelope that arrives in pieces of such a length, at least one envelope each. */
async function smaller(value: unknown, length: number): Promise<readonly Parts[]> {
  const text = JSON.stringify(value);
  async function* pieces() {
    for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length);
  }
  const all: Parts[] = [];
  for await (const one of smallerEnvelopes(pieces())) all.push(JSON.parse(one));
  return all;
}

describe("an envelope that is unpacked in pieces", () => {
  it("has the same events, whatever callers wrote into them, and wherever it is cut", async () => {
    const odd = fc.constantFrom('},{"id":"', '"}]}', '"logEvents":[{"id":"', "\\", '\\"},{"', "é😀");
    const texts = fc.array(fc.oneof(odd, fc.string({ unit: "binary" })), { maxLength: 5 }).map((all) => all.join(""));
    await fc.assert(
      fc.asyncProperty(
        fc.array(texts, { maxLength: 8 }),
        fc.integer({ min: 1, max: 400 }),
        async (messages, length) => {
          const events = messages.map((message, n) => logEvent(n, message));
          const parts = await smaller(envelope(events), length);
          expect(parts.flatMap(({ logEvents }) => logEvents)).toEqual(events);
          for (const part of parts) expect(part).toEqual(envelope(part.logEvents));
        },
      ),
    );
  });

  it.each([
    ["something after its events", envelope([logEvent(1), logEvent(2)], { more: 1 })],
    ["events whose ids do not come first", envelope([{ timestamp: 1, id: "1", message: "" }])],
    ["no events", { messageType: "CONTROL_MESSAGE" }],
  ])("may have %s", async (_, value) => {
    expect((await smaller(value, 1_000)).flatMap((part) => part.logEvents)).toEqual(
      "logEvents" in value ? value.logEvents : [undefined],
    );
  });

  it("is no JSON if it would be cut within an event", async () => {
    const nested = { ...logEvent(1), list: [{ id: "1" }, { id: "2" }] };
    await expect(smaller(envelope([nested]), 10_000)).rejects.toThrow(SyntaxError);
  });
});

/** Larger than what is read at once. */
describe("a large delivery", () => {
  const body = "x".repeat(2_000);
  const records = (count: number): readonly LogEvent[] =>
    Array.from({ length: count }, (_, n) => logEvent(n, { requestMetadata: { body } }));

  it("is metered as any other, and counts once, in whatever order it comes", async () => {
    const { meter, totals, written } = meterScene();
    const events = records(5_000);
    await meter()(delivered(events));
    await meter()(delivered(events.toReversed()));
    await meter()(delivered([...events.slice(100), ...events.slice(0, 200)]));
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 5_000 });
    expect(new Set(written("usage#batches").map(({ sk }) => sk?.S?.split("#")[1])).size).toBe(2);
  });

  it("is metered in more parts if what it says is long", async () => {
    const { meter, totals, written } = meterScene();
    const long = "y".repeat(1_000_000);
    await meter()(delivered(Array.from({ length: 20 }, (_, n) => logEvent(n, { requestMetadata: { long } }))));
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 20 });
    expect(new Set(written("usage#batches").map(({ sk }) => sk?.S?.split("#")[1])).size).toBe(3);
  });

  it("loses nothing but the records that are none", async () => {
    const { meter, totals } = meterScene();
    const events = records(5_000);
    await meter()(delivered([...events.slice(0, 4_000), logEvent(4_000, "no record"), ...events.slice(4_001)]));
    expect(await totals("invocations")).toEqual({ [`role/batch ${OPUS}`]: 4_999 });
    expect(output.metrics()).toMatchObject({ RejectedRecords: [0, 1] });
  });

  it("is a failure that writes nothing if it is cut off, or no events from some place on", async () => {
    const { meter, table } = meterScene();
    const secret = "my secret prompt";
    const broken = packed(envelope([...records(5_000), { id: "last", message: secret }]));
    const whole = Buffer.from(delivered(records(5_000)).awslogs.data, "base64");
    const cut = Buffer.concat([whole.subarray(0, whole.length / 2), Buffer.from([0, 0, 0, 0x40])]);
    for (const event of [broken, { awslogs: { data: cut.toString("base64") } }]) {
      await expect(meter()(event)).rejects.toThrow(/^a delivery of CloudWatch Logs is not what it is documented to be/);
    }
    expect(table.calls).toEqual([]);
    expect(output.text()).not.toContain(secret);
  });
});
