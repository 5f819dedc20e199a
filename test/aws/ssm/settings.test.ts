import { permissions } from "@bedrock-governor/aws/ssm/permissions";
import { createSsmSettings, type LastMode } from "@bedrock-governor/aws/ssm/settings";
import { describe, expect, it } from "vitest";
import { createFakeSsm, type FakeSsm } from "./fake-ssm.ts";
import { createKeptMode } from "./kept-mode.ts";

const PLACE = { partition: "aws", account: "123456789012", region: "eu-central-1", stage: "production" };
const LIMIT = {
  models: ["anthropic.*"],
  principals: ["role/batch"],
  source: "logs",
  measure: "usd",
  per: ["principal"],
  period: "day",
  threshold: 100,
  bounds: { min: 20, max: 300 },
};
const BY_PATH = "GetParametersByPathCommand";
const AUTHORS = "DescribeParametersCommand";
const HISTORY = "GetParameterHistoryCommand";

function setUp(lastMode: LastMode = createKeptMode()) {
  const ssm = createFakeSsm();
  const port = createSsmSettings({ ssm: ssm.client, place: PLACE, lastMode });
  return { ssm, read: () => port.read() };
}

const commands = (ssm: FakeSsm) => ssm.takeCalls().map(({ command }) => command);

describe("settings from SSM", () => {
  it("are read from every page of 10, and their authors from every page of 50", async () => {
    const { ssm, read } = setUp();
    for (let number = 0; number < 63; number++) ssm.put(`limits/limit-${number}`, LIMIT);
    expect((await read()).limits).toHaveLength(63);
    const calls = ssm.takeCalls();
    const sent = (command: string) => calls.filter((call) => call.command === command).map(({ input }) => input);
    // An empty page at the end of each list.
    expect(sent(BY_PATH)).toHaveLength(8);
    expect(sent(AUTHORS)).toHaveLength(3);
    expect(sent(BY_PATH)[0]).toMatchObject({ Path: "/bedrock-governor/production", Recursive: true, MaxResults: 10 });
    expect(calls).toHaveLength(11);
  });

  it("cost one call per 10 parameters while nothing changes, and are the same object", async () => {
    const { ssm, read } = setUp();
    for (let number = 0; number < 15; number++) ssm.put(`limits/limit-${number}`, LIMIT);
    ssm.put("limits/limit-3", "{");
    const before = await read();
    ssm.takeCalls();
    expect(await read()).toBe(before);
    expect(commands(ssm)).toEqual([BY_PATH, BY_PATH, BY_PATH]);
  });

  it("say who wrote each version", async () => {
    const { ssm, read } = setUp();
    ssm.put("limits/daily", LIMIT, { by: "alice" });
    ssm.put("mode", "enforce", { by: "bob" });
    await read();
    ssm.takeCalls();
    ssm.put("limits/daily", { ...LIMIT, threshold: 120 }, { by: "carol" });
    expect((await read()).authorship).toMatchObject([
      { parameter: "limits/daily", version: 2, by: "carol" },
      { parameter: "mode", version: 1, by: "bob" },
    ]);
    expect(commands(ssm)).not.toContain(HISTORY);
  });

  it("take the author from the history if somebody writes while they are read", async () => {
    const { ssm, read } = setUp();
    ssm.put("limits/daily", LIMIT, { by: "alice" });
    ssm.onCall((command) => {
      if (command !== AUTHORS) return;
      ssm.onCall(() => {});
      ssm.put("limits/daily", { ...LIMIT, threshold: 200 }, { by: "bob" });
    });
    expect(await read()).toMatchObject({ limits: [{ threshold: 100 }], authorship: [{ version: 1, by: "alice" }] });
    expect(await read()).toMatchObject({ limits: [{ threshold: 200 }], authorship: [{ version: 2, by: "bob" }] });
  });

  it("notice a parameter that was removed and set again, though its version is 1 as before", async () => {
    const { ssm, read } = setUp();
    ssm.put("limits/daily", LIMIT);
    await read();
    ssm.remove("limits/daily");
    ssm.put("limits/daily", { ...LIMIT, threshold: 50 }, { by: "bob" });
    expect(await read()).toMatchObject({ limits: [{ threshold: 50 }], authorship: [{ by: "bob" }] });
  });

  it("send no other command than the permissions name, and those for the stage's own parameters", async () => {
    const { ssm, read } = setUp();
    ssm.put("limits/daily", LIMIT);
    ssm.put("limits/daily", "{");
    await read();
    const sent = new Set(commands(ssm).map((command) => `ssm:${command.replace(/Command$/, "")}`));
    expect([...sent].sort()).toEqual(
      permissions(PLACE)
        .flatMap(({ actions }) => actions)
        .sort(),
    );
    const own = "arn:aws:ssm:eu-central-1:123456789012:parameter/bedrock-governor/production";
    expect(permissions(PLACE).map(({ resources }) => resources)).toEqual([[own], [`${own}/*`], ["*"]]);
  });

  it.each([BY_PATH, AUTHORS, HISTORY])(
    "are refused as a whole if %s is throttled, and read again later",
    async (one) => {
      const { ssm, read } = setUp();
      ssm.put("limits/daily", LIMIT);
      ssm.put("limits/daily", "{");
      const throttled = Object.assign(new Error("Rate exceeded"), { name: "ThrottlingException" });
      ssm.onCall((command) => {
        if (command === one) throw throttled;
      });
      await expect(read()).rejects.toMatchObject({
        message: expect.stringMatching(/^reading .*\/bedrock-governor\/production.*: Rate exceeded$/),
        cause: throttled,
      });
      ssm.onCall(() => {});
      expect((await read()).limits).toMatchObject([{ threshold: 100 }]);
    },
  );
});

