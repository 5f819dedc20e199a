import { describe, expect, it } from "vitest";
import { createWorld, DAY, DEPLOYMENT, dailyLimit, MINUTE, OPUS, type WorldOptions } from "../../support/world.ts";

const OTHERS = Array.from({ length: 30 }, (_, index) => `role/other-${String(index).padStart(2, "0")}`);
const GOVERNED = {
  ...DEPLOYMENT,
  governedPrincipals: [`arn:aws:iam::${DEPLOYMENT.account}:role/team/*`, `arn:aws:iam::${DEPLOYMENT.account}:user/*`],
};

/** A shared limit that is for everyone, and is used up; the stage governs the team and the users. */
function sharedWorld(more: Partial<WorldOptions> = {}) {
  const world = createWorld({ principals: [...OTHERS, "role/team/batch", "user/ci"], ...more });
  world.restart(world.ports, GOVERNED);
  world.settings.set("limits/daily", dailyLimit({ per: [], owner: "platform" }));
  world.spend("role/batch", OPUS, 500);
  return world;
}

describe("principals that the stage does not govern", () => {
  it("are not denied, do not count for the guard, and are told of together once a period", async () => {
    const world = sharedWorld();
    const report = await world.run();
    expect(Object.keys(world.denied())).toEqual(["role/batch", "user/ci"]);
    expect([report.ungoverned, report.heldPlan, report.blocked, report.passing]).toEqual([OTHERS, undefined, [], []]);
    await world.pass(5 * MINUTE);
    await world.run();
    expect(world.told("Enforcement Failed")).toEqual([
      expect.objectContaining({
        limit: "daily",
        owner: "platform",
        reason: `limits/daily denies 30 principals that this stage does not govern, so nothing was done: ${OTHERS.slice(0, 5).join(", ")} and 25 more`,
        ends: "add them to governedPrincipals, or leave them out of limits/daily",
      }),
    ]);
    await world.pass(DAY);
    expect((await world.run()).ungoverned).toEqual([]);
    world.spend("role/batch", OPUS, 500);
    await world.run();
    expect(world.told("Enforcement Failed")).toHaveLength(2);
  });

  it("are told of by one notice for a limit per principal, too", async () => {
    const world = sharedWorld();
    world.settings.set("limits/daily", dailyLimit());
    for (const id of OTHERS.slice(0, 2)) world.spend(id, OPUS, 200);
    const report = await world.run();
    expect([report.ungoverned, Object.keys(world.denied())]).toEqual([OTHERS.slice(0, 2), ["role/batch"]]);
    expect(world.told("Enforcement Failed").map(({ reason }) => reason)).toEqual([
      "limits/daily denies 2 principals that this stage does not govern, so nothing was done: role/other-00, role/other-01",
    ]);
  });

  it("are told of for a rolling limit and for a deny by hand once a day", async () => {
    const world = sharedWorld();
    world.settings.remove("limits/daily");
    world.settings.set(
      "limits/rolling",
      dailyLimit({ per: [], period: "rolling PT5M", principals: ["role/other-01"] }),
    );
    world.settings.set("denies/stop", { principals: ["role/other-00"], models: [OPUS], reason: "demo" });
    world.spend("role/other-01", OPUS, 500);
    for (let minute = 0; minute < 3; minute++) {
      expect((await world.run()).ungoverned).toEqual(["role/other-00", "role/other-01"]);
      await world.pass(MINUTE);
    }
    const told = world.told("Enforcement Failed");
    expect(told.map(({ reason }) => reason.split(" ")[0]).sort()).toEqual(["denies/stop", "limits/rolling"]);
    await world.pass(DAY);
    await world.run();
    expect(world.told("Enforcement Failed")).toHaveLength(3);
  });

  it("are in nobody's way in mode observe: they would not be denied, and that is said", async () => {
    const world = sharedWorld({ mode: "observe" });
    const report = await world.run();
    expect([...report.would.keys()]).toEqual(["role/batch", "user/ci"]);
    expect(report.ungoverned).toEqual(OTHERS);
    expect(world.told("Would Deny")).toHaveLength(2);
    expect(world.told("Enforcement Failed")).toHaveLength(1);
  });

  it.each(["known", "unknown"])("are lifted when they no longer are governed, usage being %s", async (usage) => {
    const world = sharedWorld();
    await world.run();
    await world.pass(2 * MINUTE);
    if (usage === "unknown") world.usage.silence("logs", "throttled");
    world.restart(world.ports, { ...GOVERNED, governedPrincipals: ["arn:aws:iam::*:role/team/*"] });
    await world.run();
    expect(Object.keys(world.denied())).toEqual(["role/batch"]);
    expect(world.told("Access Lifted")).toMatchObject([{ principal: "user/ci" }]);
    if (usage === "unknown") return;
    expect(world.told("Access Lifted")[0]?.reason).toBe(
      "user/ci is not among the principals this stage governs any more",
    );
  });

  it("leave a manual reset to those who are denied: nothing waits for it on their account", async () => {
    const world = sharedWorld();
    world.settings.set("limits/daily", dailyLimit({ per: [], principals: ["role/other-*"], reset: "manual" }));
    world.spend("role/other-00", OPUS, 500);
    await world.run();
    await world.pass(DAY);
    expect((await world.run()).ungoverned).toEqual([]);
  });

  it("are nobody where a stage does not say whom it governs", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit({ per: [] }));
    world.spend("role/alice", OPUS, 500);
    expect((await world.run()).ungoverned).toEqual([]);
    expect(Object.keys(world.denied())).toEqual(["role/alice", "role/bob"]);
  });
});

