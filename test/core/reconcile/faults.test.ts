import { createGovernor } from "@bedrock-governor/core/reconcile/reconcile";
import { describe, expect, it } from "vitest";
import { createWorld, DAY, DEPLOYMENT, dailyLimit, HOUR, MINUTE, NOVA, OPUS } from "../../support/world.ts";

const ALICE = "role/alice";
const BOB = "role/bob";

const overspent = (more: Parameters<typeof createWorld>[0] = {}) => {
  const world = createWorld(more);
  world.settings.set("limits/daily", dailyLimit());
  world.spend(ALICE, OPUS, 120);
  return world;
};

describe("when IAM fails", () => {
  it("denies on a later run what IAM refused on the first, and says denied only then", async () => {
    const world = overspent();
    world.faults.plan(ALICE, "throttled", 1);
    const report = await world.run();
    expect(report.passing.map(({ principal }) => principal)).toEqual([ALICE]);
    expect(world.told("Access Denied")).toEqual([]);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    expect(world.told("Access Denied")).toHaveLength(1);
  });

  it("does not let one principal's failure stop the others", async () => {
    const world = overspent();
    world.spend(BOB, OPUS, 110);
    world.faults.plan(ALICE, "throttled");
    await world.run();
    expect(Object.keys(world.denied())).toEqual([BOB]);
  });

  it("announces a deny once that took effect although the call timed out", async () => {
    const world = overspent();
    world.faults.plan(ALICE, "timed out after", 1);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    await world.run();
    await world.run();
    expect(world.told("Access Denied")).toHaveLength(1);
  });

  it("tells of a full role once, tries it on every run, and tells when it is over", async () => {
    const world = overspent({ quota: 2 });
    for (const name of ["a", "b"]) {
      world.policies.createForeign(name, { Statement: [] });
      world.attachments.write(ALICE, name, true);
    }
    for (let minute = 0; minute < 5; minute++) {
      const report = await world.run();
      expect(report.blocked).toHaveLength(1);
      expect(report.passing).toEqual([]);
      await world.pass(MINUTE);
    }
    expect(world.told("Enforcement Failed")).toHaveLength(1);
    expect(world.told("Enforcement Failed")[0]?.ends).toMatch(/quota/);
    world.attachments.write(ALICE, "a", false);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    expect(world.told("Enforcement Recovered")).toHaveLength(1);
  });

  it("changes the denies of a full role by taking the old policy off first", async () => {
    const world = overspent({ quota: 1 });
    world.settings.set("limits/nova", dailyLimit({ models: [NOVA] }));
    await world.run();
    world.spend(ALICE, NOVA, 100);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [NOVA, "anthropic.*"] });
    expect(world.attachments.of(ALICE)).toHaveLength(1);
  });

  it("reports a role that cannot be modified once, with what to do instead, and goes on", async () => {
    const world = overspent();
    world.faults.plan(ALICE, "access denied");
    await world.run();
    await world.run();
    expect(world.told("Enforcement Failed")).toHaveLength(1);
  });

  it("denies what published policies can while new ones cannot be published", async () => {
    const world = createWorld();
    world.settings.set("limits/opus", dailyLimit({ models: [OPUS] }));
    world.settings.set("limits/nova", dailyLimit({ models: [NOVA] }));
    world.spend(BOB, NOVA, 100);
    await world.run();
    world.spend(ALICE, OPUS, 100);
    world.spend(ALICE, NOVA, 100);
    world.faults.plan("publish", "throttled", 1);
    const report = await world.run();
    expect(report.passing).toHaveLength(1);
    expect(world.denied()[ALICE]).toEqual([NOVA]);
    await world.run();
    expect(world.denied()[ALICE]).toEqual([NOVA, OPUS]);
    expect(world.attachments.of(ALICE)).toHaveLength(1);
  });

  it("never attaches a deny policy whose document is not what its name says", async () => {
    const world = overspent();
    await world.run();
    const [name = ""] = world.attachments.of(ALICE);
    await world.pass(12 * HOUR);
    await world.run();
    world.policies.rewrite(name, {
      Statement: [{ Effect: "Allow", Action: ["*"], Resource: ["*"] }],
    });
    world.spend(ALICE, OPUS, 100);
    const report = await world.run();
    expect(world.attachments.of(ALICE)).toEqual([]);
    expect(report.blocked[0]?.why).toMatch(/not what its name says/);
  });
  it("takes a policy off whose document was changed while it was attached, and says so", async () => {
    const world = overspent();
    await world.run();
    await world.pass(2 * MINUTE);
    const [name = ""] = world.attachments.of(ALICE);
    world.policies.rewrite(name, { Statement: [{ Effect: "Allow", Action: ["*"], Resource: ["*"] }] });
    const report = await world.run();
    expect(world.attachments.of(ALICE)).toEqual([]);
    expect(report.blocked[0]?.why).toMatch(/not what its name says/);
    expect(world.told("Enforcement Failed")).toHaveLength(1);
  });

  it("keeps the old deny when its replacement is gone, and lets nobody else take the blame", async () => {
    const world = overspent();
    world.settings.set("limits/nova", dailyLimit({ models: [NOVA] }));
    await world.run();
    const before = world.denied();
    world.spend(ALICE, NOVA, 100);
    world.restart({ ...world.ports, access: { ...world.ports.access, attach: async () => ({ status: "gone" }) } });
    await world.run();
    expect(world.denied()).toEqual(before);
    expect(world.told("Access Lifted")).toEqual([]);
    world.restart();
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [NOVA, "anthropic.*"] });
  });

  it("puts the old policy of a full role back when the new one cannot be attached after all", async () => {
    const world = overspent({ quota: 1 });
    world.settings.set("limits/nova", dailyLimit({ models: [NOVA] }));
    await world.run();
    const before = world.denied();
    world.spend(ALICE, NOVA, 100);
    const { attach } = world.ports.access;
    let calls = 0;
    world.restart({
      ...world.ports,
      access: {
        ...world.ports.access,
        attach: async (principal, name) => {
          calls++;
          if (calls === 2) throw new Error("throttled");
          return attach(principal, name);
        },
      },
    });
    const report = await world.run();
    expect(report.passing).toHaveLength(1);
    expect(world.denied()).toEqual(before);
  });

  it.each(["the publisher answers without its name", "it is gone when it is attached"])(
    "says that a policy is not published yet, and tells once when that stays so: %s",
    async (how) => {
      const world = overspent();
      world.spend(BOB, OPUS, 110);
      const { access, publisher } = world.ports;
      world.restart({
        ...world.ports,
        ...(how.startsWith("the publisher")
          ? { publisher: { publish: async () => new Set<string>() } }
          : { access: { ...access, attach: async () => ({ status: "unpublished" as const }) } }),
      });
      for (let minute = 0; minute < 8; minute++) {
        const report = await world.run();
        expect(report.passing.map(({ error }) => String(error))).toEqual([expect.stringMatching(/not published yet/)]);
        await world.pass(MINUTE);
      }
      expect(world.told("Enforcement Failed").map(({ reason }) => reason)).toEqual([
        expect.stringMatching(/not published yet/),
      ]);
      world.restart({ ...world.ports, publisher });
      const report = await world.run();
      expect([report.passing, Object.keys(world.denied())]).toEqual([[], [ALICE, BOB]]);
      expect(world.told("Enforcement Recovered")).toHaveLength(1);
    },
  );

  it("leaves for the next run what the publisher has no time for, or no room while it gets on", async () => {
    const world = overspent();
    world.settings.set("limits/nova", dailyLimit({ models: [NOVA] }));
    world.spend(BOB, NOVA, 110);
    const { publisher } = world.ports;
    world.restart({ ...world.ports, publisher: { publish: async () => new Set() } });
    const short = await world.run(world.clock.now() + 15_000);
    expect([short.passing, short.postponed]).toEqual([[], 2]);
    world.restart({ ...world.ports, publisher: { publish: (policies) => publisher.publish(policies.slice(0, 1)) } });
    const first = await world.run(world.clock.now() + 45_000);
    expect([first.passing, first.postponed, first.changed.length]).toEqual([[], 1, 1]);
    const second = await world.run(world.clock.now() + 45_000);
    expect([second.passing, second.postponed, second.changed.length]).toEqual([[], 0, 1]);
  });

  it("says of no role that it works again while there is no policy to try it with", async () => {
    const world = overspent();
    world.faults.plan(ALICE, "access denied");
    await world.run();
    for (const name of world.policies.published().keys()) world.policies.delete(name);
    world.faults.plan("publish", "throttled", 1);
    await world.run();
    expect(world.told("Enforcement Recovered")).toEqual([]);
  });

  it("lifts on a later run what a role deleted and created again between decision and lift held", async () => {
    const world = overspent();
    await world.run();
    await world.pass(12 * HOUR);
    const { detach } = world.ports.access;
    world.restart({
      ...world.ports,
      access: {
        ...world.ports.access,
        detach: async (principal, name) => {
          world.directory.delete(ALICE);
          world.directory.create(ALICE);
          return detach(principal, name);
        },
      },
    });
    const report = await world.run();
    expect(report.passing).toEqual([]);
    await world.run();
    expect(world.denied()).toEqual({});
    expect(world.told("Access Lifted")).toHaveLength(1);
  });
});

