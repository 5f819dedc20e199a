import { describe, expect, it } from "vitest";
import { createWorld, DAY, dailyLimit, HOUR, MINUTE, NOVA, OPUS } from "../../support/world.ts";

const ALICE = "role/alice";
const BOB = "role/bob";

describe("a new period", () => {
  it("lifts, and says so once", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    await world.pass(12 * HOUR);
    await world.run();
    await world.run();
    expect(world.denied()).toEqual({});
    expect(world.told("Access Denied", "Access Lifted").map(({ type, reason }) => [type, reason])).toEqual([
      ["Access Denied", "100 of 100 tokens today for role/alice"],
      ["Access Lifted", "a new period of limit daily began at 00:00 UTC"],
    ]);
  });

  it("does not lift a monthly breach when a day ends", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.settings.set("limits/monthly", dailyLimit({ period: "month", threshold: 100 }));
    world.spend(ALICE, OPUS, 100);
    await world.run();
    await world.pass(DAY);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: ["anthropic.*"] });
    await world.pass(27 * DAY);
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("is not outlived by a breach at the very end of the one before", async () => {
    const world = createWorld({ now: Date.UTC(2026, 0, 5, 23, 59, 59) });
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 500);
    await world.run();
    await world.pass(1000);
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("is not denied by late data for a closed one", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    await world.pass(13 * HOUR);
    world.spend(ALICE, OPUS, 500, Date.UTC(2026, 0, 5, 23, 50));
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("lifts on the next run when nobody was there at midnight", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    await world.pass(3 * DAY + 5 * HOUR);
    world.restart();
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("begins at midnight where the limit's time zone has it", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit({ timeZone: "Europe/Berlin" }));
    world.spend(ALICE, OPUS, 100);
    await world.run();
    expect(world.told("Access Denied")[0]?.ends).toBe("lifts at 00:00 Europe/Berlin");
    await world.pass(11 * HOUR - MINUTE);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    await world.pass(MINUTE);
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("keeps a failed lift failing aloud, and lifts on a later run", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    await world.pass(12 * HOUR);
    world.faults.plan(ALICE, "throttled");
    expect((await world.run()).passing).toHaveLength(1);
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    expect(world.told("Access Lifted")).toEqual([]);
    world.faults.clear(ALICE);
    await world.run();
    expect(world.denied()).toEqual({});
    expect(world.told("Access Lifted")).toHaveLength(1);
  });

  it("takes a policy that is already gone for lifted", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    await world.pass(12 * HOUR);
    for (const name of world.attachments.of(ALICE)) world.attachments.write(ALICE, name, false);
    await world.pass(MINUTE);
    const report = await world.run();
    expect(report.passing).toEqual([]);
    expect(world.told("Access Lifted")).toHaveLength(1);
  });
});

