import { createHash } from "node:crypto";
import { DeleteItemCommand } from "@aws-sdk/client-dynamodb";
import type { MeteredUsage } from "@bedrock-governor/aws/dynamodb/usage/metered-usage";
import { describe, expect, it } from "vitest";
import { type Item, itemBytes } from "../fake-dynamodb.ts";
import { amountsOf, ask, batchOf, DAY, HOUR, MINUTE, MONDAY, OPUS, QUARTER, setUp, used } from "./setup.ts";

const NOON = MONDAY + 12 * HOUR;
const day = { start: MONDAY, end: MONDAY + DAY };
const hash = (text: string | number) => createHash("sha256").update(String(text)).digest("hex");

const pairs = (principals: number, models: number, nameOf = (number: number) => `role/application-${number}`) =>
  Array.from({ length: principals * models }, (_, number) => ({
    principal: nameOf(number % principals),
    model: `anthropic.claude-number-${Math.floor(number / principals)}-20260101-v1:0`,
  }));

const batchesOf = (items: readonly Item[]) => items.filter(({ pk }) => pk?.S?.startsWith("usage#batches#"));

describe("giving up log events", () => {
  const events = { from: NOON - 2_000, to: NOON + 3_000 };
  const ends = NOON - QUARTER + 2 * DAY;

  it("is not done while what they tell is still taken", async () => {
    const { writer, table, clock } = setUp({ at: ends - MINUTE });
    expect(await writer().giveUp(events)).toBe(false);
    expect(table.items()).toEqual([]);
    clock.at = ends;
    expect(await writer().write(batchOf("b", used(events.from - QUARTER)))).toEqual([]);
  });

  it("leaves usage unknown in every span that reaches into their time, for good, and in no other", async () => {
    const { writer, reader, rollUp, clock, table } = setUp({ at: ends });
    await rollUp().run();
    expect(await writer().giveUp(events)).toBe(true);
    expect(await writer().giveUp(events)).toBe(true);
    const [week, before, after] = [
      { start: MONDAY, end: MONDAY + 7 * DAY },
      { start: MONDAY, end: NOON - 2 * QUARTER },
      { start: NOON + QUARTER, end: MONDAY + 7 * DAY },
    ];
    const read = async () => await reader().read([week, before, after].map((span) => ask("usd", span)));
    const why =
      "usage from 2026-01-05T11:30Z to 2026-01-05T12:15Z is lost: a log batch could not be counted within two days";
    const known = expect.objectContaining({ status: "known" });
    expect(await read()).toEqual([{ status: "unknown", why }, known, known]);
    for (; clock.at < MONDAY + 40 * DAY; clock.at += DAY) await rollUp().run();
    table.expire(clock.at);
    expect(await read()).toEqual([{ status: "unknown", why }, known, known]);
  });

  it("is undone where an operator accepts the loss, by the command in docs/lost-usage.md", async () => {
    const { writer, reader, process } = setUp({ at: ends });
    await writer().giveUp(events);
    const sk = { S: `4-gap#${NOON - 2 * QUARTER}#${NOON + QUARTER}` };
    await process().dynamodb.send(new DeleteItemCommand({ TableName: "table", Key: { pk: { S: "usage#marks" }, sk } }));
    expect((await reader().read([ask("usd", day)]))[0]?.status).toBe("known");
  });

  it("leaves one mark for all of a quarter, however many they are", async () => {
    const { writer, table } = setUp({ at: ends + DAY });
    for (let n = 0; n < 100; n++) await writer().giveUp({ from: NOON + n, to: NOON + 2 * n });
    expect(table.items()).toHaveLength(1);
  });
});

