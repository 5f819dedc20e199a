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
    notices: (around?: Around) => createNotices(store(around)),
    holds: (around?: Around) => createChannelHolds({ ...store(around), retentionDays: 90 }),
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
    const { notices, holds, happened } = setUp();
    await happened(denied(1, T0), denied(2, T0));
    const [slack, sns] = await Promise.all(["slack", "sns"].map((channel) => holds().take(channel, MINUTE)));
    await slack?.put("first", [denied(1, T0)]);
    await sns?.put("other", [denied(1, T0), denied(2, T0)]);
    await slack?.put("second", [denied(2, T0)]);
    const parcels = async (channel: string) => (await notices().read(channel, T0)).map(({ parcel }) => parcel);
    expect([await parcels("slack"), await parcels("sns"), await parcels("chat")]).toEqual([
      ["first", "second"],
      ["other", "other"],
      [undefined, undefined],
    ]);
  });

  it("have the id and the time of their key, whatever another version wrote into them", async () => {
    const { table, notices, holds } = setUp();
    const odd = { ...denied(1, T0), time: "yesterday", id: undefined };
    const Item = { ...auditItem(denied(1, T0), DAY), eventText: { S: JSON.stringify(odd) } };
    await table.client().send(new PutItemCommand({ TableName: "table", Item }));
    expect(await notices().read("slack", T0)).toEqual([{ event: denied(1, T0) }]);
    const hold = await holds().take("slack", MINUTE);
    await hold?.put("parcel", [denied(1, T0)]);
    expect(await notices().read("slack", T0)).toMatchObject([{ parcel: "parcel" }]);
  });

  it("are put into parcels 25 at a time, and known longer than the journal keeps the events", async () => {
    const { table, holds } = setUp();
    const events = Array.from({ length: 60 }, (_, n) => denied(n, T0));
    const hold = await holds().take("slack", MINUTE);
    expect(await hold?.put("parcel", events)).toBe(true);
    const operations = table.calls.map(({ operation }) => operation).slice(1);
    expect(operations).toEqual(Array(3).fill("TransactWriteItems"));
    const expires = table.items().flatMap((item) => (item.expires ? [Number(item.expires.N) * 1_000] : []));
    expect([expires.length, Math.min(...expires) > T0 + 90 * DAY]).toEqual([60, true]);
  });

  it("are put into no parcel by who has lost the channel", async () => {
    const { clock, notices, holds, happened } = setUp();
    await happened(denied(1, T0));
    const first = await holds().take("slack", MINUTE);
    clock.at += MINUTE;
    await holds().take("slack", MINUTE);
    expect(await first?.put("parcel", [denied(1, T0)])).toBe(false);
    expect(await notices().read("slack", T0)).toEqual([{ event: denied(1, T0) }]);
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
  const hold = await holds().take("slack", MINUTE);
  await hold?.put("parcel", [denied(1, T0)]);
  await hold?.keep("notes", 0);
  await notices().read("slack", T0);
  const sent = table.calls
    .slice(before)
    .flatMap(({ operation }) => (operation.startsWith("Transact") ? [] : [operation]));
  const place = { partition: "aws", account: "111122223333", region: "us-east-1", stage: "test" };
  const declared = permissions(place, "table");
  // A transaction is asked for what it does to each item.
  const all = new Set([...sent, "ConditionCheckItem", "PutItem"].map((operation) => `dynamodb:${operation}`));
  expect(new Set(declared.flatMap(({ actions }) => actions))).toEqual(all);
  expect(declared.map(({ actions, condition }) => [actions, condition?.["ForAllValues:StringLike"]])).toEqual([
    [["dynamodb:Query"], { "dynamodb:LeadingKeys": ["audit#*", "notices#*"] }],
    [
      ["dynamodb:UpdateItem", "dynamodb:ConditionCheckItem", "dynamodb:PutItem"],
      { "dynamodb:LeadingKeys": ["notices#*"] },
    ],
  ]);
});
