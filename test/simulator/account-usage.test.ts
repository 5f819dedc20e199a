import type { UsageQuery, UsageReading } from "@bedrock-governor/core/reconcile/ports";
import { EVERYONE } from "@bedrock-governor/core/usage/usage-table";
import { describe, expect, it } from "vitest";
import { HAIKU, MINUTE, OPUS, START, setUp, use } from "./account-scene.ts";
import { fixedLatency } from "./fixed-latency.ts";

const DAY = 86_400_000;
const TODAY = { start: START, end: START + DAY };

/** Amounts of a known reading by principal and model, zeros left out. */
function amounts(reading: UsageReading | undefined): Record<string, number> {
  if (reading?.status !== "known") throw new Error(reading?.why);
  const { principals, models, amounts: cells } = reading.table;
  const all = [...cells].map((amount, cell) => {
    const row = principals[Math.floor(cell / models.length)];
    return [`${row} ${models[cell % models.length]}`, amount] as const;
  });
  return Object.fromEntries(all.filter(([, amount]) => amount !== 0));
}

describe("usage in the account", () => {
  const ask = (query: Partial<UsageQuery> = {}): UsageQuery => ({
    source: "logs",
    measure: "totalTokens",
    models: ["*"],
    span: TODAY,
    ...query,
  });

  it("the log shows a call per principal and canonical model once it is delivered and metered", async () => {
    const { account, pass } = setUp();
    account.call(account.callers.caller("role/alice", `us.${OPUS}`), use(100, 50));
    // 50 ms until it completes, 5,000 until it is delivered, 400 until it is metered.
    await pass(5_449);
    expect(amounts((await account.ports.usage.logs.read([ask()]))[0])).toEqual({});
    await pass(1);
    expect(amounts((await account.ports.usage.logs.read([ask()]))[0])).toEqual({ [`role/alice ${OPUS}`]: 150 });
  });

  it("metrics show a minute of a model when it is published, and nobody's name", async () => {
    const { account, pass } = setUp();
    account.call(account.callers.caller("role/alice", OPUS), use(100));
    account.call(account.callers.caller("role/bob", OPUS), use(10));
    const metrics = () => account.ports.usage.metrics.read([ask({ source: "metrics" })]);
    await pass(MINUTE + 89_999);
    expect(amounts((await metrics())[0])).toEqual({});
    await pass(1);
    expect(amounts((await metrics())[0])).toEqual({ [`${EVERYONE} ${OPUS}`]: 110 });
  });

  it("every measure is kept, and total tokens are the four kinds together", async () => {
    const { account, pass } = setUp();
    const caller = account.callers.caller("role/alice", OPUS);
    account.call(caller, { inputTokens: 1, outputTokens: 2, cacheReadTokens: 4, cacheWriteTokens: 8, images: 3 });
    account.call(caller, { inputTokens: 1, outputTokens: 2 });
    await pass(MINUTE);
    const measures = [
      ["invocations", 2],
      ["inputTokens", 2],
      ["outputTokens", 4],
      ["cacheReadTokens", 4],
      ["cacheWriteTokens", 8],
      ["totalTokens", 18],
      ["images", 3],
    ] as const;
    const readings = await account.ports.usage.logs.read(measures.map(([measure]) => ask({ measure })));
    expect(readings.map((reading) => amounts(reading)[`role/alice ${OPUS}`])).toEqual(measures.map(([, n]) => n));
  });

  it("late records belong to the period of their completion", async () => {
    const { clock, account, pass } = setUp();
    await clock.runUntil(TODAY.end - 1_000);
    account.call(account.callers.caller("role/alice", OPUS), use(7));
    await pass(MINUTE);
    const tomorrow = { start: TODAY.end, end: TODAY.end + DAY };
    const readings = await account.ports.usage.logs.read([ask(), ask({ span: tomorrow })]);
    expect(readings.map(amounts)).toEqual([{ [`role/alice ${OPUS}`]: 7 }, {}]);
  });

  it("spans of any length add up to the same, whatever the order of delivery", async () => {
    const latency = fixedLatency({ logDeliveryMs: { uniform: [0, 600_000] } });
    const { account, pass } = setUp({ latency });
    const caller = account.callers.caller("role/alice", OPUS);
    for (let minute = 0; minute < 120; minute++) {
      account.call(caller, use(1 + minute));
      await pass(MINUTE);
    }
    await pass(20 * MINUTE);
    const hour = (n: number) => ({ start: START + n * 60 * MINUTE, end: START + (n + 1) * 60 * MINUTE });
    const readings = await account.ports.usage.logs.read([ask({ span: hour(0) }), ask({ span: hour(1) }), ask()]);
    expect(readings.map((reading) => amounts(reading)[`role/alice ${OPUS}`])).toEqual([1830, 5430, 7260]);
  });

  it("an answer is the same object as long as nothing was added", async () => {
    const { account, pass } = setUp();
    const caller = account.callers.caller("role/alice", OPUS);
    const read = async () => {
      const [reading] = await account.ports.usage.logs.read([ask()]);
      return reading?.status === "known" ? reading.table : undefined;
    };
    account.call(caller, use(1));
    await pass(MINUTE);
    const before = await read();
    expect(await read()).toBe(before);
    account.call(caller, use(1));
    await pass(MINUTE);
    expect(await read()).not.toBe(before);
  });

  it("money adds up without drift, at the price of the spelling that was called", async () => {
    const { account, pass } = setUp();
    const direct = account.callers.caller("role/alice", OPUS);
    for (let call = 0; call < 1_000; call++) account.call(direct, use(7));
    account.call(account.callers.caller("role/bob", `us.${OPUS}`), use(1_000_000));
    account.call(account.callers.caller("role/carol", `global.${OPUS}`), use(1_000_000));
    await pass(MINUTE);
    const [usd] = await account.ports.usage.logs.read([ask({ measure: "usd" })]);
    const { [`role/alice ${OPUS}`]: alice, [`role/bob ${OPUS}`]: geo, [`role/carol ${OPUS}`]: global } = amounts(usd);
    expect(geo).toBeCloseTo((global as number) * 1.1, 9);
    expect(alice).toBe((7_000 * (geo as number)) / 1e6);
  });

  it("a model without a known price makes money unknown, in words, until someone sets a price", async () => {
    const { account, pass } = setUp();
    account.call(account.callers.caller("role/alice", "acme.model-one"), use(1_000_000));
    await pass(MINUTE);
    const read = async () => (await account.ports.usage.logs.read([ask({ measure: "usd" })]))[0];
    const before = await read();
    expect(amounts(before)).toEqual({ "role/alice acme.model-one": Number.NaN });
    expect(before?.status === "known" && before.table.gap).toMatch("acme.model-one");
    account.parameters.put("prices/acme", '{ "models": ["acme.*"], "perMillion": { "totalTokens": 3 } }');
    account.parameters.put("prices/acme", '{ "models": ["acme.*"], "perMillion": { "inputTokens": 3 } }');
    expect(amounts(await read())).toEqual({ "role/alice acme.model-one": 3 });
  });

  it("a budget shows its models' money of the month as of the last bill", async () => {
    const budgets = [{ name: "opus", amount: 50, models: ["anthropic.claude-opus-*"] }];
    const { account, pass } = setUp({ budgets });
    account.call(account.callers.caller("role/alice", OPUS), use(1_000_000));
    account.call(account.callers.caller("role/alice", HAIKU), use(1_000_000));
    const budget = () => account.ports.usage.budget.read([ask({ source: "budget:opus", span: undefined })]);
    await pass(28_799_999);
    expect(amounts((await budget())[0])).toEqual({});
    await pass(1);
    const [reading] = await budget();
    const [usd] = await account.ports.usage.logs.read([ask({ measure: "usd" })]);
    expect(amounts(reading)).toEqual({ [`${EVERYONE} *`]: amounts(usd)[`role/alice ${OPUS}`] });
    const month = { start: Date.UTC(2026, 0, 1), end: Date.UTC(2026, 1, 1) };
    expect(reading).toMatchObject({ status: "known", span: month, threshold: 50 });
  });

  it("a silenced source is unknown for as long as it is, and a budget nobody made always", async () => {
    const { account } = setUp();
    account.silences.silence("logs", "the log group is gone");
    expect(await account.ports.usage.logs.read([ask()])).toEqual([{ status: "unknown", why: "the log group is gone" }]);
    account.silences.restore("logs");
    expect(await account.ports.usage.logs.read([ask()])).toMatchObject([{ status: "known" }]);
    const budget = ask({ source: "budget:none", span: undefined });
    expect(await account.ports.usage.budget.read([budget])).toMatchObject([{ status: "unknown" }]);
  });

  it("mantle has no invocation log, and its metrics know no cache", async () => {
    const { account, pass } = setUp();
    const caller = account.callers.caller("role/alice", OPUS, "mantle");
    account.call(caller, { inputTokens: 1, outputTokens: 2, cacheReadTokens: 4 });
    await pass(5 * MINUTE);
    const measures = ["inputTokens", "outputTokens", "cacheReadTokens"] as const;
    const metrics = await account.ports.usage.metrics.read(
      measures.map((measure) => ask({ source: "metrics", measure })),
    );
    expect(metrics.map((reading) => amounts(reading)[`${EVERYONE} ${OPUS}`] ?? 0)).toEqual([5, 2, 0]);
    expect(amounts((await account.ports.usage.logs.read([ask()]))[0])).toEqual({});
  });
});
