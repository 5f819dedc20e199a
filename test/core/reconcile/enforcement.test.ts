import { describe, expect, it } from "vitest";
import { createWorld, DEPLOYMENT, dailyLimit, HAIKU, HOUR, MINUTE, NOVA, OPUS, SONNET } from "../../support/world.ts";

const ALICE = "role/alice";
const BOB = "role/bob";

describe("a limit that is reached", () => {
  it("denies exactly the models it names to exactly the principal that used them up", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 60);
    world.spend(ALICE, SONNET, 40);
    world.spend(BOB, OPUS, 99);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: ["anthropic.*"] });
  });

  it("counts reaching the threshold as exceeding it, and one less as not", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    world.spend(BOB, OPUS, 99);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
  });

  it("denies at 100 % when usage jumps from 0 to 150 %, and the 80 % warning does not stand in for it", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 150);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: ["anthropic.*"] });
    expect(world.told("Access Denied")).toHaveLength(1);
  });

  it("denies at 205 % although the warning at 80 % was told before", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 85);
    await world.run();
    expect(world.denied()).toEqual({});
    expect(world.told("Limit Warned").map(({ reason }) => reason)).toEqual([
      "reached 80 %: 85 of 100 tokens today for role/alice",
    ]);
    world.spend(ALICE, OPUS, 120);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: ["anthropic.*"] });
  });

  it("adds up a limit over several models, and over no others", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit({ models: [OPUS, HAIKU] }));
    world.spend(ALICE, OPUS, 50);
    world.spend(ALICE, HAIKU, 49);
    world.spend(ALICE, SONNET, 5_000);
    await world.run();
    expect(world.denied()).toEqual({});
    world.spend(ALICE, HAIKU, 1);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [OPUS, HAIKU].sort() });
  });

  it("denies the dear model first and the rest at the next step, leaving the exceptions open", async () => {
    const world = createWorld();
    world.settings.set(
      "limits/steps",
      dailyLimit({
        steps: [
          { at: 80, deny: ["anthropic.claude-opus-*"] },
          { at: 100, deny: true, except: ["anthropic.*haiku*"] },
        ],
      }),
    );
    world.spend(ALICE, OPUS, 80);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: ["anthropic.claude-opus-*"] });
    world.spend(ALICE, SONNET, 20);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [SONNET, "anthropic.claude-opus-*"].sort() });
  });

  it("unites the denies of several limits into one policy", async () => {
    const world = createWorld();
    world.settings.set("limits/opus", dailyLimit({ models: [OPUS] }));
    world.settings.set("limits/nova", dailyLimit({ models: [NOVA] }));
    world.spend(ALICE, OPUS, 100);
    world.spend(ALICE, NOVA, 100);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [NOVA, OPUS] });
    expect(world.attachments.of(ALICE)).toHaveLength(1);
  });

  it("gives each principal and model its own threshold where the limit says so", async () => {
    const world = createWorld();
    world.settings.set("limits/each", dailyLimit({ per: ["principal", "model"] }));
    world.spend(ALICE, OPUS, 100);
    world.spend(ALICE, HAIKU, 99);
    world.spend(BOB, HAIKU, 100);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [OPUS], [BOB]: [HAIKU] });
  });

  it("denies everyone it selects when the threshold is shared, whoever used it", async () => {
    const world = createWorld({ principals: ["role/alice", "role/bob", "role/carol"] });
    world.settings.set("limits/shared", dailyLimit({ per: [], source: "metrics", exceptPrincipals: ["role/carol"] }));
    world.spend("role/carol", OPUS, 100);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE, BOB]);
  });

  it("counts only the usage of those it selects when it is read from the log", async () => {
    const world = createWorld();
    world.settings.set("limits/shared", dailyLimit({ per: [], principals: [ALICE] }));
    world.spend(BOB, OPUS, 500);
    world.spend(ALICE, OPUS, 99);
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("takes the first override that selects a principal", async () => {
    const world = createWorld();
    const overrides = [
      { principals: ["role/al*"], threshold: 400 },
      { principals: ["role/*"], threshold: 50 },
    ];
    world.settings.set("limits/daily", dailyLimit({ overrides }));
    world.spend(ALICE, OPUS, 399);
    world.spend(BOB, OPUS, 50);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([BOB]);
  });

  it("judges two limits on one budget by the same amount", async () => {
    const world = createWorld();
    world.usage.setBudget({ amount: 100, start: Date.UTC(2026, 0, 1), end: Date.UTC(2026, 1, 1) });
    world.settings.set("limits/a", { models: ["anthropic.*"], principals: [ALICE], source: "budget:bedrock" });
    world.settings.set("limits/b", { models: ["amazon.*"], principals: [BOB], source: "budget:bedrock" });
    world.spend("role/whoever", OPUS, 100);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: ["anthropic.*"], [BOB]: ["amazon.*"] });
  });

  it("reads a budget's amount and period from the budget", async () => {
    const world = createWorld();
    world.usage.setBudget({ amount: 900, start: Date.UTC(2026, 0, 1), end: Date.UTC(2026, 1, 1) });
    world.settings.set("limits/budget", { models: ["*"], principals: [ALICE], source: "budget:bedrock" });
    world.spend("role/whoever", OPUS, 899);
    await world.run();
    expect(world.denied()).toEqual({});
    world.spend("role/whoever", OPUS, 1);
    const { changed } = await world.run();
    expect(world.denied()).toEqual({ [ALICE]: ["*"] });
    expect(changed).toHaveLength(1);
  });
});

