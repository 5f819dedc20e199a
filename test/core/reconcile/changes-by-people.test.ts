import type { MarkOf } from "@bedrock-governor/core/reconcile/journal";
import { describe, expect, it } from "vitest";
import { createWorld, DAY, DEPLOYMENT, dailyLimit, HAIKU, HOUR, MINUTE, OPUS } from "../../support/world.ts";

const WEBHOOK = "notify/slack-webhook";
const ALICE = "role/alice";

/** An account whose governor has seen its settings once already. */
async function seen(parameters: Record<string, unknown> = {}, principals?: readonly string[]) {
  const world = createWorld(principals && { principals });
  for (const [name, value] of Object.entries(parameters)) world.settings.set(name, value);
  await world.run();
  expect(world.told("Limit Changed", "Mode Changed", "Exemption Granted")).toEqual([]);
  await world.pass(MINUTE);
  return world;
}

const reasons = ({ told }: ReturnType<typeof createWorld>) => told().map(({ type, reason }) => `${type}: ${reason}`);

describe("parameters", () => {
  const PARAMETERS = { mode: "enforce", "limits/daily": dailyLimit(), "limits/hourly": dailyLimit({ period: "hour" }) };

  it("are news from the first one on, in a stage that begins without any", async () => {
    const world = await seen();
    await world.run();
    world.settings.set("limits/daily", dailyLimit());
    await world.run();
    await world.run();
    world.settings.set("mode", "enforce");
    await world.run();
    await world.run();
    expect(reasons(world)).toEqual([
      "Limit Changed: limits/daily was set by user/admin",
      "Mode Changed: mode was set to enforce by user/admin",
    ]);
  });

  it("are news too after all of them were removed", async () => {
    const world = await seen(PARAMETERS);
    for (const name of Object.keys(PARAMETERS)) world.settings.remove(name);
    await world.run();
    expect(world.told()).toHaveLength(3);
    world.settings.set("mode", "enforce");
    await world.run();
    expect(reasons(world).slice(3)).toEqual(["Mode Changed: mode was set to enforce by user/admin"]);
  });

  it("are no news one by one where the journal was lost, and every change after that is", async () => {
    const world = await seen(PARAMETERS);
    const { journal } = createWorld({ now: world.clock.now() });
    world.restart({ ...world.ports, journal: journal.port });
    await world.run();
    await world.run();
    expect(world.told()).toEqual([]);
    world.settings.set("mode", "paused");
    await world.run();
    expect(reasons(world)).toEqual(["Mode Changed: mode was changed from enforce to paused by user/admin"]);
  });

  it("that an earlier version of the governor noted are known, and what was set since is news", async () => {
    const world = await seen(PARAMETERS);
    const { read } = world.ports.journal;
    const asNotedThen = async () => {
      const { marks, unsent } = await read();
      return { unsent, marks: marks.filter(({ kind }) => kind !== "said") };
    };
    world.restart({ ...world.ports, journal: { ...world.ports.journal, read: asNotedThen } });
    world.settings.set("max-new-denies", "30");
    await world.run();
    expect(reasons(world)).toEqual(["Limit Changed: max-new-denies was set to 30 by user/admin"]);
  });
});

describe("the mode in effect", () => {
  it("comes with every change of the mode, and is what the stage is deployed for", async () => {
    const world = await seen();
    for (const enforcement of ["on", "none"] as const) {
      world.restart(world.ports, { ...DEPLOYMENT, enforcement });
      world.settings.set("mode", "enforce");
      await world.run();
      world.settings.remove("mode");
      await world.run();
    }
    expect(world.told("Mode Changed").map(({ mode, change }) => [change?.new, mode])).toEqual([
      ["enforce", "enforce"],
      [undefined, "enforce"],
      ["enforce", "observe"],
      [undefined, "observe"],
    ]);
  });
});