describe("principals that IAM refuses", () => {
  const BLOCKED = Array.from({ length: 20 }, (_, index) => `role/a${index}`);
  const SIX = Array.from({ length: 6 }, (_, index) => `role/z${index}`);

  it("count once for the mass-deny guard, and do not hold others for good", async () => {
    const world = createWorld({ principals: [...BLOCKED, ...SIX] });
    world.settings.set("limits/daily", dailyLimit());
    for (const id of BLOCKED) {
      world.faults.plan(id, "access denied");
      world.spend(id, OPUS, 500);
    }
    for (let minute = 0; minute < 3; minute++) {
      await world.run();
      await world.pass(MINUTE);
    }
    for (const id of SIX) world.spend(id, OPUS, 200);
    expect((await world.run()).heldPlan?.changes.map(({ principal }) => principal)).toEqual(SIX);
    await world.pass(8 * MINUTE);
    expect((await world.run()).heldPlan).toBeUndefined();
    expect(Object.keys(world.denied())).toEqual(SIX);
    for (const id of BLOCKED) world.faults.clear(id);
    for (let minute = 0; minute < 30; minute++) {
      expect((await world.run()).heldPlan).toBeUndefined();
      await world.pass(MINUTE);
    }
    expect(Object.keys(world.denied())).toHaveLength(26);
  });

  it("count anew once they no longer were due, and are due again later", async () => {
    const world = createWorld({ principals: BLOCKED });
    world.settings.set("max-new-denies", "19");
    world.settings.set("limits/daily", dailyLimit({ principals: BLOCKED.slice(0, 10) }));
    for (const id of BLOCKED) {
      world.faults.plan(id, "access denied");
      world.spend(id, OPUS, 500);
    }
    await world.run();
    world.settings.remove("limits/daily");
    await world.pass(11 * MINUTE);
    await world.run();
    world.settings.set("limits/daily", dailyLimit());
    expect((await world.run()).heldPlan?.changes).toHaveLength(20);
  });

  it("are tried after the others, so that they keep nobody waiting who can be denied", async () => {
    const world = createWorld({ principals: [...BLOCKED, ...SIX] });
    world.settings.set("limits/daily", dailyLimit());
    for (const id of BLOCKED) {
      world.faults.plan(id, "access denied");
      world.spend(id, OPUS, 500);
    }
    await world.run();
    await world.pass(20 * MINUTE);
    for (const id of SIX) world.spend(id, OPUS, 110);
    const { access } = world.ports;
    let time = world.clock.now();
    world.restart({
      ...world.ports,
      now: () => time,
      access: {
        ...access,
        attach(principal, name) {
          time += 1_000;
          return access.attach(principal, name);
        },
      },
    });
    const report = await world.run(time + 6_000);
    expect([Object.keys(world.denied()), report.postponed]).toEqual([SIX, 20]);
    expect(world.told("Enforcement Recovered")).toEqual([]);
  });
});