describe("a malformed value in SSM", () => {
  it("is replaced by the last valid version, looked for on every page of the history, once", async () => {
    const { ssm, read } = setUp();
    ssm.put("limits/daily", LIMIT, { by: "alice" });
    for (let version = 2; version <= 60; version++) ssm.put("limits/daily", `{ ${version}`);
    expect(await read()).toMatchObject({
      limits: [{ name: "daily", threshold: 100 }],
      problems: [{ parameter: "limits/daily", version: 60, inForceInstead: "version 1 stays in force" }],
      authorship: [{ version: 1, by: "alice" }],
    });
    const histories = ssm.takeCalls().filter(({ command }) => command === HISTORY);
    expect(histories.map(({ input }) => input)).toEqual([
      { Name: "/bedrock-governor/production/limits/daily", WithDecryption: false, MaxResults: 50 },
      expect.objectContaining({ NextToken: "50" }),
      expect.objectContaining({ NextToken: "100" }),
    ]);
    ssm.put("mode", "enforce");
    await read();
    expect(commands(ssm)).not.toContain(HISTORY);
  });

  it("is told with who wrote it and when, and when what stays in force was written", async () => {
    const { ssm, read } = setUp();
    ssm.put("limits/daily", LIMIT, { by: "alice" });
    ssm.put("limits/daily", "{", { by: "bob" });
    ssm.put("limits/never", "{", { by: "carol" });
    const [daily, never] = (await read()).problems;
    expect(daily).toMatchObject({ version: 2, by: "bob", inForceInstead: "version 1 stays in force" });
    expect((daily?.at ?? Number.NaN) - (daily?.inForceSince ?? Number.NaN)).toBe(1_000);
    expect([never?.by, never?.at, never?.inForceSince]).toEqual([
      "carol",
      (daily?.at ?? Number.NaN) + 1_000,
      undefined,
    ]);
  });

  it("has no history to read at version 1", async () => {
    const { ssm, read } = setUp();
    ssm.put("limits/daily", "{");
    expect(await read()).toMatchObject({ limits: [], problems: [{ inForceInstead: "it is not in force" }] });
    expect(commands(ssm)).not.toContain(HISTORY);
  });

  it("may be found in two steps: a threshold is read once its limit is", async () => {
    const { ssm, read } = setUp();
    ssm.put("limits/daily", LIMIT);
    ssm.put("limits/daily", "{");
    ssm.put("limits/daily/threshold", "250");
    ssm.put("limits/daily/threshold", "301");
    expect((await read()).limits).toMatchObject([{ threshold: 250 }]);
    expect(commands(ssm).filter((command) => command === HISTORY)).toHaveLength(4);
  });
});

