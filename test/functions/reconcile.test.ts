import { setTimeout as sleep } from "node:timers/promises";
import type { Ports } from "@bedrock-governor/core/reconcile/ports";
import { NO_METERS, unmetered } from "@bedrock-governor/functions/unmetered";
import { describe, expect, it } from "vitest";
import { DAY, DEPLOYMENT, dailyLimit, HOUR, MINUTE, OPUS, SONNET } from "../support/world.ts";
import { captureOutput } from "./output.ts";
import { reconcileFunction } from "./setup.ts";

const ALICE = "role/alice";
const BOB = "role/bob";
const WEBHOOK = "https://hooks.slack.com/services/T000/B000/XXXXXXXX";
const PROMPT = "Summarise the merger of Acme and Initech";

const output = captureOutput();

const overspent = (options: Parameters<typeof reconcileFunction>[0] = {}) => {
  const fn = reconcileFunction(options);
  fn.world.settings.set("limits/daily", dailyLimit());
  fn.world.spend(ALICE, OPUS, 120);
  return fn;
};

describe("the reconcile function", () => {
  it("denies, lifts in the next period, and answers what it did", async () => {
    const { world, invoke } = overspent();
    expect(await invoke()).toEqual({ mode: "enforce", changed: 1, blocked: 0 });
    expect(world.denied()).toEqual({ [ALICE]: ["anthropic.*"] });
    await world.pass(DAY);
    expect(await invoke()).toEqual({ mode: "enforce", changed: 1, blocked: 0 });
    expect(world.denied()).toEqual({});
  });

  it("takes nothing that an event says for usage or for a setting", async () => {
    const { world, invoke } = reconcileFunction();
    world.settings.set("limits/daily", dailyLimit());
    await invoke({ source: "bedrock-governor", detail: { usage: 1_000_000, principal: ALICE, mode: "enforce" } });
    expect(world.denied()).toEqual({});
  });

  it.each([
    ["nothing at all", undefined],
    ["a list", ["a"]],
    ["a number", 7],
    ["fields of other kinds", { source: 1, "detail-type": { a: 1 }, id: [], detail: "text" }],
    ["an alarm without a name", { "detail-type": "CloudWatch Alarm State Change", detail: null }],
  ])("runs whatever wakes it: %s", async (_, event) => {
    const { world, invoke } = overspent();
    await invoke(event);
    expect(Object.keys(world.denied())).toEqual([ALICE]);
  });

  it("carries out what it can, and throws after it what failed and may pass", async () => {
    const { world, invoke } = overspent();
    world.spend(BOB, OPUS, 110);
    world.faults.plan(ALICE, "throttled", 1);
    const failure = invoke();
    await expect(failure).rejects.toThrow("reconcile incomplete: changing the denies of role/alice");
    await expect(failure).rejects.toBeInstanceOf(AggregateError);
    expect(Object.keys(world.denied())).toEqual([BOB]);
    await invoke();
    expect(Object.keys(world.denied()).sort()).toEqual([ALICE, BOB]);
  });

  it("does not fail for what needs a person: a full role", async () => {
    const { world, invoke } = overspent({ quota: 0 });
    expect(await invoke()).toMatchObject({ changed: 0, blocked: 1 });
    expect(output.metrics()).toMatchObject({ BlockedDenies: 1, Failures: 0, SuccessfulRuns: 1 });
    expect(output.logged("needs a person")).toMatchObject([
      { principal: ALICE, remedy: expect.stringMatching(/quota/) },
    ]);
    expect(world.denied()).toEqual({});
  });

  it.each<[string, (ports: Ports, away: () => Promise<never>) => Partial<Ports>]>([
    ["limits", (_, away) => ({ settings: { read: away } })],
    ["roles", (_, away) => ({ directory: { list: away } })],
    ["the journal", ({ journal }, away) => ({ journal: { ...journal, read: away } })],
  ])("rejects and changes nobody when %s cannot be read", async (_, broken) => {
    const { world, restart, invoke } = overspent();
    restart(broken(world.ports, () => Promise.reject(new Error("the service is away"))));
    await expect(invoke()).rejects.toThrow("the service is away");
    expect(world.denied()).toEqual({});
    expect(output.metrics()).toMatchObject({ Failures: 1, SuccessfulRuns: 0 });
    expect(output.logged("the run could not be carried out")).toHaveLength(1);
  });

  it("rejects when present denies cannot be read, and says why with its causes", async () => {
    const { world, restart, invoke } = overspent();
    const cause = Object.assign(new Error("Rate exceeded"), { name: "Throttling", $response: { body: WEBHOOK } });
    const observe = () => Promise.reject(new Error("observing: Rate exceeded", { cause }));
    restart({ access: { ...world.ports.access, observe } });
    await expect(invoke()).rejects.toThrow("observing");
    expect(output.logged("the run could not be carried out")[0]?.cause).toEqual({
      name: "Error",
      message: "observing: Rate exceeded",
      causes: [{ name: "Throttling", message: "Rate exceeded" }],
    });
    expect(output.text()).not.toContain(WEBHOOK);
  });

  it("is not answered for before it is over, so that nothing of it goes on when the process is woken again", async () => {
    const { world, restart, invoke } = overspent();
    const { settings } = world.ports;
    restart({ settings: { read: () => sleep(30).then(settings.read) } });
    expect(await invoke({}, 10)).toMatchObject({ changed: 0 });
    expect(output.metrics()).toMatchObject({ SuccessfulRuns: 1 });
  });

  it("knows nothing of sources that are not read yet, and changes nobody's access by them", async () => {
    const { world, restart, invoke } = overspent();
    await invoke();
    restart({ usage: { ...world.ports.usage, logs: unmetered(NO_METERS) } });
    world.spend(BOB, OPUS, 500);
    expect(await invoke()).toMatchObject({ changed: 0 });
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    expect(output.metrics()).toMatchObject({ UnknownReadings: 0 });
    expect(output.logged("usage is unknown")).toMatchObject([
      { limit: "daily", why: expect.stringMatching(/^no region of this stage is metered/) },
    ]);
  });

  it("leaves 12 seconds of its time for what comes after the last write", async () => {
    const { world, invoke } = overspent();
    await invoke({}, 11_999);
    expect(world.denied()).toEqual({});
    expect(output.logged("run finished")).toMatchObject([{ postponed: 1 }]);
    await invoke({}, 12_001);
    expect(Object.keys(world.denied())).toEqual([ALICE]);
  });

  it("observes at most, and writes nothing, where the stage is deployed without enforcement", async () => {
    const { world, restart, invoke } = overspent();
    await invoke();
    const deniedBefore = world.denied();
    const never = () => Promise.reject(new Error("no permission"));
    restart(
      { access: { ...world.ports.access, attach: never, detach: never }, publisher: { publish: never } },
      { ...DEPLOYMENT, enforcement: "none" },
    );
    world.spend(BOB, SONNET, 500);
    expect(await invoke()).toEqual({ mode: "observe", changed: 0, blocked: 0 });
    expect(world.denied()).toEqual(deniedBefore);
    await world.pass(DAY);
    expect(await invoke()).toEqual({ mode: "observe", changed: 0, blocked: 0 });
    expect(world.denied()).toEqual(deniedBefore);
  });
});