describe("whom nothing is done to", () => {
  it("never denies the governor itself or a break-glass role, and names them in the report", async () => {
    const world = createWorld({ principals: ["role/break-glass", "role/governor/reconcile", "role/alice"] });
    world.settings.set("limits/shared", dailyLimit({ per: [] }));
    world.spend(ALICE, OPUS, 100);
    const report = await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    expect(report.protectedPrincipals).toEqual(["role/break-glass", "role/reconcile"]);
  });

  it("does not deny by hand what is protected either", async () => {
    const world = createWorld({ principals: ["role/break-glass"] });
    world.settings.set("denies/all", { principals: ["*"], models: ["*"], reason: "audit" });
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("lifts before it asks the publisher, which may be slow", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    await world.pass(12 * HOUR);
    world.settings.set("limits/daily", dailyLimit({ models: [OPUS] }));
    world.spend(BOB, OPUS, 100);
    const { ports } = world;
    const deniedThen: unknown[] = [];
    const publish = async () => {
      deniedThen.push(world.denied());
      throw new Error("timed out");
    };
    world.restart({ ...ports, publisher: { publish } });
    const report = await world.run();
    expect(deniedThen).toEqual([{}]);
    expect(report.changed.map(({ principal }) => principal)).toEqual([ALICE]);
  });

  it("lifts what a principal holds that became protected, and never denies it again", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    world.restart(world.ports, { ...DEPLOYMENT, protectedPrincipals: [ALICE] });
    await world.run();
    await world.run();
    expect(world.denied()).toEqual({});
    expect(world.told("Access Lifted")).toHaveLength(1);
  });

  it("leaves foreign policies and attachments alone", async () => {
    const world = createWorld();
    world.policies.createForeign("team-policy", { Statement: [] });
    world.attachments.write(ALICE, "team-policy", true);
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    expect(world.attachments.of(ALICE)).toContain("team-policy");
    await world.pass(12 * HOUR);
    await world.run();
    expect(world.attachments.of(ALICE)).toEqual(["team-policy"]);
  });

  it("tells once of a principal that cannot be denied, with what to do instead", async () => {
    const tail = "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Data_0123456789abcdef";
    const world = createWorld({ principals: [tail] });
    world.settings.set("limits/daily", dailyLimit());
    world.spend("role/AWSReservedSSO_Data_0123456789abcdef", OPUS, 100);
    await world.run();
    await world.run();
    const [failed, ...more] = world.told("Enforcement Failed");
    expect(more).toEqual([]);
    expect(failed?.reason).toMatch(/cannot be denied \(Identity Center role\)$/);
    expect(failed?.ends).toMatch(/guard policy/);
  });

  it("tells of a model that no deny can name, and denies the others", async () => {
    const profile = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc";
    const world = createWorld();
    world.settings.set("limits/each", dailyLimit({ models: ["*"], per: ["principal", "model"] }));
    world.spend(ALICE, profile, 100);
    world.spend(ALICE, "3k9x1abc2def", 100); // an application profile that nobody listed
    world.spend(ALICE, "odd model", 100);
    world.spend(ALICE, OPUS, 100);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [OPUS] });
    expect(world.told("Enforcement Failed")).toHaveLength(3);
  });

  it("counts who is not in the account's list, and denies them nothing", async () => {
    const world = createWorld();
    world.settings.set("limits/shared", dailyLimit({ per: [], source: "logs" }));
    world.spend("role/deleted-yesterday", OPUS, 100);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE, BOB]);
  });
});

