import { describe, expect, it } from "vitest";
import { createWorld, DAY, dailyLimit, HAIKU, HOUR, MINUTE, NOVA, OPUS, SONNET } from "../../support/world.ts";

const ALICE = "role/alice";
const BOB = "role/bob";

describe("unknown usage", () => {
  it("denies nobody newly", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 500);
    world.usage.silence("logs", "the meter is down");
    const report = await world.run();
    expect(world.denied()).toEqual({});
    expect([...report.unknown]).toEqual([["daily", "the meter is down"]]);
  });

  it("lifts nobody, not even when the period ends meanwhile", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    world.usage.silence("logs", "the meter is down");
    await world.pass(DAY);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    expect(world.told("Access Lifted")).toEqual([]);
    world.usage.restore("logs");
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("is not a complete answer without points, which is zero and lifts", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    world.usage.forgetAll();
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("of one limit does not keep another from denying or lifting", async () => {
    const world = createWorld();
    world.settings.set("limits/log", dailyLimit({ models: [OPUS] }));
    world.settings.set(
      "limits/metric",
      dailyLimit({ models: [NOVA], source: "metrics", per: [], principals: [ALICE] }),
    );
    world.usage.silence("logs", "the meter is down");
    world.spend(ALICE, NOVA, 100);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [NOVA] });
    await world.pass(DAY);
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("of one principal leaves everyone else to be decided", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.usage.spend(ALICE, OPUS, undefined, world.clock.now());
    world.spend(BOB, OPUS, 100);
    const report = await world.run();
    expect(Object.keys(world.denied())).toEqual([BOB]);
    expect([...report.unknown]).toEqual([["daily", "a region was not read"]]);
  });

  it("holds only the part of a deny that its limit caused", async () => {
    const world = createWorld();
    world.settings.set("limits/all", dailyLimit({ source: "metrics", per: [], principals: [ALICE] }));
    world.settings.set("limits/opus", dailyLimit({ models: [OPUS] }));
    world.spend(ALICE, SONNET, 100);
    await world.run();
    world.spend(ALICE, OPUS, 100);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: ["anthropic.*"] });
    world.usage.silence("logs", "the meter is down");
    await world.pass(DAY);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [OPUS] });
  });

  it("of a limit that caused nothing does not keep others from lifting, not even one that was never readable", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.settings.set("limits/budget", { models: ["*"], principals: ["*"], source: "budget:misspelt" });
    world.usage.silence("budget:misspelt", "there is no such budget");
    world.spend(ALICE, OPUS, 100);
    await world.run();
    await world.pass(DAY);
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("holds all that its limit could cause where nothing is recorded of what caused it", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    const { commit, read } = world.ports.journal;
    world.restart({
      ...world.ports,
      journal: { ...world.ports.journal, commit, read: async () => ({ ...(await read()), marks: [] }) },
    });
    world.usage.silence("logs", "the meter is down");
    await world.pass(DAY);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
  });

  it("does not outweigh an exemption, a deleted limit or mode observe", async () => {
    for (const end of ["exemption", "deletion", "observe"]) {
      const world = createWorld();
      world.settings.set("limits/daily", dailyLimit());
      world.spend(ALICE, OPUS, 100);
      await world.run();
      world.usage.silence("logs", "the meter is down");
      if (end === "deletion") world.settings.remove("limits/daily");
      if (end === "observe") world.settings.set("mode", "observe");
      if (end === "exemption") {
        world.settings.set("exemptions/all", { principals: ["*"], until: "2026-02-01T00:00:00Z", reason: "launch" });
      }
      await world.run();
      expect([end, world.denied()]).toEqual([end, {}]);
    }
  });

  it("is told when it lasts, once, and a reading that rejects counts as unknown", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.usage.fail(new Error("socket hang up"));
    const report = await world.run();
    expect(report.passing.map(({ what }) => what)).toEqual(["reading usage from logs"]);
    expect(world.told("Usage Unknown")).toEqual([]);
    for (let minute = 0; minute < 10; minute++) {
      await world.pass(MINUTE);
      await world.run();
    }
    expect(world.told("Usage Unknown")).toHaveLength(1);
    expect(world.told("Usage Unknown")[0]?.reason).toContain("socket hang up");
  });

  it("of a model per key leaves the principal's other models to be decided", async () => {
    const world = createWorld();
    world.settings.set("limits/each", dailyLimit({ per: ["principal", "model"] }));
    world.spend(ALICE, OPUS, 100);
    world.spend(ALICE, HAIKU, 100);
    await world.run();
    await world.pass(12 * HOUR);
    world.usage.spend(ALICE, OPUS, undefined, world.clock.now());
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [OPUS] });
  });

  it("stops the run if limits or current denies cannot be read", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    world.faults.plan("observe", "throttled", 1);
    await expect(world.run()).rejects.toThrow("throttled");
    world.restart({ ...world.ports, settings: { read: async () => Promise.reject(new Error("SSM is down")) } });
    await expect(world.run()).rejects.toThrow("SSM is down");
    expect(world.denied()).toEqual({});
  });
});