describe("what operators change", () => {
  const denied = async (more: Record<string, unknown> = {}) => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit(more));
    world.spend(ALICE, OPUS, 100);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    return world;
  };

  it("lifts when the threshold is raised", async () => {
    const world = await denied();
    world.settings.set("limits/daily", dailyLimit({ threshold: 101 }));
    await world.run();
    expect(world.denied()).toEqual({});
    expect(world.told("Access Lifted")[0]?.reason).toBe("usage is below limit daily as it is now");
    expect(world.told("Limit Changed")[0]?.change?.by).toBe("user/admin");
  });

  it("denies when the threshold is lowered below what is used already", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 50);
    await world.run();
    world.settings.set("limits/daily", dailyLimit({ threshold: 50 }));
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
  });

  it("lifts when the limit is deleted", async () => {
    const world = await denied();
    world.settings.remove("limits/daily");
    await world.run();
    expect(world.denied()).toEqual({});
    expect(world.told("Access Lifted")[0]?.reason).toBe("limit daily was removed");
  });

  it("lifts when an exemption is added", async () => {
    const world = await denied();
    world.settings.set("exemptions/launch", {
      principals: [ALICE],
      until: "2026-01-06T00:00:00Z",
      reason: "launch day",
    });
    await world.run();
    expect(world.denied()).toEqual({});
    expect(world.told("Access Lifted")[0]?.reason).toBe("exemption launch until 00:00 UTC: launch day");
  });

  it("lifts on a reset, and denies when as much again was used", async () => {
    const world = await denied();
    await world.pass(10 * MINUTE);
    world.settings.set("resets/sorry", { limit: "daily", at: "2026-01-05T12:10:00Z", reason: "they fixed it" });
    await world.run();
    expect(world.denied()).toEqual({});
    expect(world.told("Access Lifted")[0]?.reason).toBe("reset sorry: they fixed it");
    world.spend(ALICE, OPUS, 99);
    await world.run();
    expect(world.denied()).toEqual({});
    world.spend(ALICE, OPUS, 1);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
  });

  it("forgives what was used before the reset and nothing that came later, for every key", async () => {
    const world = await denied();
    world.settings.set("resets/sorry", { limit: "daily", at: "2026-01-05T12:00:00Z", reason: "they fixed it" });
    await world.run();
    world.spend(BOB, OPUS, 100);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([BOB]);
  });

  it("forgives what was used by the reset's own time, however late it is seen", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 50);
    await world.pass(30 * MINUTE);
    world.spend(ALICE, OPUS, 120);
    world.settings.set("resets/late", { limit: "daily", at: "2026-01-05T12:10:00Z", reason: "agreed at ten past" });
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    expect(world.told("Access Denied")[0]?.usage).toBe(120);
  });

  it("says once that a reset names keys its limit has no threshold for", async () => {
    const world = createWorld();
    world.settings.set("limits/shared", dailyLimit({ per: [] }));
    world.settings.set("resets/alice", {
      limit: "shared",
      at: "2026-01-05T12:00:00Z",
      keys: [{ principal: ALICE }],
      reason: "hers",
    });
    await world.run();
    await world.run();
    expect(world.told("Limit Invalid").map(({ reason, change }) => [reason, change?.by])).toEqual([
      [
        "reset alice resets nothing: limit shared has one threshold for all, and its keys name something else",
        "user/admin",
      ],
    ]);
  });

  it("resets only the keys that the reset names", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    world.spend(BOB, OPUS, 100);
    await world.run();
    world.settings.set("resets/alice", {
      limit: "daily",
      at: "2026-01-05T12:00:00Z",
      keys: [{ principal: ALICE }],
      reason: "hers",
    });
    await world.run();
    expect(Object.keys(world.denied())).toEqual([BOB]);
  });

  it("lets a reset wait while usage is unknown, and while it is dated in the future", async () => {
    const world = await denied();
    world.settings.set("resets/sorry", { limit: "daily", at: "2026-01-05T12:05:00Z", reason: "they fixed it" });
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    world.usage.silence("logs", "the meter is down");
    await world.pass(6 * MINUTE);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    world.usage.restore("logs");
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("forgets a reset with the period it was for", async () => {
    const world = await denied();
    world.settings.set("resets/sorry", { limit: "daily", at: "2026-01-05T12:00:00Z", reason: "they fixed it" });
    await world.run();
    await world.pass(DAY);
    world.spend(ALICE, OPUS, 100);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
  });
});

