import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { auditItem } from "@bedrock-governor/aws/dynamodb/journal-items";
import { createNotices, permissions } from "@bedrock-governor/aws/dynamodb/notices";
import { createChannelHolds } from "@bedrock-governor/aws/dynamodb/notices-hold";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { describe, expect, it } from "vitest";
import { denied } from "../../notices/denied.ts";
import { type Around, fakeTable } from "./fake-dynamodb.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const T0 = Date.UTC(2026, 0, 31, 23, 50);

function setUp({ pageItems }: { pageItems?: number } = {}) {
  const table = fakeTable(pageItems);
  const clock = { at: T0 };
  const store = (around?: Around) => ({
    dynamodb: table.client(around),
    table: "table",
    now: () => clock.at,
    wait: async () => undefined,
  });
  const dynamodb = table.client();
  return {
    table,
    clock,
    notices: (around?: Around) => createNotices({ ...store(around), retentionDays: 90 }),
    holds: (around?: Around) => createChannelHolds(store(around)),
    async happened(...events: readonly GovernorEvent[]) {
      for (const event of events) {
        await dynamodb.send(new PutItemCommand({ TableName: "table", Item: { ...auditItem(event, 90 * DAY) } }));
      }
    },
  };
}

describe("notices", () => {
  it("are what the journal's history holds since a time, in order, over months and pages", async () => {
    const { clock, notices, happened } = setUp({ pageItems: 2 });
    const times = [-40 * DAY, -1, 0, 0, 5 * MINUTE, 11 * MINUTE, 30 * DAY];
    const events = times.map((after, n) => denied(n, T0 + after));
    await happened(...events.toReversed());
    clock.at = T0 + 31 * DAY;
    const found = await notices().read("slack", T0);
    expect(found).toEqual(events.slice(2).map((event) => ({ event })));
  });

  it("may be in a parcel on one channel and in none on another", async () => {
    const { notices, happened } = setUp();
    await happened(denied(1, T0), denied(2, T0));
    await notices().put("slack", "first", [denied(1, T0)]);
    await notices().put("sns", "other", [denied(1, T0), denied(2, T0)]);
    await notices().put("slack", "second", [denied(2, T0)]);
    const parcels = async (channel: string) => (await notices().read(channel, T0)).map(({ parcel }) => parcel);
    expect([await parcels("slack"), await parcels("sns"), await parcels("chat")]).toEqual([
      ["first", "second"],
      ["other", "other"],
      [undefined, undefined],
    ]);
  });

  it("are put into parcels 25 at a time, and known longer than the journal keeps the events", async () => {
    const { table, notices } = setUp();
    const events = Array.from({ length: 60 }, (_, n) => denied(n, T0));
    await notices().put("slack", "parcel", events);
    expect(table.calls.map(({ operation }) => operation)).toEqual(Array(3).fill("BatchWriteItem"));
    const expires = table.items().map((item) => Number(item.expires?.N) * 1_000);
    expect(Math.min(...expires)).toBeGreaterThan(T0 + 90 * DAY);
  });

  it("are not guessed where the history holds something else", async () => {
    const { table, notices } = setUp();
    const Item = { pk: { S: "audit#2026-01" }, sk: { S: new Date(T0).toISOString() } };
    await table.client().send(new PutItemCommand({ TableName: "table", Item }));
    await expect(notices().read("slack", T0)).rejects.toThrow("no event");
  });
});

describe("a channel", () => {
  it("is held by one at a time, who leaves notes to the next", async () => {
    const { holds } = setUp();
    const first = await holds().take("slack", MINUTE);
    expect(first?.notes).toBeUndefined();
    expect(await holds().take("slack", MINUTE)).toBeUndefined();
    expect(await holds().take("sns", MINUTE)).toBeDefined();
    expect(await first?.keep("notes", 0)).toBe(true);
    expect((await holds().take("slack", MINUTE))?.notes).toBe("notes");
  });

  it("is free when the holder's time is over, and the holder notices", async () => {
    const { clock, holds } = setUp();
    const first = await holds().take("slack", MINUTE);
    clock.at += 30_000;
    expect(await first?.keep("one", MINUTE)).toBe(true);
    clock.at += MINUTE - 1;
    expect(await holds().take("slack", MINUTE)).toBeUndefined();
    clock.at += 1;
    const second = await holds().take("slack", MINUTE);
    expect(second?.notes).toBe("one");
    expect(await first?.keep("two", MINUTE)).toBe(false);
    expect(await second?.keep("three", 0)).toBe(true);
  });

  it("stays with a holder who is late, as long as nobody else came", async () => {
    const { clock, holds } = setUp();
    const hold = await holds().take("slack", MINUTE);
    clock.at += 10 * MINUTE;
    expect(await hold?.keep("notes", MINUTE)).toBe(true);
    expect(await holds().take("slack", MINUTE)).toBeUndefined();
  });

  it("is not known to be held when the table does not answer", async () => {
    const { holds } = setUp();
    const broken = {
      before() {
        throw new Error("DynamoDB is out of order");
      },
    };
    await expect(holds(broken).take("slack", MINUTE)).rejects.toThrow("out of order");
  });
});

it("needs permission for exactly what is sent, and to write nothing but what was told", async () => {
  const { table, clock, notices, holds, happened } = setUp();
  await happened(denied(1, T0));
  const before = table.calls.length;
  clock.at = T0 + 1;
  await (await holds().take("slack", MINUTE))?.keep("notes", 0);
  await notices().put("slack", "parcel", [denied(1, T0)]);
  await notices().read("slack", T0);
  const sent = new Set(table.calls.slice(before).map(({ operation }) => `dynamodb:${operation}`));
  const place = { partition: "aws", account: "111122223333", region: "us-east-1", stage: "test" };
  const declared = permissions(place, "table");
  expect(new Set(declared.flatMap(({ actions }) => actions))).toEqual(sent);
  expect(declared.map(({ actions, condition }) => [actions, condition?.["ForAllValues:StringLike"]])).toEqual([
    [["dynamodb:Query"], { "dynamodb:LeadingKeys": ["audit#*", "notices#*"] }],
    [["dynamodb:BatchWriteItem", "dynamodb:UpdateItem"], { "dynamodb:LeadingKeys": ["notices#*"] }],
  ]);
});
