import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { Ports, UsagePort, UsageReading } from "@bedrock-governor/core/reconcile/ports";
import { EVERYONE, usageTable } from "@bedrock-governor/core/usage/usage-table";
import { adviceWords } from "@bedrock-governor/core/words/money";
import { describe, expect, it } from "vitest";
import { createWorld, DAY, HOUR, MINUTE, NOVA, OPUS } from "../../support/world.ts";

const NOVEMBER: Span = { start: Date.UTC(2026, 10, 1), end: Date.UTC(2026, 11, 1) };
const LIMIT = { models: ["anthropic.*"], principals: ["*"], source: "budget:bedrock" };

/** So many dollars an hour, of a model that the limit counts and of one that it does not. */
function steadily(perHour: () => number | string) {
  const asked: Span[] = [];
  const port: UsagePort = {
    async read(queries) {
      return queries.map(({ span = NOVEMBER, measure, models }): UsageReading => {
        expect([measure, models]).toEqual(["usd", ["anthropic.*"]]);
        asked.push(span);
        const rate = perHour();
        if (typeof rate === "string") return { status: "unknown", why: rate };
        const amount = (rate * (span.end - span.start)) / HOUR;
        const rows = [OPUS, NOVA].map((model) => ({ principal: EVERYONE, model, amount }));
        return { status: "known", table: usageTable(rows), span, unseen: "calls through bedrock-mantle" };
      });
    },
  };
  return { port, asked };
}

/** A month in which a budget is billed as a test says, and both meters tell of ten dollars an hour. */
function billedWorld(now: EpochMs = NOVEMBER.start + 9 * DAY) {
  const world = createWorld({ now });
  const said: {
    log: number | string;
    runtime: number | string;
    mantle: number;
    billed: number;
    why?: string;
    period?: Span;
    stands?: boolean;
  } = {
    log: 10,
    runtime: 8,
    mantle: 2,
    billed: 10,
  };
  let asOf = Math.floor(now / (8 * HOUR)) * 8 * HOUR;
  const log = steadily(() => said.log);
  const runtime = steadily(() => said.runtime);
  const mantle = steadily(() => said.mantle);
  const budget: UsagePort = {
    read: async (queries) =>
      queries.map(({ models }): UsageReading => {
        if (said.why !== undefined) return { status: "unknown", why: said.why };
        const month = new Date(world.clock.now()).getUTCMonth();
        const span = said.period ?? { start: Date.UTC(2026, month, 1), end: Date.UTC(2026, month + 1, 1) };
        const amount = (said.billed * Math.max(0, asOf - span.start)) / HOUR;
        const table = { principals: [EVERYONE], models: [models[0] ?? "*"], amounts: Float64Array.of(amount) };
        return { status: "known", table, span, asOf, threshold: 1e9 };
      }),
  };
  const ports: Ports = {
    ...world.ports,
    usage: { ...world.ports.usage, logs: log.port, budget },
    measured: { runtime: runtime.port, mantle: mantle.port },
  };
  world.restart(ports);
  world.settings.set("limits/bedrock", LIMIT);
  const money = async () => {
    const [one] = (await world.run()).money;
    if (one === undefined) throw new Error("no money was told of");
    return one;
  };
  return {
    world,
    ports,
    said,
    asked: { log: log.asked, runtime: runtime.asked },
    money,
    /** Runs each hour, and moves the bill three times a day. */
    async days(days: number, run: () => Promise<unknown> = world.run) {
      for (let hour = 0; hour < days * 24; hour++) {
        await world.pass(HOUR);
        if (!said.stands && world.clock.now() % (8 * HOUR) === 0) asOf = world.clock.now();
        await run();
      }
    },
  };
}

