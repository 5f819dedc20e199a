import { createLogsUsage } from "@bedrock-governor/aws/dynamodb/usage/logs-usage";
import { createCalendar } from "@bedrock-governor/core/period/span-at";
import { describe, expect, it } from "vitest";
import type { Call } from "../fake-dynamodb.ts";
import { amountsOf, ask, batchOf, DAY, HOUR, MINUTE, MONDAY, NOVA, OPUS, QUARTER, seen, setUp, used } from "./setup.ts";

const NOON = MONDAY + 12 * HOUR;
const day = { start: MONDAY, end: MONDAY + DAY };
const ALICE = `role/alice ${OPUS}`;

describe("the usage of a span", () => {
  it("is known to be nothing where nobody was seen to use anything", async () => {
    const { reader } = setUp();
    const [reading] = await reader().read([ask("usd", day)]);
    expect(reading).toMatchObject({ status: "known", span: day });
    expect(seen(reading)).toEqual({});
  });

  it("is not known in dollars for a principal and model of which a call has no price", async () => {
    const { writer, reader } = setUp({ at: NOON });
    await writer().write(batchOf("b", used(NOON), used(NOON, { unpriced: 1 }), used(NOON, { model: NOVA, usd: 2 })));
    const [usd, tokens] = await reader().read([ask("usd", day), ask("totalTokens", day)]);
    expect(seen(usd)).toEqual({ [ALICE]: Number.NaN, [`role/alice ${NOVA}`]: 2 });
    expect(usd).toMatchObject({ table: { gap: `the price of ${OPUS} is not known` } });
    expect(seen(tokens)).toEqual({ [ALICE]: 220, [`role/alice ${NOVA}`]: 110 });
    expect(tokens).not.toHaveProperty("table.gap");
  });

  it("moves by the minute over a day, whatever is rolled up", async () => {
    const { writer, reader, rollUp, clock } = setUp({ at: NOON });
    for (const at of [0, 1, 2]) await writer().write(batchOf(`b${at}`, used(NOON + at * MINUTE)));
    for (const [passed, left] of [3, 2, 1, 0].entries()) {
      clock.at = NOON + DAY + passed * MINUTE;
      await rollUp().run();
      const span = { start: clock.at - DAY + 1, end: clock.at + 1 };
      expect(await amountsOf(reader(), "invocations", span)).toEqual(left === 3 ? { [ALICE]: 2 } : nonZero(left - 1));
    }
  });

  const nonZero = (amount: number) => (amount > 0 ? { [ALICE]: amount } : {});

  it("is unknown where it is not kept any more, and where the log has no period", async () => {
    const { reader } = setUp();
    const [old, none] = await reader().read([
      ask("usd", { start: NOON - 401 * DAY, end: NOON }),
      { ...ask("usd", day), span: undefined },
    ]);
    expect(old).toEqual({ status: "unknown", why: "usage is kept for 400 days" });
    expect(none).toEqual({ status: "unknown", why: "the log has no period of its own" });
  });
});

describe("a stage that keeps usage for a day", () => {
  it("knows a month of it all the same", async () => {
    const { process } = setUp();
    const port = createLogsUsage({ ...process(), retentionDays: 1 });
    const [month, older] = await port.read([31, 63].map((days) => ask("usd", { start: NOON - days * DAY, end: NOON })));
    expect(month?.status).toBe("known");
    expect(older).toEqual({ status: "unknown", why: "usage is kept for 62 days" });
  });
});

describe("roll-ups that do not run", () => {
  it("are told of after two hours, once an hour, until they run again", async () => {
    const { process, rollUp, clock } = setUp({ at: NOON });
    const warnings: string[] = [];
    const port = createLogsUsage({ ...process(), warn: (text) => warnings.push(text) });
    const passing = async (minutes: number) => {
      for (let minute = 0; minute < minutes; minute++) {
        clock.at += MINUTE;
        await port.read([ask("usd", day)]);
      }
    };
    await rollUp().run();
    await passing(100);
    expect(warnings).toEqual([]);
    await passing(100);
    const text = "usage is rolled up to 2026-01-05T11:45Z only: what is not within three days is lost";
    expect(warnings).toEqual([text, text]);
    await rollUp().run();
    await passing(60);
    expect(warnings).toHaveLength(2);
  });
});