describe("a limit with a manual reset", () => {
  const denied = async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit({ reset: "manual" }));
    world.spend(ALICE, OPUS, 100);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    await world.pass(2 * DAY);
    await world.run();
    return world;
  };

  it("stays denied beyond its period, and is told once", async () => {
    const world = await denied();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    expect(world.told("Access Denied")).toHaveLength(1);
    expect(world.told("Access Denied")[0]?.ends).toBe("lifts when an operator resets it");
    expect(world.told("Limit Warned")).toEqual([]);
  });

  it("lifts when an operator resets it", async () => {
    const world = await denied();
    world.settings.set("resets/ok", { limit: "daily", at: "2026-01-07T12:00:00Z", reason: "talked to them" });
    await world.run();
    expect(world.denied()).toEqual({});
    await world.pass(DAY);
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("does not stay closed for what was only told in mode observe", async () => {
    const world = createWorld({ mode: "observe" });
    world.settings.set("limits/daily", dailyLimit({ reset: "manual" }));
    world.spend(ALICE, OPUS, 100);
    await world.run();
    await world.pass(3 * DAY);
    world.settings.set("mode", "enforce");
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("lifts when the threshold is raised above what was used", async () => {
    const world = await denied();
    world.settings.set("limits/daily", dailyLimit({ reset: "manual", threshold: 101 }));
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("stays denied while usage is unknown, and after a restart", async () => {
    const world = await denied();
    world.usage.silence("logs", "the meter is down");
    world.restart();
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
  });
});

describe("a rolling limit", () => {
  const rolling = dailyLimit({ period: "rolling PT60M", models: [NOVA] });

  it("denies on the last hour's usage and lifts when that falls under its lift mark, not at the step", async () => {
    const world = createWorld();
    world.settings.set("limits/loop", rolling);
    world.spend(ALICE, NOVA, 6);
    await world.pass(MINUTE);
    world.spend(ALICE, NOVA, 5);
    await world.pass(MINUTE);
    world.spend(ALICE, NOVA, 89);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    await world.pass(58 * MINUTE + 1);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    await world.pass(MINUTE);
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it.each([{ per: [] }, { per: ["principal"] }, { per: ["model"] }, { per: ["principal", "model"] }])(
    "holds under its only step until usage is under the lift mark, per $per",
    async ({ per }) => {
      const world = createWorld();
      world.settings.set("limits/loop", { ...rolling, per, steps: [{ at: 100, deny: true }] });
      world.spend(ALICE, NOVA, 8);
      await world.pass(30 * MINUTE);
      world.spend(ALICE, NOVA, 92);
      await world.run();
      const denied = Object.keys(world.denied());
      expect(denied).toContain(ALICE);
      await world.pass(31 * MINUTE);
      await world.run();
      expect(Object.keys(world.denied())).toEqual(denied);
      await world.pass(30 * MINUTE);
      await world.run();
      expect(world.denied()).toEqual({});
    },
  );

  it("does not hold for one whom another limit had denied", async () => {
    const world = createWorld();
    world.settings.set("limits/loop", rolling);
    world.settings.set("denies/now", {
      principals: [ALICE],
      models: [NOVA],
      until: "2026-01-05T12:01:00Z",
      reason: "incident",
    });
    world.spend(ALICE, NOVA, 95);
    await world.run();
    await world.pass(MINUTE);
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("counts from its reset on, for the keys the reset names", async () => {
    const world = createWorld();
    world.settings.set("limits/loop", rolling);
    world.spend(ALICE, NOVA, 100);
    world.spend(BOB, NOVA, 100);
    await world.run();
    await world.pass(MINUTE);
    world.settings.set("resets/alice", {
      limit: "loop",
      at: "2026-01-05T12:01:00Z",
      keys: [{ principal: ALICE }],
      reason: "hers",
    });
    await world.run();
    expect(Object.keys(world.denied())).toEqual([BOB]);
    await world.pass(MINUTE);
    world.spend(ALICE, NOVA, 100);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE, BOB]);
  });

  it("warns once while it oscillates around a step", async () => {
    const world = createWorld();
    world.settings.set("limits/loop", dailyLimit({ period: "rolling PT5M", models: [NOVA] }));
    for (let minute = 0; minute < 30; minute++) {
      world.spend(ALICE, NOVA, minute % 2 === 0 ? 17 : 15);
      await world.run();
      await world.pass(MINUTE);
    }
    expect(world.told("Limit Warned")).toHaveLength(1);
  });
});
