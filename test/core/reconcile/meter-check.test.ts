import { marksOf } from "@bedrock-governor/core/reconcile/journal";
import type { Ports, UsagePort } from "@bedrock-governor/core/reconcile/ports";
import { EVERYONE, usageTable } from "@bedrock-governor/core/usage/usage-table";
import { describe, expect, it } from "vitest";
import { createWorld, DAY, dailyLimit, HOUR, MINUTE, MONDAY_NOON, NOVA, OPUS, SONNET } from "../../support/world.ts";

const ALICE = "role/alice";
const BOB = "role/bob";

interface Hour {
  readonly [model: string]: number | undefined;
}

/** A port that tells the same of every hour; of each model as many calls as it has tokens in tens of thousands. */
function everyHour(of: () => Hour, principal: string = EVERYONE) {
  const asked: string[] = [];
  const port: UsagePort = {
    async read(queries) {
      return queries.map(({ measure, span = { start: 0, end: 0 } }) => {
        asked.push(`${measure} ${new Date(span.start).toISOString().slice(11, 16)}`);
        const rows = Object.entries(of()).map(([model, amount]) => ({
          principal,
          model,
          amount: amount === undefined ? undefined : measure === "invocations" ? amount / 10_000 : amount,
        }));
        return { status: "known", table: usageTable(rows), span };
      });
    },
  };
  return { port, asked };
}

/** A world with a limit on the log, in which both sources tell the same until a test says otherwise. */
function checkedWorld(limit: Record<string, unknown> = {}) {
  const world = createWorld();
  const told: { logged: Hour; runtime: Hour; mantle: Hour } = {
    logged: { [OPUS]: 10_000_000 },
    runtime: { [OPUS]: 10_000_000 },
    mantle: {},
  };
  const hours = everyHour(() => told.logged, ALICE);
  const runtime = everyHour(() => told.runtime);
  const mantle = everyHour(() => told.mantle);
  const { logs, ...usage } = world.ports.usage;
  // The check asks for closed hours; limits ask for the day.
  const isCheck = (queries: Parameters<UsagePort["read"]>[0]) =>
    queries[0]?.span?.end !== undefined && queries.length === 2;
  let incomplete = false;
  const checked: UsagePort = {
    read: async (queries) =>
      (await hours.port.read(queries)).map((reading) =>
        incomplete && reading.status === "known" ? { ...reading, incomplete } : reading,
      ),
  };
  const ports: Ports = {
    ...world.ports,
    usage: { ...usage, logs: { read: (queries) => (isCheck(queries) ? checked : logs).read(queries) } },
    measured: { runtime: runtime.port, mantle: mantle.port },
  };
  world.restart(ports);
  world.settings.set("limits/daily", dailyLimit(limit));
  return {
    ...world,
    said: told,
    beMeteredWholly: (wholly: boolean) => {
      incomplete = !wholly;
    },
    asked: { runtime: runtime.asked, logged: hours.asked },
    restart: () => world.restart(ports),
  };
}