describe("while nothing is tried", () => {
  it.each(["paused", "without enforcement"])("says of no role that it works again: %s", async (how) => {
    const world = overspent();
    world.faults.plan(ALICE, "access denied");
    await world.run();
    world.faults.clear(ALICE);
    if (how === "paused") world.settings.set("mode", "paused");
    else world.restart(world.ports, { ...DEPLOYMENT, enforcement: "none" });
    await world.run();
    expect(world.told("Enforcement Recovered")).toEqual([]);
    if (how === "paused") world.settings.set("mode", "enforce");
    else world.restart();
    await world.run();
    expect(world.told("Enforcement Recovered")).toHaveLength(1);
  });
});

describe("when others write too", () => {
  it("puts back an attachment that was removed by hand, without telling the deny again", async () => {
    const world = overspent();
    await world.run();
    await world.pass(2 * MINUTE);
    for (const name of world.attachments.of(ALICE)) world.attachments.write(ALICE, name, false);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    expect(world.told("Access Denied", "Access Lifted")).toHaveLength(1);
  });

  it("says that attachments are contested after putting one back three times, once", async () => {
    const world = overspent();
    await world.run();
    for (let time = 0; time < 6; time++) {
      await world.pass(2 * MINUTE);
      for (const name of world.attachments.of(ALICE)) world.attachments.write(ALICE, name, false);
      await world.run();
    }
    expect(world.told("Attachment Contested")).toHaveLength(1);
    expect(world.told("Attachment Contested")[0]?.ends).toMatch(/guard policy/);
    expect(Object.keys(world.denied())).toEqual([ALICE]);
  });

  it("says so again only after a day without: another tool that comes by every seven hours is one matter", async () => {
    const world = createWorld();
    world.settings.set("denies/hand", { principals: ["role/alice"], models: [OPUS], reason: "on leave" });
    await world.run();
    const fight = async (after: number) => {
      await world.pass(after);
      for (const name of world.attachments.of(ALICE)) world.attachments.write(ALICE, name, false);
      await world.run();
    };
    for (let time = 0; time < 12; time++) await fight(7 * HOUR);
    expect(world.told("Attachment Contested")).toHaveLength(1);
    await world.pass(25 * HOUR);
    for (let time = 0; time < 4; time++) await fight(HOUR);
    expect(world.told("Attachment Contested")).toHaveLength(2);
  });

  it("lifts a deny policy of ours that was attached by hand to someone no limit names, and says so", async () => {
    const world = overspent();
    await world.run();
    const [name = ""] = world.attachments.of(ALICE);
    world.attachments.write(BOB, name, true);
    await world.run();
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    expect(world.told("Access Lifted").map(({ principal }) => principal)).toEqual([BOB]);
  });

  it("takes a difference on a pair it changed within the last minute for propagation", async () => {
    const world = overspent({ staleMs: 50_000 });
    await world.run();
    await world.pass(10_000);
    const report = await world.run();
    expect(report.changed).toEqual([]);
    expect(world.told("Access Denied")).toHaveLength(1);
    await world.pass(2 * MINUTE);
    expect((await world.run()).changed).toEqual([]);
    expect(world.told("Access Lifted", "Access Denied")).toHaveLength(1);
  });

  it("makes one deny and one notice when two runs happen at once", async () => {
    const world = overspent();
    await Promise.all([world.run(), world.run(), world.run()]);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    expect(world.told("Access Denied")).toHaveLength(1);
    const wanted = new Set(world.bus.events.map(({ id }) => id));
    expect(wanted.size).toBe(1);
  });

  it("writes nothing and says nothing while nothing changes", async () => {
    const world = overspent();
    await world.run();
    await world.pass(11 * MINUTE);
    await world.run();
    const writes: unknown[] = [];
    world.attachments.onWritten((write) => writes.push(write));
    const before = world.journal.history.length;
    for (let minute = 0; minute < 10; minute++) {
      await world.pass(MINUTE);
      const report = await world.run();
      expect([report.changed, report.events]).toEqual([[], []]);
    }
    expect(writes).toEqual([]);
    expect(world.journal.history).toHaveLength(before);
  });

  it("goes on when a role is deleted between decision and attach", async () => {
    const world = overspent();
    world.spend(BOB, OPUS, 110);
    const attach = world.ports.access.attach;
    world.restart({
      ...world.ports,
      access: {
        ...world.ports.access,
        attach: async (principal, name) => {
          world.directory.delete(ALICE);
          return attach(principal, name);
        },
      },
    });
    const report = await world.run();
    expect(report.passing).toEqual([]);
    expect(Object.keys(world.denied())).toEqual([BOB]);
    expect(world.told("Access Denied").map(({ principal }) => principal)).toEqual([BOB]);
  });

  it("denies a role that was deleted and created again, since its usage goes on", async () => {
    const world = overspent();
    await world.run();
    world.directory.delete(ALICE);
    await world.pass(2 * MINUTE);
    await world.run();
    expect(world.told("Access Lifted")[0]?.reason).toBe("role/alice does not exist any more");
    world.directory.create(ALICE);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
  });

  it("sends what an earlier run wrote down and could not send", async () => {
    const world = overspent();
    world.bus.setDown(true);
    const report = await world.run();
    expect(report.passing.map(({ what }) => what)).toEqual(["announcing"]);
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    world.bus.setDown(false);
    await world.pass(2 * MINUTE);
    await world.run();
    await world.run();
    expect(world.told("Access Denied")).toHaveLength(1);
  });

  it("sends each event once, whichever of two runs at once is the first to read what the other wrote", async () => {
    const world = overspent();
    const { announcer } = world.ports;
    const slow = createGovernor(DEPLOYMENT, {
      ...world.ports,
      announcer: {
        async announce(events) {
          world.spend(BOB, OPUS, 110);
          await world.run();
          return announcer.announce(events);
        },
      },
    });
    await slow.reconcile();
    await world.run();
    const told = world.told("Access Denied").map(({ principal }) => principal);
    expect(told.sort()).toEqual([ALICE, BOB]);
    await world.pass(2 * MINUTE);
    await world.run();
    expect(world.bus.events).toHaveLength(2);
  });
});

describe("when there is more to do than time", () => {
  it("begins no write after the deadline, lifts first, then denies the largest overspend first", async () => {
    const principals = Array.from({ length: 6 }, (_, index) => `role/s${index}`);
    const world = createWorld({ principals });
    world.settings.set("limits/daily", dailyLimit());
    world.spend("role/s5", OPUS, 100);
    await world.run();
    world.settings.set("exemptions/s5", { principals: ["role/s5"], until: "2026-02-01T00:00:00Z", reason: "demo" });
    for (let index = 0; index < 5; index++) world.spend(`role/s${index}`, OPUS, 100 + index);
    const order: string[] = [];
    let time = world.clock.now();
    world.attachments.onWritten(({ principal }) => {
      order.push(principal);
      time += 1_000;
    });
    world.restart({ ...world.ports, now: () => time });
    const report = await world.run(time + 3_000);
    expect(order).toEqual(["role/s5", "role/s4", "role/s3"]);
    expect(report.postponed).toBe(3);
    await world.run();
    expect(Object.keys(world.denied()).sort()).toEqual(["role/s0", "role/s1", "role/s2", "role/s3", "role/s4"]);
    await world.pass(DAY);
  });
});