describe("when something cannot be read", () => {
  const broken = (partitions: string, page = 1) => {
    let pages = 0;
    return ({ input }: Call) => {
      if (JSON.stringify(input).includes(`"${partitions}`) && ++pages >= page)
        throw new Error("DynamoDB is out of order");
    };
  };

  async function used3Days() {
    const world = setUp({ at: MONDAY - DAY, pageItems: 2 });
    for (let hours = 0; hours < 40; hours++) {
      await world.writer().write(batchOf(`b${hours}`, used(world.clock.at)));
      world.clock.at += HOUR;
    }
    await world.rollUp().run();
    return world;
  }

  it.each([
    ["marks", "usage#marks", 1, [undefined, undefined, undefined]],
    ["a page of days", "usage#days#", 1, [40, 16, undefined]],
    ["a later page of quarters", "usage#quarters#2026-01-05", 3, [undefined, undefined, 24]],
    ["what is not rolled up", "usage#batches#", 2, [undefined, undefined, 24]],
  ])("usage that needs %s is unknown, and no other", async (_, partitions, page, expected) => {
    const { reader, clock } = await used3Days();
    const spans = [
      { start: MONDAY - DAY + 1, end: clock.at },
      { start: MONDAY, end: MONDAY + DAY },
      { start: MONDAY - DAY, end: MONDAY },
    ];
    const readings = await reader({ before: broken(partitions, page) }).read(spans.map((s) => ask("invocations", s)));
    const amounts = readings.map((reading) => (reading.status === "known" ? seen(reading)[ALICE] : undefined));
    expect(amounts).toEqual(expected.map((amount, at) => (at === 0 && amount === 40 ? 39 : amount)));
    for (const reading of readings) {
      if (reading.status === "unknown") expect(reading.why).toContain("could not be read: DynamoDB is out of order");
    }
  });

  it("is known again once it can be read, with what came meanwhile", async () => {
    const { writer, reader, clock } = setUp({ at: NOON });
    let down = false;
    const before = ({ input }: Call) => {
      if (down && JSON.stringify(input).includes("usage#batches#")) throw new Error("DynamoDB is out of order");
    };
    const warm = reader({ before });
    for (const [at, isDown] of [false, true, false].entries()) {
      down = isDown;
      await writer().write(batchOf(`b${at}`, used(clock.at)));
      clock.at += 1_000;
      const [reading] = await warm.read([ask("invocations", day)]);
      expect(reading?.status).toBe(isDown ? "unknown" : "known");
      if (!isDown) expect(seen(reading)).toEqual({ [ALICE]: at + 1 });
    }
  });

  it("or the meters are not well, all usage is unknown and says why", async () => {
    const { reader } = setUp();
    const why = "the subscription of eu-west-1 is missing";
    expect(await reader({}, async () => why).read([ask("usd", day)])).toEqual([{ status: "unknown", why }]);
    const failing = reader({}, () => Promise.reject(new Error("no answer")));
    expect(await failing.read([ask("usd", day)])).toEqual([
      { status: "unknown", why: "whether the meters are well is unknown: no answer" },
    ]);
  });
});

