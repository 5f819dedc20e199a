import { createAnnouncer, permissions } from "@bedrock-governor/aws/eventbridge/announcer";
import type { EventDetail } from "@bedrock-governor/aws/eventbridge/event-detail";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { describe, expect, it } from "vitest";
import { type Answer, type Entry, scriptedEventbridge } from "./scripted-eventbridge.ts";

const T0 = Date.UTC(2026, 0, 5);
const BUS = "bedrock-governor-production";

const event = (id: string, fields: Partial<GovernorEvent> = {}): GovernorEvent => ({
  id,
  type: "Access Denied",
  version: 1,
  time: T0 + 1,
  stage: "production",
  account: "123456789012",
  reason: "110 of 100 tokens today for role/a",
  ...fields,
});

const everything = (entries: readonly Entry[]): Answer => entries.map(() => true);

function setUp(answer: (entries: readonly Entry[], count: number) => Answer = everything) {
  const { eventbridge, ...recorded } = scriptedEventbridge(answer);
  return { announcer: createAnnouncer({ eventbridge, busName: BUS }), ...recorded };
}

async function announced(told: GovernorEvent): Promise<EventDetail> {
  const { announcer, calls } = setUp();
  expect(await announcer.announce([told])).toEqual(new Set([told.id]));
  const { Detail = "" } = calls[0]?.[0] ?? {};
  expect(Buffer.byteLength(Detail)).toBeLessThanOrEqual(240_000);
  return JSON.parse(Detail);
}

it("tells an event under its type, with times that people can read", async () => {
  const { announcer, calls } = setUp();
  const period = { start: T0, end: T0 + 86_400_000, timeZone: "UTC" };
  await announcer.announce([event("one", { limit: "daily", models: ["anthropic.*"], usage: 110, period, since: T0 })]);
  const { Detail, ...envelope } = calls[0]?.[0] ?? { Detail: "" };
  expect(envelope).toEqual({
    EventBusName: BUS,
    Source: "bedrock-governor",
    DetailType: "Access Denied",
    Time: (T0 + 1) / 1_000,
  });
  expect(JSON.parse(Detail)).toEqual({
    id: "one",
    type: "Access Denied",
    version: 1,
    time: "2026-01-05T00:00:00.001Z",
    since: "2026-01-05T00:00:00.000Z",
    stage: "production",
    account: "123456789012",
    limit: "daily",
    models: ["anthropic.*"],
    usage: 110,
    period: { start: "2026-01-05T00:00:00.000Z", end: "2026-01-06T00:00:00.000Z", timeZone: "UTC" },
    reason: "110 of 100 tokens today for role/a",
  });
});

describe("many events", () => {
  const events = Array.from({ length: 25 }, (_, number) => event(`event-${number}`));

  it("go ten at a time, in order", async () => {
    const { announcer, calls } = setUp();
    expect((await announcer.announce(events)).size).toBe(25);
    expect(calls.map((entries) => entries.length)).toEqual([10, 10, 5]);
    const ids = calls
      .flat()
      .map(({ Detail }): EventDetail => JSON.parse(Detail))
      .map(({ id }) => id);
    expect(ids).toEqual(events.map(({ id }) => id));
  });

  it("go fewer at a time if ten are more than EventBridge takes in one call", async () => {
    const { announcer, calls } = setUp();
    const large = events.map((one) => ({ ...one, reason: "ü".repeat(40_000) }));
    expect((await announcer.announce(large)).size).toBe(25);
    for (const entries of calls) {
      const size = entries.reduce(
        (sum, entry) => sum + Buffer.byteLength(entry.Detail + entry.Source + entry.DetailType) + 14,
        0,
      );
      expect(size).toBeLessThanOrEqual(256 * 1_024);
    }
    expect(calls).toHaveLength(9);
  });

  it("are told again if the bus did not take them, and only those", async () => {
    const { announcer } = setUp((entries, count) => entries.map((_, index) => count !== 2 || index !== 3));
    const taken = await announcer.announce(events);
    expect(events.filter(({ id }) => !taken.has(id)).map(({ id }) => id)).toEqual(["event-13"]);
  });

  it("are told again from the call on that failed; those before it were taken", async () => {
    const { announcer, calls } = setUp((entries, count) => (count === 2 ? "failure" : everything(entries)));
    expect((await announcer.announce(events)).size).toBe(10);
    expect(calls).toHaveLength(2);
  });

  it("are a failure if the bus took none because it cannot be reached", async () => {
    const { announcer } = setUp(() => "failure");
    await expect(announcer.announce(events)).rejects.toThrow();
  });
});

describe("an event that is too large for the bus", () => {
  const models = Array.from({ length: 10_000 }, (_, number) => `anthropic.claude-with-a-long-name-${number}`);

  it("is told with the models that fit, and how many are left out", async () => {
    const detail = await announced(event("large", { models }));
    const kept = detail.models?.length ?? 0;
    expect(kept).toBeGreaterThan(4_000);
    expect(detail).toEqual(expect.objectContaining({ models: models.slice(0, kept), modelsOmitted: 10_000 - kept }));
  });

  it("is told with its long texts shortened if that is not enough", async () => {
    const change = { old: "ö".repeat(200_000), new: "x", by: "arn:aws:iam::123456789012:user/ann" };
    const detail = await announced(event("larger", { models: ["anthropic.*"], change }));
    expect(detail.change).toEqual({ ...change, old: `${"ö".repeat(4_000)}…` });
    expect(detail.models).toEqual(["anthropic.*"]);
  });
});

it("needs permission for exactly what it sends, and only under the governor's name", async () => {
  const { announcer, operations } = setUp();
  await announcer.announce([event("one")]);
  const place = { partition: "aws-us-gov", account: "123456789012", region: "us-gov-west-1", stage: "production" };
  expect(permissions(place, BUS)).toEqual([
    {
      actions: operations.map((operation) => `events:${operation}`),
      resources: [`arn:aws-us-gov:events:us-gov-west-1:123456789012:event-bus/${BUS}`],
      condition: { "ForAllValues:StringEquals": { "events:source": ["bedrock-governor"] } },
    },
  ]);
});