describe("modes", () => {
  it("in mode observe denies nothing, lifts what was denied, and says what it would do", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    world.settings.set("mode", "observe");
    const report = await world.run();
    expect(world.denied()).toEqual({});
    expect(report.would).toEqual(new Map([[ALICE, ["anthropic.*"]]]));
    expect(world.told("Would Deny")).toHaveLength(1);
    await world.run();
    expect(world.told("Would Deny")).toHaveLength(1);
    await world.pass(12 * HOUR);
    await world.run();
    expect(world.told("Would Lift")).toHaveLength(1);
  });

  it("holds a limit in mode observe to saying so, while the others deny", async () => {
    const world = createWorld();
    world.settings.set("limits/trial", dailyLimit({ mode: "observe" }));
    world.settings.set("limits/nova", dailyLimit({ models: [NOVA] }));
    world.spend(ALICE, OPUS, 100);
    world.spend(ALICE, NOVA, 100);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [NOVA] });
    expect(world.told("Would Deny").map(({ models }) => models)).toEqual([["anthropic.*"]]);
  });

  it("in mode paused touches nothing in either direction", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    world.settings.set("mode", "paused");
    world.spend(BOB, OPUS, 100);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    await world.pass(12 * HOUR);
    await world.run();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    world.settings.set("mode", "enforce");
    await world.run();
    expect(world.denied()).toEqual({});
  });
});

describe("a deployment without enforcement", () => {
  const without = { ...DEPLOYMENT, enforcement: "none" } as const;

  it("tells what it would deny, as in mode observe, whatever the mode says", async () => {
    const world = createWorld();
    world.restart(world.ports, without);
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    const report = await world.run();
    expect(report.mode).toBe("observe");
    expect(report.would).toEqual(new Map([[ALICE, ["anthropic.*"]]]));
    expect(world.told().map(({ type }) => type)).toEqual(["Would Deny"]);
    expect([world.denied(), world.policies.published().size]).toEqual([{}, 0]);
  });

  it("publishes, attaches and detaches nothing, and shows who is denied all the same", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    const refuse = async () => Promise.reject(new Error("has no permission to do so"));
    const { ports } = world;
    world.restart(
      { ...ports, access: { ...ports.access, attach: refuse, detach: refuse }, publisher: { publish: refuse } },
      without,
    );
    await world.pass(12 * HOUR);
    world.spend(BOB, OPUS, 100);
    const report = await world.run();
    expect([report.changed, report.passing, report.postponed]).toEqual([[], [], 0]);
    expect(report.denied).toEqual(new Map([[ALICE, ["anthropic.*"]]]));
    expect(report.would).toEqual(new Map([[BOB, ["anthropic.*"]]]));
    expect(world.told("Access Lifted")).toEqual([]);
  });

  it("tells who was freed once their policies are taken off", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    world.restart(world.ports, without);
    await world.pass(2 * MINUTE);
    await world.run();
    for (const name of world.attachments.of(ALICE)) await world.ports.access.detach(ALICE, name);
    await world.run();
    expect(world.told("Access Lifted").map(({ reason }) => reason)).toEqual([
      "mode is observe, in which nothing is denied",
    ]);
  });

  it("stays paused while paused", async () => {
    const world = createWorld({ mode: "paused" });
    world.restart(world.ports, without);
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    const report = await world.run();
    expect([report.mode, world.told()]).toEqual(["paused", []]);
  });

  it("says so when somebody sets mode enforce", async () => {
    const world = createWorld();
    world.restart(world.ports, without);
    world.settings.set("mode", "observe");
    await world.run();
    world.settings.set("mode", "enforce");
    await world.run();
    expect(world.told("Mode Changed").map(({ reason }) => reason)).toEqual([
      "mode was changed from observe to enforce by user/admin; the stage is deployed without enforcement, so observe is in effect",
    ]);
  });
});

