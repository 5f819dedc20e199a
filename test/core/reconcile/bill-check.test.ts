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
  const said: { log: number | string; runtime: number | string; mantle: number; billed: number; why?: string } = {
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
        const start = Date.UTC(2026, new Date(world.clock.now()).getUTCMonth(), 1);
        const span = { start, end: start + 31 * DAY };
        const amount = (said.billed * Math.max(0, asOf - start)) / HOUR;
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
    async days(days: number) {
      for (let hour = 0; hour < days * 24; hour++) {
        await world.pass(HOUR);
        if (world.clock.now() % (8 * HOUR) === 0) asOf = world.clock.now();
        await world.run();
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

  it("does not keep anybody's access waiting when it fails, and is tried again", async () => {
    const { world, ports } = billedWorld();
    const failing: UsagePort = { read: () => Promise.reject(new Error("out of order")) };
    world.restart({ ...ports, measured: { runtime: failing, mantle: failing } });
    const { passing, money } = await world.run();
    expect(passing).toMatchObject([{ what: "comparing what is billed of bedrock with what was used" }]);
    expect(money).toMatchObject([{ billed: { amount: 2160 }, metered: { status: "unknown" } }]);
    world.restart(ports);
    expect((await world.run()).money).toMatchObject([{ metered: { status: "known" } }]);
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
  it("tells of nothing for hours: nobody is lifted by that, and it is told as unknown", async () => {
    const { world, said, days } = billedWorld();
    world.settings.set("limits/bedrock", { ...LIMIT, threshold: 1_000 });
    await days(1);
    const denied = world.denied();
    expect(Object.keys(denied).length).toBeGreaterThan(0);
    said.billed = 0;
    await days(1);
    const report = await world.run();
    expect(report.unknown.get("bedrock")).toMatch(/tells of nothing where it told of \$[\d,.]+ before/);
    expect(world.denied()).toEqual(denied);
    said.billed = 1;
    await days(1);
    expect(world.denied()).toEqual({});
  });

  it("is nothing special where a new period begins: nobody has spent anything yet", async () => {
    const { world, said, days } = billedWorld(NOVEMBER.end - DAY);
    world.settings.set("limits/bedrock", { ...LIMIT, threshold: 1_000 });
    await days(0.5);
    expect(Object.keys(world.denied()).length).toBeGreaterThan(0);
    said.billed = 0;
    await days(2);
    expect(world.denied()).toEqual({});
  });
});