describe("the check of the log against CloudWatch", () => {
  it("compares each hour once, half an hour after its end, whichever process comes to it", async () => {
    const { run, pass, restart, asked } = checkedWorld();
    for (let minute = 0; minute < 120; minute += 10) {
      await run();
      if (minute === 50) restart();
      await pass(10 * MINUTE);
    }
    const hours = ["10:00", "11:00", "12:00"];
    expect(asked.runtime).toEqual(hours.flatMap((at) => [`invocations ${at}`, `totalTokens ${at}`]));
    expect(asked.logged).toEqual(asked.runtime);
  });

  it("says nothing while they agree", async () => {
    const { run, told } = checkedWorld();
    await run();
    expect(told()).toEqual([]);
  });

  it("tells drift once, with both numbers and what is likely, and once that it is over", async () => {
    const { run, pass, said, told } = checkedWorld();
    said.logged = { [OPUS]: 9_000_000 };
    await run();
    await pass(HOUR);
    await run();
    expect(told()).toMatchObject([{ type: "Metering Drift", models: [OPUS], usage: 9_000_000 }]);
    expect(told()[0]?.reason).toMatch(
      /from 5 Jan 10:00 UTC to 5 Jan 11:00 UTC, the invocation log tells of 900 calls and 9 M tokens, CloudWatch of 1,000 calls and 10 M tokens; likely calls in a region without a meter, an invocation log that was switched off or goes elsewhere, a subscription filter on it that is missing or was replaced, log deliveries that failed, or roads that the log does not see/,
    );
    said.logged = { [OPUS]: 10_000_000 };
    await pass(HOUR);
    await run();
    await pass(HOUR);
    await run();
    expect(told()).toHaveLength(2);
    expect(told()[1]).toMatchObject({
      type: "Enforcement Recovered",
      models: [OPUS],
      since: Date.UTC(2026, 0, 5, 10),
      reason: expect.stringContaining("agree again"),
    });
  });

  it("leaves out an hour in which metering began: the log has to tell less of that", async () => {
    const { run, pass, said, told, asked, beMeteredWholly } = checkedWorld();
    said.logged = { [OPUS]: 1_000_000 };
    beMeteredWholly(false);
    const report = await run();
    expect([told(), [...report.unknown]]).toEqual([[], []]);
    expect(asked.runtime).toEqual([]);
    beMeteredWholly(true);
    await pass(HOUR);
    await run();
    expect(told()).toMatchObject([{ type: "Metering Drift" }]);
  });

  it("makes what the log tells of such a model unknown, and of no other", async () => {
    const { run, said, spend, denied, pass } = checkedWorld({ per: ["principal", "model"] });
    said.logged = { [OPUS]: 9_000_000 };
    spend(ALICE, OPUS, 500);
    spend(BOB, SONNET, 500);
    const report = await run();
    expect(denied()).toEqual({ [BOB]: [SONNET] });
    expect(report.unknown.get("daily")).toContain("CloudWatch of 1,000 calls");
    said.logged = { [OPUS]: 10_000_000 };
    await pass(HOUR);
    await run();
    expect(denied()).toEqual({ [ALICE]: [OPUS], [BOB]: [SONNET] });
  });

  it("holds the deny of someone who is not seen using it in the new period", async () => {
    const { run, said, spend, denied, pass } = checkedWorld();
    spend(ALICE, OPUS, 500);
    await run();
    said.logged = { [OPUS]: 9_000_000 };
    await pass(HOUR);
    await run();
    await pass(DAY);
    await run();
    expect(Object.keys(denied())).toEqual([ALICE]);
    said.logged = said.runtime;
    await pass(HOUR);
    await run();
    expect(denied()).toEqual({});
  });

  it("leaves limits on metrics alone", async () => {
    const { run, said, spend, settings, denied } = checkedWorld({ principals: ["role/nobody"] });
    settings.set("limits/metric", dailyLimit({ source: "metrics", per: [], principals: [BOB] }));
    said.logged = {};
    spend(ALICE, OPUS, 500);
    await run();
    expect(Object.keys(denied())).toEqual([BOB]);
  });

  it("only tells that the log has more than CloudWatch: usage goes on counting", async () => {
    const { run, said, spend, denied, told } = checkedWorld();
    said.logged = { [OPUS]: 12_000_000 };
    spend(ALICE, OPUS, 500);
    await run();
    expect(Object.keys(denied())).toEqual([ALICE]);
    expect(told("Metering Drift")[0]?.reason).toMatch(/likely forged records, or a region that is metered/);
  });

  it("begins another episode when the log turns from short to over", async () => {
    const { run, said, told, pass } = checkedWorld();
    said.logged = { [OPUS]: 9_000_000 };
    await run();
    said.logged = { [OPUS]: 12_000_000 };
    await pass(HOUR);
    expect((await run()).unknown.size).toBe(0);
    expect(told("Metering Drift")).toHaveLength(2);
  });

  it("changes nothing by an hour that could not be read", async () => {
    const { run, said, told, pass, spend } = checkedWorld();
    said.logged = { [OPUS]: 9_000_000 };
    await run();
    spend(ALICE, OPUS, 500);
    said.runtime = { [OPUS]: undefined };
    await pass(HOUR);
    expect([...(await run()).unknown.keys()]).toEqual(["daily"]);
    expect(told("Metering Drift")).toHaveLength(1);
  });

  it("names the use of bedrock-mantle, and the limits that do not count it, once a week", async () => {
    const { run, said, told, pass } = checkedWorld();
    said.mantle = { [OPUS]: 20_000, [NOVA]: 50_000 };
    for (let hour = 0; hour < 3; hour++) {
      await run();
      await pass(HOUR);
    }
    expect(told("Metering Drift").map(({ reason }) => reason)).toEqual([
      `${OPUS}: from 5 Jan 10:00 UTC to 5 Jan 11:00 UTC, 2 calls and 20,000 tokens went through bedrock-mantle, which has no invocation log: daily on the log did not count them`,
    ]);
    for (const later of [7 * DAY, HOUR]) {
      await pass(later);
      await run();
    }
    expect(told("Metering Drift")).toHaveLength(2);
  });

  it("asks CloudWatch nothing where no limit is on the log, and forgets what it had found", async () => {
    const { run, said, settings, asked, pass, ports } = checkedWorld();
    said.logged = { [OPUS]: 9_000_000 };
    const drifts = async () => marksOf((await ports.journal.read()).marks, "drift");
    await run();
    expect(await drifts()).toMatchObject([{ model: OPUS, way: "short" }]);
    settings.remove("limits/daily");
    const before = asked.runtime.length;
    await pass(HOUR);
    await run();
    expect(asked.runtime).toHaveLength(before);
    expect(await drifts()).toEqual([]);
  });

  it("is tried again by the next run when a source rejects", async () => {
    const world = createWorld({ now: MONDAY_NOON });
    let broken = true;
    const { port } = everyHour(() => ({}));
    const runtime: UsagePort = {
      read: async (queries) => {
        if (broken) throw new Error("socket hang up");
        return port.read(queries);
      },
    };
    world.restart({ ...world.ports, measured: { runtime, mantle: port } });
    world.settings.set("limits/daily", dailyLimit());
    expect((await world.run()).passing).toMatchObject([{ what: "comparing the invocation log with CloudWatch" }]);
    broken = false;
    expect((await world.run()).passing).toEqual([]);
  });
});