describe("what people decide", () => {
  it("exempts from a limit until the exemption ends, while usage goes on counting", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.settings.set("exemptions/launch", {
      principals: [ALICE],
      until: "2026-01-05T14:00:00Z",
      reason: "launch day",
    });
    world.spend(ALICE, OPUS, 300);
    await world.run();
    expect(world.denied()).toEqual({});
    await world.pass(2 * HOUR);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: ["anthropic.*"] });
    expect(world.told("Exemption Expired")).toHaveLength(1);
  });

  it("ends an exemption at its share of the threshold", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.settings.set("exemptions/more", {
      principals: [ALICE],
      until: "2026-02-01T00:00:00Z",
      upTo: 150,
      reason: "demo",
    });
    world.spend(ALICE, OPUS, 149);
    await world.run();
    expect(world.denied()).toEqual({});
    world.spend(ALICE, OPUS, 1);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: ["anthropic.*"] });
  });

  it("exempts some models and denies the others, one by one", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.settings.set("exemptions/opus", {
      principals: [ALICE],
      models: [OPUS],
      until: "2026-02-01T00:00:00Z",
      reason: "demo",
    });
    world.spend(ALICE, OPUS, 100);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [SONNET, HAIKU].sort() });
  });

  it("denies by hand until the parameter or its time ends, whatever resets and exemptions say", async () => {
    const world = createWorld();
    world.settings.set("denies/incident", {
      principals: [ALICE],
      models: [NOVA],
      until: "2026-01-05T13:00:00Z",
      reason: "incident 42",
    });
    world.settings.set("exemptions/all", { principals: ["*"], until: "2026-02-01T00:00:00Z", reason: "demo" });
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [NOVA] });
    expect(world.told("Access Denied")[0]?.reason).toBe("denied by hand (parameter denies/incident): incident 42");
    await world.pass(HOUR);
    await world.run();
    expect(world.denied()).toEqual({});
  });

  it("holds a plan that would newly deny a whole account, and lets it go ahead when approved", async () => {
    const principals = Array.from({ length: 30 }, (_, index) => `role/service-${index}`);
    const world = createWorld({ principals });
    world.settings.set("limits/mistake", dailyLimit({ per: [], threshold: 1 }));
    world.spend("role/service-0", OPUS, 1);
    const report = await world.run();
    expect(world.denied()).toEqual({});
    expect(report.heldPlan?.changes).toHaveLength(30);
    await world.run();
    expect(world.told("Plan Held")).toHaveLength(1);

    world.settings.set("plan-approved", report.heldPlan?.id);
    await world.run();
    expect(Object.keys(world.denied())).toHaveLength(30);
  });

  it("holds new denies while it cannot note them, instead of losing count", async () => {
    const world = createWorld({ principals: ["role/s0", "role/s1"] });
    world.settings.set("limits/daily", dailyLimit());
    world.spend("role/s0", OPUS, 100);
    const broken = async () => Promise.reject(new Error("the table is gone"));
    world.restart({ ...world.ports, journal: { ...world.ports.journal, commit: broken } });
    const report = await world.run();
    expect(world.denied()).toEqual({});
    expect(report.passing.map(({ what }) => what)).toContain("noting 1 new denies, none of which is put in force");
    world.restart();
    await world.run();
    expect(Object.keys(world.denied())).toEqual(["role/s0"]);
  });

  it("takes an approval for once, even within the same day", async () => {
    const principals = Array.from({ length: 30 }, (_, index) => `role/service-${index}`);
    const world = createWorld({ principals, now: Date.UTC(2026, 0, 5, 21) });
    world.settings.set("limits/mistake", dailyLimit({ per: [], threshold: 1 }));
    world.spend("role/service-0", OPUS, 1);
    world.settings.set("plan-approved", (await world.run()).heldPlan?.id);
    await world.run();
    await world.pass(4 * HOUR);
    await world.run();
    world.spend("role/service-0", OPUS, 1);
    await world.run();
    await world.run();
    expect(world.denied()).toEqual({});
    expect(world.told("Plan Held")).toHaveLength(2);
  });

  it("does not take an approval from before for the same plan held again", async () => {
    const principals = Array.from({ length: 30 }, (_, index) => `role/service-${index}`);
    const world = createWorld({ principals });
    world.settings.set("limits/mistake", dailyLimit({ per: [], threshold: 1 }));
    world.spend("role/service-0", OPUS, 1);
    world.settings.set("plan-approved", (await world.run()).heldPlan?.id);
    await world.run();
    await world.pass(36 * HOUR);
    await world.run();
    expect(world.denied()).toEqual({});
    world.spend("role/service-0", OPUS, 1);
    await world.run();
    await world.run();
    expect(world.denied()).toEqual({});
    expect(world.told("Plan Held")).toHaveLength(2);
  });

  it("counts those denied within ten minutes together, and lifts of a held plan go ahead", async () => {
    const principals = Array.from({ length: 5 }, (_, index) => `role/s${index}`);
    const world = createWorld({ principals });
    world.settings.set("max-new-denies", "3");
    world.settings.set("limits/daily", dailyLimit());
    world.spend("role/s0", OPUS, 100);
    world.spend("role/s1", OPUS, 100);
    await world.run();
    await world.pass(5 * MINUTE);
    world.spend("role/s2", OPUS, 100);
    world.spend("role/s3", OPUS, 100);
    world.settings.set("exemptions/s0", { principals: ["role/s0"], until: "2026-02-01T00:00:00Z", reason: "demo" });
    await world.run();
    expect(Object.keys(world.denied())).toEqual(["role/s1"]);
    await world.pass(6 * MINUTE);
    await world.run();
    expect(Object.keys(world.denied())).toEqual(["role/s1", "role/s2", "role/s3"]);
  });
});