describe("the bill, beside what usage should have cost", () => {
  it("is compared up to when AWS worked it out, and a day before that", async () => {
    const { money, asked } = billedWorld();
    const asOf = NOVEMBER.start + 9 * DAY;
    expect(await money()).toEqual({
      limit: "bedrock",
      at: asOf,
      asOf,
      billed: { status: "known", amount: 2160 },
      estimate: { status: "known", settled: 1920, all: 2160, unseen: "calls through bedrock-mantle" },
      metered: { status: "known", settled: 1920, all: 2160 },
      estimateDifference: { percent: expect.closeTo(5.88, 2), margin: expect.closeTo(5.88, 2), way: "unclear" },
      meteredDifference: { percent: expect.closeTo(5.88, 2), margin: expect.closeTo(5.88, 2), way: "unclear" },
    });
    expect(asked.log).toEqual([
      { start: NOVEMBER.start, end: asOf },
      { start: NOVEMBER.start, end: asOf - DAY },
    ]);
  });

  it("is read again only when the bill has moved, whichever process comes to it, as CloudWatch is paid by the metric", async () => {
    const { world, ports, asked, days, money } = billedWorld();
    await days(1);
    expect(asked.runtime).toHaveLength(2 * 4);
    world.restart(ports);
    await money();
    expect(asked.runtime).toHaveLength(2 * 4);
  });

  it("is not asked about where no limit is on a budget, and forgotten with the limit", async () => {
    const { world, asked, money } = billedWorld();
    await money();
    world.settings.remove("limits/bedrock");
    expect((await world.run()).money).toEqual([]);
    const { marks } = await world.journal.port.read();
    expect(marks.filter(({ kind }) => kind === "money")).toEqual([]);
    expect(asked.log).toHaveLength(2);
  });

  it("is compared again as soon as the limit is for other models", async () => {
    const { world, asked, money } = billedWorld();
    await money();
    await world.pass(MINUTE);
    world.settings.set("limits/bedrock", { ...LIMIT, threshold: 5_000 });
    await money();
    await money();
    expect(asked.log).toHaveLength(4);
  });

  it("keeps what is unknown unknown, and says why", async () => {
    const { said, money } = billedWorld();
    said.log = "no region of this stage is metered";
    expect(await money()).toMatchObject({
      estimate: { status: "unknown", why: "no region of this stage is metered" },
      metered: { status: "known", all: 2160 },
    });
    said.why = "the budget is UNHEALTHY";
    expect(await money()).toEqual({
      limit: "bedrock",
      billed: { status: "unknown", why: "the budget is UNHEALTHY" },
      estimate: { status: "unknown", why: "not compared yet" },
      metered: { status: "unknown", why: "not compared yet" },
    });
  });

  it("says on the first day of a period that nothing is, or that nothing surely is, on the bill", async () => {
    expect(await billedWorld(NOVEMBER.start + 30 * MINUTE).money()).toMatchObject({
      estimate: { status: "unknown", why: "nothing of this period is billed yet" },
    });
    const morning = await billedWorld(NOVEMBER.start + 9 * HOUR).money();
    expect(morning).toMatchObject({ estimate: { status: "known", settled: 0, all: 80 } });
    expect(morning).not.toHaveProperty("meteredDifference");
  });

  it("is compared after everybody's access is as it should be, of one limit in each run, and not after the deadline", async () => {
    const { world, asked } = billedWorld();
    world.settings.set("limits/other", LIMIT);
    expect((await world.run(world.clock.now())).money.map(({ at }) => at)).toEqual([undefined, undefined]);
    expect(asked.log).toEqual([]);
    const now = world.clock.now();
    expect((await world.run()).money.map(({ at }) => at)).toEqual([now, undefined]);
    expect((await world.run()).money.map(({ at }) => at)).toEqual([now, now]);
    await world.run();
    expect(asked.log).toHaveLength(4);
  });

  it("does not keep anybody's access waiting when it fails, and is tried again within the hour, not each minute", async () => {
    const { world, ports } = billedWorld();
    let tried = 0;
    const failing: UsagePort = { read: () => Promise.reject(new Error(`out of order, ${++tried}`)) };
    world.restart({ ...ports, measured: { runtime: failing, mantle: failing } });
    const { passing, money } = await world.run();
    for (let minute = 1; minute <= 90; minute++) {
      await world.pass(MINUTE);
      await world.run();
    }
    expect(tried).toBe(2 * 2);
    await world.pass(HOUR);
    expect(passing).toMatchObject([{ what: "comparing what is billed of bedrock with what was used" }]);
    expect(money).toMatchObject([{ billed: { amount: 2160 }, metered: { status: "unknown" } }]);
    world.restart(ports);
    expect((await world.run()).money).toMatchObject([{ metered: { status: "known" } }]);
  });

  it("of one limit that fails leaves that of the others to be done", async () => {
    const { world, ports } = billedWorld();
    world.settings.set("limits/other", { ...LIMIT, models: ["amazon.*"] });
    const failing: UsagePort = {
      read: async (queries) => {
        if (queries.some(({ models }) => models.includes("anthropic.*"))) throw new Error("out of order");
        return queries.map(({ span = NOVEMBER }) => ({ status: "known", table: usageTable([]), span }));
      },
    };
    world.restart({
      ...ports,
      usage: { ...ports.usage, logs: failing },
      measured: { runtime: failing, mantle: failing },
    });
    await world.run();
    await world.pass(MINUTE);
    const { money } = await world.run();
    expect(money.map(({ limit, at }) => [limit, at !== undefined])).toEqual([
      ["bedrock", false],
      ["other", true],
    ]);
  });
});

