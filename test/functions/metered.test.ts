import { metered } from "@bedrock-governor/functions/unmetered";
import { describe, expect, it } from "vitest";
import { dailyLimit, MINUTE, OPUS } from "../support/world.ts";
import { captureOutput } from "./output.ts";
import { reconcileFunction } from "./setup.ts";

const ALICE = "role/alice";
const WAKE = { source: "bedrock-governor.signal", "detail-type": "Wake", detail: { usage: 1_000_000 } };

const output = captureOutput();

/** A function that has nothing to do, and has just seen that. */
async function settled() {
  const fn = reconcileFunction();
  fn.world.settings.set("limits/daily", dailyLimit());
  await fn.invoke();
  await fn.invoke();
  return fn;
}

describe("a wake by a meter", () => {
  it("is answered without a word, and counted, when nothing follows from it", async () => {
    const { world, success, invoke } = await settled();
    const notedAt = success.at;
    const before = output.logged().length;
    await world.pass(1_000);
    expect(await invoke(WAKE)).toEqual({ mode: "enforce", changed: 0, blocked: 0 });
    expect(output.logged()).toHaveLength(before);
    expect(output.metrics()).toMatchObject({ GentleRuns: 1 });
    // Only a run that observed everything is a success.
    expect(success.at).toBe(notedAt);
  });

  it("is a run like any other when something does", async () => {
    const { world, success, invoke } = await settled();
    await world.pass(1_000);
    world.spend(ALICE, OPUS, 120);
    expect(await invoke(WAKE)).toMatchObject({ changed: 1 });
    expect(success.at).toBe(world.clock.now());
    expect(output.logged("woken").at(-1)).toMatchObject({ signal: { source: "bedrock-governor.signal" } });
  });

  it("throws when usage cannot be read, as any run does", async () => {
    const { world, invoke } = await settled();
    await world.pass(1_000);
    world.usage.fail(new Error("socket hang up"));
    await expect(invoke(WAKE)).rejects.toThrow("reading usage from logs");
  });

  it("is the only signal that is taken gently", async () => {
    const { world, success, invoke } = await settled();
    await world.pass(1_000);
    await invoke({ source: "aws.ssm" });
    expect(success.at).toBe(world.clock.now());
  });
});

describe("the invocation log of a stage", () => {
  it("says with every status what no meter sees", async () => {
    const { world, restart, invoke } = reconcileFunction();
    world.settings.set("limits/daily", dailyLimit());
    world.settings.set("limits/metric", dailyLimit({ source: "metrics", per: [] }));
    const logs = metered(world.ports.usage.logs, ["us-east-1", "eu-west-1"], ["us-east-1"]);
    restart({ usage: { ...world.ports.usage, logs } });
    await invoke();
    await world.pass(MINUTE);
    const unseen = "calls through bedrock-mantle; calls in eu-west-1, which has no meter";
    const report = await world.run();
    expect([...report.unseen]).toEqual([["daily", unseen]]);
    expect(report.overview(10).map(({ limit, unseen }) => [limit.name, unseen])).toEqual([
      ["daily", unseen],
      ["metric", undefined],
    ]);
    expect(output.logged("limits that do not see every call")).toMatchObject([{ unseen: [["daily", unseen]] }]);
  });
});