describe("a SecureString", () => {
  it("is neither decrypted nor kept, even as ciphertext", async () => {
    const { ssm, read } = setUp();
    ssm.put("notify/slack-webhook", "AQICAHciphertext", { by: "alice", secure: true });
    ssm.put("notify/slack-webhook", "AQICAHciphertext", { by: "bob", secure: true });
    ssm.put("limits/daily", "{");
    ssm.put("limits/daily", "{");
    const settings = await read();
    expect(JSON.stringify(settings)).not.toContain("AQICAH");
    expect(settings.authorship).toMatchObject([
      { parameter: "notify/slack-webhook", version: 2, value: "", by: "bob" },
    ]);
    for (const { command, input } of ssm.takeCalls()) {
      if (command !== AUTHORS) expect(input).toMatchObject({ WithDecryption: false });
      expect(input).not.toHaveProperty("Name", "/bedrock-governor/production/notify/slack-webhook");
    }
  });

  it("is no limit: the last plain version stays in force", async () => {
    const { ssm, read } = setUp();
    ssm.put("limits/daily", LIMIT);
    ssm.put("limits/daily", "AQICAHciphertext", { secure: true });
    const settings = await read();
    expect(settings).toMatchObject({
      limits: [{ threshold: 100 }],
      problems: [{ problems: [{ problem: expect.stringContaining("is a SecureString") }] }],
    });
    expect(JSON.stringify(settings)).not.toContain("AQICAH");
  });
});

describe("the mode", () => {
  it("is observe where it was never set, and nothing is kept then", async () => {
    const kept = createKeptMode();
    expect((await setUp(kept).read()).mode).toBe("observe");
    expect(kept.writes).toBe(0);
  });

  it("is kept once while it stays the same, and outlives its parameter in an instance that never saw it", async () => {
    const kept = createKeptMode();
    const { ssm, read } = setUp(kept);
    ssm.put("mode", "enforce");
    await read();
    await read();
    expect(kept).toMatchObject({ mode: "enforce", writes: 1 });
    expect((await setUp(kept).read()).mode).toBe("enforce");
    expect(kept.writes).toBe(1);
  });

  it("is the one that another instance saw last, if that saw more", async () => {
    const kept = createKeptMode();
    const { ssm, read } = setUp(kept);
    ssm.put("mode", "enforce");
    const before = await read();
    await kept.write("paused");
    // The parameter, which this instance can see, is right, and is kept again.
    expect(await read()).toBe(before);
    expect(kept.mode).toBe("enforce");
    ssm.remove("mode");
    await kept.write("paused");
    expect((await read()).mode).toBe("paused");
    const removed = await read();
    expect(await read()).toBe(removed);
    await kept.write("observe");
    expect((await read()).mode).toBe("observe");
  });

  it("stays at its last valid version, or at what was kept when it is set again malformed", async () => {
    const kept = createKeptMode("paused");
    const { ssm, read } = setUp(kept);
    ssm.put("mode", "enforced");
    expect(await read()).toMatchObject({ mode: "paused", problems: [{ inForceInstead: "mode paused holds" }] });
    ssm.put("mode", "enforce");
    ssm.put("mode", "enforced");
    expect(await read()).toMatchObject({ mode: "enforce", problems: [{ inForceInstead: "version 2 stays in force" }] });
    expect(kept.mode).toBe("enforce");
  });

  it.each(["read", "write"] as const)("stops the run if what is kept cannot be %s", async (what) => {
    const { ssm, read } = setUp({ ...createKeptMode(), [what]: () => Promise.reject(new Error("the table is away")) });
    ssm.put("mode", "enforce");
    await expect(read()).rejects.toThrow("the table is away");
  });
});