describe("what people write", () => {
  const RESET = { limit: "daily", at: "2026-01-05T12:00:00Z", reason: "agreed" };
  const DENY = { principals: ["role/nobody"], models: ["*"], reason: "incident" };

  it.each<[string, unknown, unknown, string, string]>([
    [
      "denies/stop",
      DENY,
      { ...DENY, models: [OPUS] },
      "was set by user/admin",
      "was changed by user/admin: models changed",
    ],
    [
      "resets/ok",
      RESET,
      { ...RESET, reason: "no" },
      "was set by user/admin",
      'was changed by user/admin: reason from "agreed" to "no"',
    ],
    [
      "prices/ours",
      { models: ["*"], multiplier: 0.9 },
      { models: ["*"], multiplier: 0.8 },
      "was set by user/admin",
      "was changed by user/admin: multiplier from 0.9 to 0.8",
    ],
    [
      "plan-approved",
      "0123456789abcdef",
      "abcdef0123456789",
      "was set to 0123456789abcdef by user/admin",
      "was changed from 0123456789abcdef to abcdef0123456789 by user/admin",
    ],
  ])("is told with the old value, the new one and who: %s", async (name, first, second, set, changed) => {
    const world = await seen({ "limits/daily": dailyLimit({ owner: "ml" }) });
    const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));
    for (const value of [first, second]) {
      world.settings.set(name, value);
      await world.run();
      await world.run();
      await world.pass(MINUTE);
    }
    world.settings.remove(name);
    await world.run();
    const about = name.startsWith("resets/") ? { limit: "daily", owner: "ml" } : {};
    const told = world.told("Limit Changed");
    expect(told).toMatchObject([
      { ...about, reason: `${name} ${set}`, change: { new: text(first), by: "user/admin" } },
      { ...about, reason: `${name} ${changed}`, change: { old: text(first), new: text(second), by: "user/admin" } },
      { reason: `${name} was removed`, change: { old: text(second), by: "unknown, see CloudTrail" } },
    ]);
    if (!name.startsWith("resets/")) expect(told.filter((event) => "limit" in event)).toEqual([]);
  });

  it("is told of a guard that is tuned, and of what holds when it is removed", async () => {
    const world = await seen({ "max-new-denies": "25" });
    world.settings.set("max-new-denies", "100");
    await world.run();
    world.settings.remove("max-new-denies");
    await world.run();
    expect(reasons(world)).toEqual([
      "Limit Changed: max-new-denies was changed from 25 to 100 by user/admin",
      "Limit Changed: max-new-denies was removed; 25 holds",
    ]);
  });

  it("says which fields of a limit differ, whose limit it is, and whose it was", async () => {
    const limit = dailyLimit({ owner: "ml", threshold: 100 });
    const world = await seen({ "limits/daily": limit });
    world.settings.set("limits/daily", { ...limit, threshold: 150, steps: [{ at: 100, deny: true }] });
    await world.run();
    world.settings.remove("limits/daily");
    await world.run();
    expect(world.told("Limit Changed")).toMatchObject([
      {
        limit: "daily",
        owner: "ml",
        steps: [{ at: 100, denies: true }],
        reason: "limits/daily was changed by user/admin: threshold from 100 to 150, steps added",
      },
      { limit: "daily", owner: "ml", reason: "limits/daily was removed" },
    ]);
  });

  it("says that a mode outlives its parameter, and since when it is in force", async () => {
    const world = await seen({ mode: "enforce" });
    world.settings.remove("mode");
    await world.run();
    expect(reasons(world)).toEqual([
      "Mode Changed: mode was removed; mode enforce stays in force, as it has since 5 Jan 12:00 UTC, until another is set",
    ]);
  });

  it("keeps values to what a parameter holds", async () => {
    const world = await seen();
    world.settings.set("denies/stop", { ...DENY, reason: "x".repeat(4_000) });
    await world.run();
    world.settings.remove("denies/stop");
    await world.run();
    for (const { change } of world.told("Limit Changed")) {
      expect((change?.new ?? change?.old)?.length).toBeLessThanOrEqual(4_096);
    }
  });
});

describe("the address of Slack's webhook", () => {
  it("is told to be set, changed and removed, by whom, and never what it is", async () => {
    const world = await seen();
    // Readers of settings leave a secret's value out.
    for (const _ of ["set", "changed"]) {
      world.settings.set(WEBHOOK, "");
      await world.run();
      await world.run();
      await world.pass(MINUTE);
    }
    world.settings.remove(WEBHOOK);
    await world.run();
    expect(world.told().map(({ reason, change }) => [reason, change])).toEqual([
      [`${WEBHOOK} was set by user/admin`, { by: "user/admin" }],
      [`${WEBHOOK} was changed by user/admin`, { by: "user/admin" }],
      [`${WEBHOOK} was removed; nothing is sent to Slack any more`, { by: "unknown, see CloudTrail" }],
    ]);
  });
});

describe("a limit with one threshold for many", () => {
  const PRINCIPALS = ["role/a", "role/b", "role/c", "role/break-glass"];
  const change = async (more: Record<string, unknown>, maxNewDenies = "2") => {
    const world = await seen({ "max-new-denies": maxNewDenies }, PRINCIPALS);
    world.settings.set("limits/shared", dailyLimit({ per: [], ...more }));
    await world.run();
    return world.told("Limit Changed")[0]?.reason;
  };

  it("is told to be one whose denies the mass-deny guard will hold", async () => {
    expect(await change({})).toBe(
      "limits/shared was set by user/admin; it would deny 3 principals at once, more than the 2 that max-new-denies lets through: when it is reached, its plan is held until it is approved",
    );
  });

  it.each<[string, Record<string, unknown>, string?]>([
    ["it selects no more than the guard lets through", {}, "3"],
    ["it denies nobody", { steps: [{ at: 80, notify: true }] }],
    ["it only observes", { mode: "observe" }],
    ["each has a threshold", { per: ["principal"] }],
  ])("is told without that where %s", async (_, more, maxNewDenies) => {
    expect(await change(more, maxNewDenies)).toBe("limits/shared was set by user/admin");
  });
});

