import { marksOf } from "@bedrock-governor/core/reconcile/journal";
import type { UsagePort } from "@bedrock-governor/core/reconcile/ports";
import { EVERYONE } from "@bedrock-governor/core/usage/usage-table";
import { describe, expect, it } from "vitest";
import { createWorld, DAY, dailyLimit, HOUR, MINUTE, MONDAY_NOON, NOVA, OPUS, SONNET } from "../../support/world.ts";
import { ALICE, BOB, checkedWorld, everyHour } from "./checked-world.ts";

describe("the check of the log against CloudWatch", () => {
  it("compares once an hour those of two days, half an hour after the last, whichever process comes to it", async () => {
    const { run, pass, restart, asked } = checkedWorld();
    for (let minute = 0; minute < 120; minute += 10) {
      await run();
      if (minute === 50) restart();
      await pass(10 * MINUTE);
    }
    const twoDays = (last: number) => ({ from: last - 48 * HOUR, to: last + HOUR, hours: 49 });
    const lasts = [10, 11, 12].map((hour) => Date.UTC(2026, 0, 5, hour));
    expect(asked.runtime).toEqual(lasts.map(twoDays));
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
    const { port } = everyHour(() => ({}), EVERYONE);
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