describe("writing a batch", () => {
  it("is one request for 1,500 records of 40 principals and models within two minutes", async () => {
    const { writer, requests, table } = setUp({ at: NOON });
    const usage = pairs(8, 5).flatMap((pair) =>
      [NOON, NOON - MINUTE].map((at) =>
        used(at, { ...pair, invocations: 19, inputTokens: 1_234_567, outputTokens: 23_456, usd: 12.345678912 }),
      ),
    );
    const sent = await requests(() => writer().write(batchOf(hash(1), ...usage)));
    expect(sent).toEqual(["BatchWriteItem"]);
    expect(Math.max(...table.items().map(itemBytes))).toBeLessThan(4_096);
  });

  it("is one request, too, when it spans two quarters, and none when it is empty", async () => {
    const { writer, requests, table } = setUp({ at: NOON });
    const sent = await requests(async () => {
      await writer().write(batchOf(hash(1), used(NOON), used(NOON - MINUTE)));
      await writer().write(batchOf(hash(2)));
    });
    expect([sent, table.items().length]).toEqual([["BatchWriteItem"], 2]);
  });

  it.each([
    ["a thousand principals and models", pairs(200, 5)],
    ["long names of roles", pairs(200, 5, (number) => `role/${String(number).padStart(150, "x")}`)],
    ["ARNs as long as IAM's", pairs(30, 1, (number) => `arn:aws:iam::1:federated-user/${"é".repeat(980)}${number}`)],
  ])("keeps every item under 4 KB with %s", async (_, some) => {
    const { writer, reader, table, clock } = setUp({ at: NOON });
    await writer().write(batchOf(hash(1), ...some.map((pair) => used(NOON, { ...pair, inputTokens: 1e12 }))));
    expect(Math.max(...table.items().map(itemBytes))).toBeLessThan(4_096);
    clock.at += MINUTE;
    expect(Object.keys(await amountsOf(reader(), "inputTokens", day))).toHaveLength(some.length);
  });

  it("keeps every item under 4 KB through 100,000 calls of one principal and model in an hour", async () => {
    const { writer, reader, rollUp, table, clock } = setUp({ at: NOON });
    const meter = writer();
    for (let delivery = 0; delivery < 1_000; delivery++) {
      clock.at = NOON + Math.floor((delivery * HOUR) / 1_000);
      const calls = Array.from({ length: 10 }, () => used(clock.at, { invocations: 10, inputTokens: 1_000_000 }));
      await meter.write(batchOf(hash(delivery), ...calls));
    }
    clock.at = MONDAY + DAY + HOUR;
    await rollUp().run();
    expect(await amountsOf(reader(), "invocations", day)).toEqual({ [`role/alice ${OPUS}`]: 100_000 });
    expect(Math.max(...table.items().map(itemBytes))).toBeLessThan(4_096);
  });

  it("says the same under the same name when it is delivered again in another order", async () => {
    const { writer, table } = setUp({ at: NOON });
    const usage = pairs(100, 2).map((pair) => used(NOON, pair));
    await writer().write(batchOf("b", ...usage));
    const before = table.items();
    await writer().write(batchOf("b", ...[...usage].reverse()));
    expect(table.items()).toEqual(before);
  });

  it("counts the delivery that was complete first when a price was changed in between", async () => {
    const { writer, reader, rollUp, clock } = setUp({ at: NOON });
    for (const usd of [1, 2]) {
      await writer().write(batchOf("b", used(NOON, { usd })));
      clock.at += MINUTE;
    }
    expect(await amountsOf(reader(), "usd", day)).toEqual({ [`role/alice ${OPUS}`]: 1 });
    clock.at += HOUR;
    await rollUp().run();
    expect(await amountsOf(reader(), "usd", day)).toEqual({ [`role/alice ${OPUS}`]: 1 });
  });

  it("does not count a batch of which a part is missing", async () => {
    const { writer, reader, clock } = setUp({ at: NOON });
    const usage = pairs(100, 5).map((pair) => used(NOON, pair));
    let written = 0;
    const halfway = writer({ getsTo: () => ++written <= 2 });
    await expect(halfway.write(batchOf("b", ...usage))).rejects.toThrow("did not get to");
    expect(await amountsOf(reader(), "invocations", day)).toEqual({});
    clock.at += MINUTE;
    await writer().write(batchOf("b", ...usage));
    expect(Object.keys(await amountsOf(reader(), "invocations", day))).toHaveLength(500);
  });

  it("sends again what DynamoDB did not get to, and nothing else", async () => {
    const { writer, table, requests } = setUp({ at: NOON });
    const seen = new Set<string | undefined>();
    const getsTo = ({ sk }: Item) => seen.has(sk?.S) || seen.add(sk?.S).size % 2 === 0;
    const usage = pairs(100, 2).map((pair) => used(NOON, pair));
    const sent = await requests(() => writer({ getsTo }).write(batchOf("b", ...usage)));
    expect(sent).toEqual(["BatchWriteItem", "BatchWriteItem"]);
    expect(table.items()).toHaveLength(seen.size);
  });
});