describe("a value that is not valid", () => {
  const problem = {
    parameter: "limits/daily",
    version: 2,
    by: "user/bob",
    at: Date.UTC(2026, 0, 5, 12),
    problems: [{ path: "threshold", value: "-1", problem: "must be above 0", remedy: "write a number above 0" }],
    inForceInstead: "version 1 stays in force",
    inForceSince: Date.UTC(2026, 0, 2, 9),
  };

  it("is told to whoever wrote it, with what is wrong, what holds instead and since when, once", async () => {
    const world = await seen({ "limits/daily": dailyLimit({ owner: "ml" }) });
    world.settings.setProblems([problem]);
    await world.run();
    await world.run();
    expect(world.told()).toMatchObject([
      {
        type: "Limit Invalid",
        limit: "daily",
        owner: "ml",
        change: { by: "user/bob" },
        reason:
          "limits/daily: threshold: must be above 0 (version 2, written by user/bob at 5 Jan 12:00 UTC); version 1 stays in force, as it has since 2 Jan 09:00 UTC",
        ends: "write a number above 0",
      },
    ]);
  });

  it("is told again where its parameter was removed and made again, whose version is the same", async () => {
    const world = await seen();
    world.settings.setProblems([problem]);
    await world.run();
    await world.pass(MINUTE);
    world.settings.setProblems([{ ...problem, at: problem.at + MINUTE, by: "user/carol" }]);
    await world.run();
    await world.run();
    expect(world.told("Limit Invalid").map(({ change }) => change?.by)).toEqual(["user/bob", "user/carol"]);
  });

  it("is not told again where an earlier version of the governor told it, and did not note when it was written", async () => {
    const world = await seen();
    world.settings.setProblems([problem]);
    await world.run();
    const { read } = world.ports.journal;
    const undated = ({ at: _, ...mark }: MarkOf<"parameter">) => mark;
    const asNotedThen = async () => {
      const { marks, unsent } = await read();
      return { unsent, marks: marks.map((mark) => (mark.kind === "parameter" ? undated(mark) : mark)) };
    };
    world.restart({ ...world.ports, journal: { ...world.ports.journal, read: asNotedThen } });
    await world.run();
    expect(world.told()).toHaveLength(1);
  });

  it("is told with how much else is wrong, and that nothing is in force where nothing was", async () => {
    const world = await seen();
    const { inForceSince: _, ...never } = problem;
    const problems = [...problem.problems, ...problem.problems];
    world.settings.setProblems([{ ...never, problems, inForceInstead: "it is not in force" }]);
    await world.run();
    expect(world.told()[0]?.reason).toBe(
      "limits/daily: threshold: must be above 0, and 1 more (version 2, written by user/bob at 5 Jan 12:00 UTC); it is not in force",
    );
  });

  it("is told to be put right by the change that did it", async () => {
    const world = await seen({ "limits/daily": dailyLimit() });
    world.settings.setProblems([problem]);
    await world.run();
    world.settings.setProblems([]);
    world.settings.set("limits/daily", dailyLimit({ threshold: 120 }));
    await world.run();
    await world.run();
    expect(world.told("Limit Changed").map(({ reason }) => reason)).toEqual([
      "limits/daily was changed by user/admin: threshold from 100 to 120; what was written before was not valid, and this is in force",
    ]);
  });

  it("of a mode without history is told with since when the mode that holds is in force", async () => {
    const world = await seen({ mode: "enforce" });
    world.settings.remove("mode");
    const { inForceSince: _, ...rest } = problem;
    world.settings.setProblems([{ ...rest, parameter: "mode", version: 1, inForceInstead: "mode enforce holds" }]);
    await world.run();
    expect(world.told("Limit Invalid")[0]?.reason).toMatch(/; mode enforce holds, as it has since 5 Jan 12:00 UTC$/);
  });
});

describe("a held plan", () => {
  it("names who it is about, and the limit if it is one", async () => {
    const principals = Array.from({ length: 7 }, (_, index) => `role/p${index}`);
    const world = await seen({ "max-new-denies": "3" }, principals);
    world.settings.set("limits/shared", dailyLimit({ per: [], owner: "ml", models: [HAIKU] }));
    world.spend("role/p0", HAIKU, 100);
    await world.run();
    expect(world.told("Plan Held")).toMatchObject([
      {
        limit: "shared",
        owner: "ml",
        models: [HAIKU],
        reason:
          "7 principals would newly be denied, more than the 3 allowed within 10 minutes: none of them is (role/p0, role/p1, role/p2, role/p3, role/p4 and 2 more)",
      },
    ]);
  });

  it("names no limit where there are several", async () => {
    const world = await seen({ "max-new-denies": "1" }, [ALICE, "role/bob"]);
    world.settings.set("limits/a", dailyLimit({ principals: [ALICE] }));
    world.settings.set("limits/b", dailyLimit({ principals: ["role/bob"] }));
    for (const principal of [ALICE, "role/bob"]) world.spend(principal, OPUS, 100);
    await world.run();
    expect(world.told("Plan Held").map((event) => "limit" in event)).toEqual([false]);
    await world.pass(HOUR + DAY);
  });
});
