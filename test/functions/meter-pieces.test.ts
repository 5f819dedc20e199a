import type { LogEvent } from "@bedrock-governor/aws/logs/log-events";
import { takeApart } from "@bedrock-governor/functions/meter-pieces";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { delivered, LOG_GROUP, logEvent, meterScene } from "./meter-setup.ts";
import { captureOutput } from "./output.ts";

captureOutput();

const envelope = (logEvents: readonly unknown[], more: object = {}) => ({
  messageType: "DATA_MESSAGE",
  logGroup: LOG_GROUP,
  logStream: "stream",
  logEvents,
  ...more,
});
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const read = (events: readonly LogEvent[] | undefined) =>
  events?.map(({ id, timestamp, message }) => ({ id, timestamp, message }));

describe("an envelope that is taken apart", () => {
  it("has the same events, whatever callers wrote into them", () => {
    const odd = fc.constantFrom(
      '},{"id":"',
      '"}]}',
      '"logEvents":[{"id":"',
      "\\",
      '\\"},{"id":"1","timestamp":1',
      "é😀",
    );
    const texts = fc.array(fc.oneof(odd, fc.string({ unit: "binary" })), { maxLength: 5 }).map((all) => all.join(""));
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 8 }), (messages) => {
        const events = messages.map((message, n) => logEvent(n, message));
        const { head, logEvents } = takeApart(bytesOf(envelope(events))) ?? {};
        expect(read(logEvents)).toEqual(events);
        expect(head).toEqual(envelope([]));
      }),
    );
  });

  it.each([
    ["has no events", envelope([])],
    ["has something after its events", { ...envelope([logEvent(1)]), more: 1 }],
    ["has events whose ids do not come first", envelope([{ timestamp: 1, id: "1", message: "" }])],
    ["has an id that may be anything", envelope([{ ...logEvent(1), id: 'a"b' }])],
    ["has an event without a time", envelope([{ id: "1", message: "" }])],
  ])("is read as a whole if it %s", (_, value) => {
    expect(takeApart(bytesOf(value))).toBeUndefined();
  });

  it("shows nothing of an event that is broken", () => {
    const broken = Buffer.from('{"logEvents":[{"id":"1","timestamp":1,"message":"my secret prompt}]}');
    const { logEvents } = takeApart(broken) ?? {};
    expect(() => read(logEvents)).toThrow(/^a log event has not the form that it is documented to have$/);
  });

  it("is metered as any other", async () => {
    const { meter, totals } = meterScene();
    const body = "x".repeat(20_000);
    const records = Array.from({ length: 1_000 }, (_, n) => logEvent(n, { requestMetadata: { body } }));
    await meter()(delivered(records));
    expect(Object.values(await totals("invocations"))).toEqual([1_000]);
  });
});
