import { snsMessages } from "@bedrock-governor/notices/sns";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryEvents } from "./arbitrary-event.ts";
import { EXAMPLES, MANY } from "./examples.ts";

type Sent = ReturnType<typeof snsMessages>[number];

/** What SNS is sent, as it counts it: the message, the subject, and the attributes' names, types and values. */
const sentBytes = ({ subject, text, json, attributes }: Sent): number =>
  Buffer.byteLength(JSON.stringify({ default: json, email: text, sms: subject })) +
  Buffer.byteLength(Object.entries(attributes).flat().join("")) +
  6 * Object.keys(attributes).length +
  subject.length;

const eventsIn = (message: Sent): readonly { readonly id: string }[] => JSON.parse(message.json).events;

describe("a message for a topic", () => {
  it("has a subject for a mail, a text to read, the event as the bus has it, and what to filter by", () => {
    const [message] = snsMessages([EXAMPLES.denied]);
    expect(message).toMatchObject({
      subject: "[production] Denied: role/coding-agent",
      text: expect.stringContaining("Until: lifts at 00:00 Europe/Berlin"),
      attributes: { type: "Access Denied", stage: "production", limit: "daily-spend", severity: "high" },
    });
    expect(JSON.parse(message?.json ?? "")).toEqual({
      version: 1,
      events: [
        {
          ...EXAMPLES.denied,
          time: "2026-01-05T10:32:05.000Z",
          period: { start: "2026-01-04T23:00:00.000Z", end: "2026-01-05T23:00:00.000Z", timeZone: "Europe/Berlin" },
        },
      ],
    });
  });

  it("is of one stage, type and limit, so that a filter gets them all and no others", () => {
    expect(
      snsMessages(MANY.slice(150)).map(({ subject, attributes: { type, limit } }) => [subject, type, limit]),
    ).toEqual([
      ["[production] 64 x Denied: limit daily-spend", "Access Denied", "daily-spend"],
      ["[production] 31 x Lifted: limit nightly-batch", "Access Lifted", "nightly-batch"],
      ["[production] Could not be done: sso/PowerUsers/ada@example.com", "Enforcement Failed", "daily-spend"],
      ["[production] Mode is enforce now", "Mode Changed", undefined],
    ]);
  });

  it("is followed by others where the events do not fit into one", () => {
    const many = Array.from({ length: 500 }, (_, index) => ({ ...EXAMPLES.denied, id: `${index}` }));
    const messages = snsMessages(many);
    expect(messages.length).toBeGreaterThan(1);
    expect(messages.map(sentBytes).every((bytes) => bytes <= 262_144)).toBe(true);
    expect(messages.flatMap(eventsIn).map(({ id }) => id)).toEqual(many.map(({ id }) => id));
  });

  it("says so where an event alone is too large to be told whole", () => {
    const models = Array.from({ length: 10_000 }, (_, index) => `anthropic.claude-number-${index}-v1:0`);
    const [message, ...others] = snsMessages([{ ...EXAMPLES["plan-held"], models }]);
    expect(others).toEqual([]);
    expect(JSON.parse(message?.json ?? "").events[0]).toMatchObject({ shortened: true, type: "Plan Held" });
  });

  it("is within SNS's limits whatever the events hold, with each event in exactly one", () => {
    fc.assert(
      fc.property(arbitraryEvents, (events) => {
        const messages = snsMessages(events);
        for (const message of messages) {
          expect(message.subject).toMatch(/^[\x20-\x7e]{1,99}$/);
          expect(sentBytes(message)).toBeLessThanOrEqual(262_144);
          // What XML admits, which is what SQS admits.
          expect(message.text + message.json).toMatch(
            /^[\t\n\r\x20-\x7e\x80-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u,
          );
          expect(Object.values(message.attributes).every((value) => value.trim() !== "")).toBe(true);
        }
        const told = messages.flatMap(eventsIn).map(({ id }) => id);
        expect(told.toSorted()).toEqual(events.map(({ id }) => id).toSorted());
      }),
      { numRuns: 30, endOnFailure: true },
    );
  });
});