describe("the metrics of a run", () => {
  it("stand under the stage's service, in CloudWatch's own format", async () => {
    const { invoke } = overspent();
    await invoke();
    expect(output.metrics()).toEqual({
      service: "bedrock-governor-test",
      ActiveDenies: 1,
      BlockedDenies: 0,
      Changes: 1,
      UnknownReadings: 0,
      HeldPlans: 0,
      UnreadLists: 0,
      Failures: 0,
      SuccessfulRuns: 1,
    });
    const [directive, ...more] = output.directives();
    expect(more).toEqual([]);
    expect(directive).toMatchObject({ Namespace: "BedrockGovernor", Dimensions: [["service"]] });
  });

  it("are told also by a run that throws", async () => {
    const { world, invoke } = overspent();
    world.faults.plan(ALICE, "throttled", 1);
    await expect(invoke()).rejects.toThrow("incomplete");
    expect(output.metrics()).toMatchObject({ Changes: 0, Failures: 1, SuccessfulRuns: 0 });
  });

  it("count limits whose usage is unknown", async () => {
    const { world, invoke } = overspent();
    world.usage.silence("logs", "a region was not read");
    await invoke();
    expect(output.metrics()).toMatchObject({ UnknownReadings: 1 });
    expect(output.logged("usage is unknown")).toMatchObject([{ limit: "daily", why: "a region was not read" }]);
  });

  it("count a plan that is held, and the catalogue's lists that could not be read", async () => {
    const { world, leaveUnread, invoke } = overspent();
    world.settings.set("max-new-denies", "0");
    leaveUnread(2);
    await invoke();
    expect(output.metrics()).toMatchObject({ HeldPlans: 1, UnreadLists: 2 });
  });

  it("say how long ago a run succeeded, whichever process it was, and nothing if none did", async () => {
    const { world, restart, invoke } = overspent();
    await invoke();
    expect(output.metrics()).not.toHaveProperty("SecondsSinceSuccess");
    await world.pass(3 * MINUTE);
    world.faults.plan("observe", "throttled", 1);
    await expect(invoke()).rejects.toThrow();
    await world.pass(2 * MINUTE);
    restart({});
    await invoke();
    expect(output.metrics()).toMatchObject({ SecondsSinceSuccess: 300 });
    expect(output.directives().at(-1)?.Metrics).toContainEqual({ Name: "SecondsSinceSuccess", Unit: "Seconds" });
  });

  it("leave the age out when it cannot be read, and the run goes on", async () => {
    const { world, success, invoke } = overspent();
    success.failing = "reading";
    await invoke();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    expect(output.metrics()).not.toHaveProperty("SecondsSinceSuccess");
    expect(output.logged("the time of the last success is unread")).toHaveLength(1);
  });

  it("count as a failure that a success could not be noted", async () => {
    const { world, success, invoke } = overspent();
    success.failing = "writing";
    await expect(invoke()).rejects.toThrow("noting that the run succeeded");
    expect(Object.keys(world.denied())).toEqual([ALICE]);
    expect(output.metrics()).toMatchObject({ Failures: 1, SuccessfulRuns: 0 });
  });
});