describe("usage that comes late", () => {
  it("marks its quarter once its items are there", async () => {
    const { writer, table } = setUp({ at: NOON });
    const order: (string | undefined)[] = [];
    const getsTo = ({ pk }: Item) => order.push(pk?.S?.split("#")[1]) > 0;
    await writer({ getsTo }).write(batchOf("b", used(NOON - 21 * MINUTE), used(NOON - MINUTE)));
    expect(order).toEqual(["batches", "batches", "marks"]);
    expect(table.items().at(-1)?.sk?.S).toBe(`1-quarter#${NOON - 2 * QUARTER}`);
  });

  it("marks it, too, if only the writing took so long", async () => {
    const { writer, clock, table } = setUp({ at: NOON });
    const before = () => {
      clock.at = NOON + 21 * MINUTE;
    };
    await writer({ before }).write(batchOf("b", used(NOON)));
    expect(table.items().map(({ pk }) => pk?.S)).toContain("usage#marks");
  });

  it("is refused when what it would be added to may be gone soon, and the rest is written", async () => {
    const { writer, reader } = setUp({ at: NOON });
    const old = used(NOON - 2 * DAY - QUARTER - MINUTE);
    const early = used(NOON + HOUR + MINUTE);
    expect(await writer().write(batchOf("b", old, used(NOON), early))).toEqual([
      { usage: old, why: "used at 2026-01-03T11:44:00.000Z, more than two days ago" },
      { usage: early, why: "used at 2026-01-05T13:01:00.000Z, which is still to come" },
    ]);
    const span = { start: NOON - 3 * DAY, end: NOON + DAY };
    expect(await amountsOf(reader(), "invocations", span)).toEqual({ [`role/alice ${OPUS}`]: 1 });
  });
});

it("writes nothing that cannot be counted", async () => {
  const { writer, table } = setUp({ at: NOON });
  const odd: readonly Partial<MeteredUsage>[] = [
    { minute: NOON + 1 },
    { inputTokens: 0.5 },
    { invocations: -1 },
    { usd: Number.NaN },
  ];
  for (const change of odd) {
    await expect(writer().write(batchOf("b", used(NOON), { ...used(NOON), ...change }))).rejects.toThrow("role/alice");
  }
  await expect(writer().write(batchOf("b#1", used(NOON)))).rejects.toThrow("letters and digits");
  expect(table.items()).toEqual([]);
});

it("has no hot key at 200 batches a second: each partition takes less than half of what it can", async () => {
  const { writer, clock, table } = setUp({ at: NOON });
  const meter = writer();
  // Each with 1,500 records of 40 principals and models, on both sides of a minute.
  const usage = pairs(8, 5).flatMap((pair) =>
    [NOON, NOON + MINUTE].map((at) =>
      used(at, { ...pair, inputTokens: 123_456, cacheReadTokens: 1_234_567, usd: 1.234567891 }),
    ),
  );
  const SECONDS = 10;
  for (let delivery = 0; delivery < SECONDS * 200; delivery++) {
    clock.at = NOON + delivery * 5;
    await meter.write(batchOf(hash(delivery), ...usage));
  }
  const units = new Map<string, number>();
  for (const item of batchesOf(table.items())) {
    const pk = String(item.pk?.S);
    units.set(pk, (units.get(pk) ?? 0) + Math.ceil(itemBytes(item) / 1_024) / SECONDS);
  }
  expect(units.size).toBe(4);
  expect(Math.max(...units.values())).toBeLessThan(500);
});