describe("the catalogue", () => {
  it("keeps a family denied while nobody can tell what an exemption leaves of it", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    world.setCatalogue(undefined);
    world.settings.set("exemptions/haiku", {
      principals: [ALICE],
      models: ["*haiku*"],
      until: "2026-02-01T00:00:00Z",
      reason: "demo",
    });
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: ["anthropic.*"] });
    world.setCatalogue([OPUS, SONNET, HAIKU]);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [OPUS, SONNET] });
  });

  it("does not stop a run with an ARN of a form that nobody knows", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit({ models: [OPUS] }));
    world.spend(ALICE, OPUS, 100);
    const catalogue = {
      models: [OPUS],
      aliases: new Map(),
      otherArns: new Map([[OPUS, ["arn:aws:bedrock:eu-west-1:111122223333:new-kind/x"]]]),
    };
    world.restart({ ...world.ports, catalogue: { read: async () => catalogue } });
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [OPUS] });
  });

  it("keeps a deny as large as it was while the catalogue cannot be read", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit({ steps: [{ at: 100, deny: true, except: ["*haiku*"] }] }));
    world.spend(ALICE, OPUS, 100);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [OPUS, SONNET] });
    world.setCatalogue(undefined);
    const { changed } = await world.run();
    expect(changed).toEqual([]);
    expect(world.denied()).toEqual({ [ALICE]: [OPUS, SONNET] });
  });

  it("denies a model that appears while its family is denied with exceptions", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit({ steps: [{ at: 100, deny: true, except: ["*haiku*"] }] }));
    world.spend(ALICE, OPUS, 100);
    await world.run();
    world.setCatalogue([OPUS, SONNET, HAIKU, "anthropic.claude-opus-5"]);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: [OPUS, "anthropic.claude-opus-5", SONNET] });
  });
});