describe("the log of a run", () => {
  it.each([
    [
      "an alarm",
      {
        source: "aws.cloudwatch",
        "detail-type": "CloudWatch Alarm State Change",
        detail: { alarmName: "busy", state: { reason: WEBHOOK } },
      },
      { source: "aws.cloudwatch", detailType: "CloudWatch Alarm State Change", alarm: "busy" },
    ],
    [
      "a parameter",
      {
        source: "aws.ssm",
        "detail-type": "Parameter Store Change",
        id: "1",
        detail: { name: "/bedrock-governor/test/mode", value: WEBHOOK },
      },
      { source: "aws.ssm", detailType: "Parameter Store Change", id: "1", parameter: "/bedrock-governor/test/mode" },
    ],
    ["whoever asks", { source: "bedrock-governor.ops", detail: { text: PROMPT } }, { source: "bedrock-governor.ops" }],
    ["nobody in particular", { prompt: PROMPT }, { source: "unknown" }],
  ])("names %s that woke it, and no value", async (_, event, signal) => {
    const { invoke } = overspent();
    await invoke(event);
    expect(output.logged("woken")).toMatchObject([{ signal }]);
    expect(output.logged("woken")[0]?.signal).toEqual(signal);
    expect(output.text()).not.toContain(WEBHOOK);
    expect(output.text()).not.toContain(PROMPT);
  });

  it("says of each change who, which models and why", async () => {
    const { world, invoke } = overspent();
    await invoke();
    expect(output.logged("access changed")).toMatchObject([
      {
        principal: ALICE,
        kind: "denied",
        denied: ["anthropic.*"],
        reasons: ["limit daily: 120 of 100 tokens today for role/alice"],
      },
    ]);
    await world.pass(DAY);
    await invoke();
    expect(output.logged("access changed")[1]).toMatchObject({
      principal: ALICE,
      kind: "lifted",
      lifted: ["anthropic.*"],
    });
    expect(output.logged("run finished")[0]).toMatchObject({
      mode: "enforce",
      activeDenies: 1,
      changes: 1,
      failures: 0,
    });
  });

  it("holds nothing that operators wrote or callers sent, whatever happens", async () => {
    const { world, invoke } = overspent();
    world.settings.set("denies/stop", { principals: [BOB], models: ["*"], reason: `ask at ${WEBHOOK}` });
    world.settings.set("exemptions/carol", {
      principals: ["role/carol"],
      until: new Date(world.clock.now() + DAY).toISOString(),
      reason: PROMPT,
    });
    const problem = {
      path: `steps[1]["${WEBHOOK}"]`,
      value: PROMPT,
      problem: `must be a number, not "${WEBHOOK}\\" or ${PROMPT}"`,
      remedy: `remove ${PROMPT}`,
    };
    world.settings.setProblems([
      {
        parameter: "limits/broken",
        version: 3,
        by: "user/admin",
        at: world.clock.now(),
        problems: [problem],
        inForceInstead: "version 2 stays in force",
      },
    ]);
    await invoke({ source: "aws.ssm", detail: { [WEBHOOK]: PROMPT } });
    world.settings.remove("denies/stop");
    world.settings.set("exemptions/alice", {
      principals: [ALICE],
      until: new Date(world.clock.now() + DAY).toISOString(),
      reason: `see ${WEBHOOK}`,
    });
    await world.pass(HOUR);
    await invoke();
    expect(output.logged("access changed")).toHaveLength(4);
    expect(output.logged("a parameter is not valid")[0]).toMatchObject({
      parameter: "limits/broken",
      version: 3,
      problems: ['steps[1]["…"] must be a number, not "…"'],
    });
    expect(output.text()).not.toContain("hooks.slack.com");
    expect(output.text()).not.toContain(PROMPT);
  });

  it("stays within what CloudWatch takes when a thousand are denied at once", async () => {
    const principals = Array.from({ length: 1_000 }, (_, number) => `role/team-${number}`);
    const { world, invoke } = reconcileFunction({ principals });
    world.settings.set("limits/daily", dailyLimit());
    world.settings.set("max-new-denies", "2000");
    for (const principal of principals) world.spend(principal, OPUS, 120);
    await invoke();
    expect(output.logged("access changed")).toHaveLength(1_000);
    const longest = Math.max(
      ...output
        .text()
        .split("\n")
        .map((line) => line.length),
    );
    expect(longest).toBeLessThan(10_000);
    world.faults.plan("publish", "throttled");
    for (const principal of principals) world.faults.plan(principal, "throttled");
    await world.pass(DAY);
    const before = output.text().length;
    await expect(invoke()).rejects.toThrow("and 999 more");
    expect(output.logged("failed, and is tried again: and 950 more")).toHaveLength(1);
    expect(output.text().length - before).toBeLessThan(100_000);
  });

  it("says once whom it would deny, and for what, while it only observes", async () => {
    const { world, invoke } = overspent();
    world.settings.set("mode", "observe");
    await invoke();
    await invoke();
    expect(output.logged("Would Deny")).toMatchObject([
      { principal: ALICE, limit: "daily", usage: 120, threshold: 100 },
    ]);
  });

  it("names who used up a limit and is not among those whom the stage may deny", async () => {
    const { world, restart, invoke } = overspent();
    restart({}, { ...DEPLOYMENT, governedPrincipals: [BOB] });
    expect(await invoke()).toMatchObject({ changed: 0, blocked: 0 });
    expect(world.denied()).toEqual({});
    expect(output.logged("run finished")).toMatchObject([{ ungoverned: [ALICE] }]);
  });

  it("says what each run read of every limit, of whoever is nearest to it", async () => {
    const { world, invoke } = overspent();
    world.settings.set("limits/far", dailyLimit({ principals: ["role/carol"] }));
    world.settings.set("limits/unread", dailyLimit({ source: "metrics", principals: ["*"], per: [] }));
    world.usage.silence("metrics", "a region was not read");
    world.spend(BOB, OPUS, 30);
    await invoke();
    expect(output.logged("usage read")).toMatchObject([
      { readings: { daily: { usage: 120, threshold: 100, percent: 120 }, far: "none", unread: "unknown" } },
    ]);
  });

  it("says so in lines that CloudWatch takes, however many limits there are", async () => {
    const { world, invoke } = overspent();
    for (let i = 0; i < 200; i++) world.settings.set(`limits/limit-with-a-name-${i}`, dailyLimit());
    await invoke();
    const lines = output.logged("usage read");
    expect(lines.flatMap(({ readings }) => Object.keys(readings as object))).toHaveLength(201);
    expect(Math.max(...lines.map((line) => JSON.stringify(line).length))).toBeLessThan(10_000);
  });

  it("names a held plan, so that it can be approved", async () => {
    const { world, invoke } = overspent();
    world.settings.set("max-new-denies", "0");
    await invoke();
    const [line] = output.logged("run finished");
    expect(line).toMatchObject({ heldPlan: expect.any(String), heldChanges: 1, changes: 0 });
    world.settings.set("plan-approved", String(line?.heldPlan));
    await invoke();
    expect(Object.keys(world.denied())).toEqual([ALICE]);
  });
});