describe("a bill that is lower for days", () => {
  it("suggests the factor to set, and once it is set nothing more", async () => {
    const { world, said, days, money } = billedWorld(NOVEMBER.start + 15 * DAY);
    said.billed = 7.9;
    await days(2);
    expect((await money()).lasting).toBeUndefined();
    await days(2);
    expect(adviceWords(await money())).toBe(
      'billed is 19 % below what was metered since 2026-11-16: if the budget is for these models and no others, set /prices/bedrock {"models":["anthropic.*"],"multiplier":0.81}',
    );

    await world.pass(MINUTE);
    // From here on CloudWatch's tokens are priced anew; what the log has keeps its old price.
    world.settings.set("prices/bedrock", { models: ["anthropic.*"], multiplier: 0.81 });
    said.runtime = 6.1;
    expect((await money()).lasting).toBeUndefined();
    await days(4);
    expect((await money()).lasting).toBeUndefined();
  });

  it("is told once, with the factor to set, and once more when that agrees", async () => {
    const { world, said, days } = billedWorld(NOVEMBER.start + 15 * DAY);
    world.settings.set("limits/bedrock", { ...LIMIT, owner: "finance" });
    said.billed = 7.9;
    await days(2);
    expect(world.told("Metering Drift")).toEqual([]);
    await days(5);
    const since = Date.UTC(2026, 10, 16);
    expect(world.told("Metering Drift")).toMatchObject([
      {
        limit: "bedrock",
        owner: "finance",
        models: ["anthropic.*"],
        source: "budget:bedrock",
        measure: "usd",
        usage: 7.9 * 18 * 24,
        period: { ...NOVEMBER, timeZone: "UTC" },
        since,
        reason:
          "up to 00:00 UTC, estimate $4,320, metered $4,320, billed $3,412.80: billed is 19 % below what was metered since 2026-11-16; likely prices that are lower than the built-in ones, or a budget whose filter misses some of the usage",
        ends: expect.stringMatching(/^if the budget is for these models and no others, set \/prices\/bedrock \{/),
      },
    ]);
    world.settings.set("prices/bedrock", { models: ["anthropic.*"], multiplier: 0.81 });
    said.runtime = 6.1;
    await days(1);
    expect(world.told("Metering Drift")).toHaveLength(1);
    expect(world.told("Enforcement Recovered")).toMatchObject([
      { limit: "bedrock", since, reason: expect.stringMatching(/billed \$[\d,.]+: the bill agrees/) },
    ]);
  });

  it("is told by one of two runs that compare at the same time", async () => {
    const { world, said, days } = billedWorld(NOVEMBER.start + 15 * DAY);
    said.billed = 7.9;
    await days(4, () => Promise.all([world.run(), world.run()]));
    expect(world.told("Metering Drift")).toHaveLength(1);
  });

  it("is told after a day where nothing is billed, with what was metered, as the limit would never deny", async () => {
    const { world, said, days } = billedWorld(NOVEMBER.start + 15 * DAY);
    said.billed = 0;
    await days(0.5);
    expect(world.told("Metering Drift")).toEqual([]);
    await days(4);
    expect(world.told("Metering Drift")).toMatchObject([
      {
        usage: 0,
        reason:
          "up to 00:00 UTC, estimate $3,840, metered $3,840, billed $0: nothing is billed of what was metered since 2026-11-16; likely a budget whose filter names services or usage types otherwise than the bill does",
        ends: "look at the budget's filter",
      },
    ]);
    expect(world.told("Enforcement Recovered")).toEqual([]);
    said.billed = 10;
    await days(2);
    expect(world.told("Enforcement Recovered")).toHaveLength(1);
  });

  it("is forgotten with the limit, and not told as over", async () => {
    const { world, said, days } = billedWorld(NOVEMBER.start + 15 * DAY);
    said.billed = 7.9;
    await days(4);
    world.settings.remove("limits/bedrock");
    await world.run();
    const { marks } = await world.journal.port.read();
    expect(marks.filter(({ kind }) => ["money", "billed", "bill-drift"].includes(kind))).toEqual([]);
    expect(world.told("Enforcement Recovered")).toEqual([]);
  });

  it("is judged by the log where CloudWatch cannot tell, but not in a period in which prices were changed", async () => {
    const scene = () => {
      const found = billedWorld(NOVEMBER.start + 15 * DAY);
      found.said.billed = 7.9;
      found.said.runtime = "the size of a request is not known";
      return found;
    };
    const [plain, repriced] = [scene(), scene()];
    repriced.world.settings.set("prices/other", "{}");
    for (const { days } of [plain, repriced]) await days(4);
    expect((await plain.money()).lasting).toMatchObject({ from: "estimate", way: "below" });
    expect((await repriced.money()).lasting).toBeUndefined();
  });

  it("is one departure over the end of a month, of whose first day nothing can be said", async () => {
    const { said, days, money } = billedWorld(NOVEMBER.start + 28 * DAY);
    said.billed = 7.9;
    await days(8);
    expect((await money()).lasting).toMatchObject({ way: "below", since: NOVEMBER.start + 28 * DAY });
  });
});

it("is not compared by a gentle run, which shows what the last one found", async () => {
  const { world, asked, money } = billedWorld();
  await money();
  await money();
  const before = asked.runtime.length;
  await world.pass(1_000);
  const report = await world.run(undefined, { gently: true });
  expect(report.observedAt).toBeLessThan(report.at);
  expect(report.money).toMatchObject([{ metered: { status: "known", all: 2160 } }]);
  expect(asked.runtime).toHaveLength(before);
});

describe("a budget that somebody changed", () => {
  const THRESHOLD = { ...LIMIT, threshold: 1_000 };
  async function denied(now?: EpochMs, period?: Span) {
    const scene = billedWorld(now);
    if (period !== undefined) scene.said.period = period;
    scene.world.settings.set("limits/bedrock", THRESHOLD);
    await scene.days(0.5);
    expect(Object.keys(scene.world.denied()).length).toBeGreaterThan(0);
    return { ...scene, before: scene.world.denied() };
  }

  it("tells of nothing for hours: nobody is lifted by that, and it is told as unknown", async () => {
    const { world, said, days, before } = await denied();
    said.billed = 0;
    await days(1);
    const report = await world.run();
    expect(report.unknown.get("bedrock")).toMatch(/"bedrock" tells of nothing where it told of \$[\d,.]+ before/);
    expect(world.denied()).toEqual(before);
    said.billed = 1;
    await days(1);
    expect(world.denied()).toEqual({});
  });

  it.each<[string, Span, Span]>([
    ["one that began before", NOVEMBER, { start: Date.UTC(2026, 9, 1), end: Date.UTC(2027, 0, 1) }],
    ["one as long that overlaps it", NOVEMBER, { start: NOVEMBER.start + 5 * DAY, end: NOVEMBER.start + 35 * DAY }],
    ["a shorter one within it", NOVEMBER, { start: NOVEMBER.start + 9 * DAY, end: NOVEMBER.start + 10 * DAY }],
    [
      "one that follows it",
      { start: NOVEMBER.start, end: NOVEMBER.start + 9.5 * DAY },
      { ...NOVEMBER, start: NOVEMBER.start + 9.5 * DAY },
    ],
  ])(
    "to another time unit or time tells of nothing in another period, %s: nobody is lifted by that either",
    async (_, first, then) => {
      const { world, said, days, before } = await denied(undefined, first);
      said.period = then;
      said.billed = 0;
      await days(1);
      expect(world.denied()).toEqual(before);
    },
  );

  it("lifts nobody where no comparison ever succeeded", async () => {
    const { world, ports, said, days } = billedWorld();
    const failing: UsagePort = { read: () => Promise.reject(new Error("out of order")) };
    world.restart({ ...ports, measured: { runtime: failing, mantle: failing } });
    world.settings.set("limits/bedrock", THRESHOLD);
    await world.run();
    const before = world.denied();
    expect(Object.keys(before).length).toBeGreaterThan(0);
    said.billed = 0;
    await days(1);
    expect(world.denied()).toEqual(before);
  });

  it("is believed that nothing is spent when AWS says so for a day and a half, and not before it was worked out since", async () => {
    const { world, said, days, before } = await denied();
    said.billed = 0;
    await days(1.5);
    expect(world.denied()).toEqual(before);
    said.stands = true;
    await days(3);
    expect(world.denied()).toEqual(before);
    said.stands = false;
    await days(0.5);
    expect(world.denied()).toEqual({});
    await days(1);
    expect([...(await world.run()).unknown]).toEqual([]);
  });

  it("is believed at once when it tells of less, as after a refund", async () => {
    const { world, said, days } = await denied();
    said.billed = 1;
    await days(1 / 24);
    expect(world.denied()).toEqual({});
  });

  it("is nothing special where the next period begins: nobody has spent anything yet", async () => {
    const { world, said, days } = await denied(NOVEMBER.end - 13 * HOUR);
    said.billed = 0;
    await days(2 / 24);
    expect(world.denied()).toEqual({});
  });

  it("is remembered by its name, by whichever limit, with one note for each move of the bill", async () => {
    const { world, days } = await denied();
    world.settings.set("limits/other", THRESHOLD);
    await days(1);
    const { marks } = await world.journal.port.read();
    expect(marks.filter(({ kind }) => kind === "billed")).toEqual([
      { kind: "billed", budget: "bedrock", span: NOVEMBER, amount: 10 * (10 * 24 + 8) },
    ]);
  });
});