describe("a process that lives on", () => {
  it("asks for what is new since it last asked, and for nothing that is rolled up", async () => {
    const { writer, reader, rollUp, requests, clock, table } = setUp({ at: NOON - 2 * DAY });
    await writer().write(batchOf("old", used(clock.at)));
    clock.at = NOON + 7 * MINUTE;
    await rollUp().run();
    const warm = reader();
    await writer().write(batchOf("b1", used(NOON)));
    const week = { start: MONDAY - 7 * DAY, end: MONDAY + 7 * DAY };
    await amountsOf(warm, "usd", week);
    clock.at += 1_000;
    await writer().write(batchOf("b2", used(NOON)));
    const sent = await requests(async () => {
      expect(await amountsOf(warm, "invocations", week)).toEqual({ [ALICE]: 3 });
    });
    // The marks, and each shard of this quarter; the one before is over for long enough to be quiet.
    expect(sent).toEqual(Array(5).fill("Query"));
    const from = table.calls.slice(-4).map(({ input }) => JSON.stringify(input));
    expect(from.some((one) => one.includes("2026-01-05T12:06:55.000Z"))).toBe(true);
  });

  it("finds within five minutes what took long to be written", async () => {
    const { writer, reader, clock } = setUp({ at: NOON });
    const warm = reader();
    const slow = writer({
      before: async () => {
        clock.at += MINUTE;
        await writer().write(batchOf("b1", used(NOON)));
        expect(await amountsOf(warm, "invocations", day)).toEqual({ [ALICE]: 1 });
      },
    });
    await slow.write(batchOf("b2", used(NOON)));
    clock.at += 5 * MINUTE;
    expect(await amountsOf(warm, "invocations", day)).toEqual({ [ALICE]: 2 });
  });

  it("counts a late batch at its next reading, whenever it comes", async () => {
    const { writer, reader, rollUp, clock } = setUp({ at: NOON });
    const warm = reader();
    for (let minute = 1; minute <= 40; minute++) {
      clock.at = NOON + minute * MINUTE;
      await writer().write(batchOf(`b${minute}`, used(NOON)));
      expect(await amountsOf(warm, "invocations", day)).toEqual({ [ALICE]: minute });
      if (minute % 3 === 0) await rollUp().run();
    }
  });

  it("reads the whole of a quarter once when something late was written to it, and then what is new", async () => {
    const { writer, reader, rollUp, requests, clock } = setUp({ at: NOON, pageItems: 10 });
    for (let n = 0; n < 200; n++) {
      await writer().write(batchOf(`b${n}`, used(NOON)));
      clock.at += 2_000;
    }
    clock.at = NOON + 37 * MINUTE;
    await rollUp().run();
    const warm = reader();
    const read = () => amountsOf(warm, "invocations", day);
    await read();
    const quiet = await requests(read);
    await writer().write(batchOf("late", used(NOON)));
    expect((await requests(read)).length).toBeGreaterThan(20);
    for (const n of [1, 2]) {
      clock.at += 1_000;
      await writer().write(batchOf(`later${n}`, used(NOON)));
      const sent = await requests(async () => expect(await read()).toEqual({ [ALICE]: 201 + n }));
      expect(sent).toHaveLength(quiet.length + 4);
    }
    clock.at += MINUTE;
    await rollUp().run();
    await read();
    expect(await requests(read)).toHaveLength(quiet.length);
  });

  it("reads a quarter as it was or as it is while it is rolled up again between two pages", async () => {
    const { writer, reader, rollUp, clock } = setUp({ at: NOON, pageItems: 1 });
    const many = (from: number) =>
      Array.from({ length: 200 }, (_, number) => used(NOON, { principal: `role/${from + number}` }));
    await writer().write(batchOf("b", ...many(0)));
    clock.at += HOUR;
    await rollUp().run();
    let pages = 0;
    const before = async ({ input }: Call) => {
      if (!JSON.stringify(input).includes('"usage#quarters#') || ++pages !== 2) return;
      await writer().write(batchOf("late", ...many(100)));
      await rollUp().run();
    };
    expect(Object.keys(await amountsOf(reader({ before }), "invocations", day))).toHaveLength(300);
  });
});

it("reads a month of 20 principals and 5 models, of which each uses each, in a handful of pages", async () => {
  const { writer, rollUp, reader, requests, clock, table } = setUp({ at: Date.UTC(2026, 0, 1) });
  const meter = writer();
  const usage = Array.from({ length: 100 }, (_, pair) => ({
    principal: `role/application-${pair % 20}`,
    model: `anthropic.claude-number-${Math.floor(pair / 20)}-20260101-v1:0`,
    inputTokens: 123_456,
  }));
  const end = Date.UTC(2026, 0, 31, 18);
  let batches = 0;
  // In every quarter of the days whose quarters will be read, in every hour of the others.
  for (; clock.at < end; clock.at += clock.at < end - DAY ? HOUR : QUARTER) {
    batches++;
    await meter.write(batchOf(`b${clock.at}`, ...usage.map((one) => used(clock.at, one))));
    if (clock.at % DAY === 0) {
      await rollUp().run();
      table.expire(clock.at);
    }
  }
  await rollUp().run();
  const month = createCalendar().spanAt({ kind: "calendar", unit: "month", timeZone: "Asia/Kathmandu" }, clock.at);
  const sent = await requests(async () => {
    const used = await amountsOf(reader(), "invocations", month);
    expect(Object.values(used)).toEqual(Array(100).fill(batches));
  });
  // The marks, the month's days, the quarters of two days at its edges, and the shards of two that are not rolled up.
  expect(sent).toEqual(Array(1 + 1 + 2 + 8).fill("Query"));
}, 60_000);
