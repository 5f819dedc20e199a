import type { UsagePort, UsageReading } from "@bedrock-governor/core/reconcile/ports";
import { EVERYONE } from "@bedrock-governor/core/usage/usage-table";
import { expect, it } from "vitest";
import { HOUR, MINUTE, MONDAY_NOON } from "../support/world.ts";
import { captureOutput } from "./output.ts";
import { reconcileFunction } from "./setup.ts";

const output = captureOutput();
const MONTH = { start: Date.UTC(2026, 0, 1), end: Date.UTC(2026, 1, 1) };

const dollars = (amount: number, more: object = {}): UsagePort => ({
  read: async (queries) =>
    queries.map(({ span = MONTH }): UsageReading => {
      const table = { principals: [EVERYONE], models: ["*"], amounts: Float64Array.of(amount) };
      return { status: "known", table, span, ...more };
    }),
});

it("tells of money when it was compared, not each minute, and with each reading as of when it is billed", async () => {
  const { world, restart, invoke } = reconcileFunction();
  world.settings.set("limits/bedrock", { models: ["*"], principals: ["*"], source: "budget:bedrock" });
  let asOf = MONDAY_NOON - 7 * HOUR;
  const budget: UsagePort = { read: (queries) => dollars(8, { threshold: 100, asOf }).read(queries) };
  const logs: UsagePort = {
    read: async (queries) => queries.map(() => ({ status: "unknown", why: "no region is metered" })),
  };
  restart({ usage: { ...world.ports.usage, logs, budget }, measured: { runtime: dollars(6), mantle: dollars(4) } });

  for (let minute = 0; minute < 5; minute++) {
    await invoke();
    await world.pass(MINUTE);
  }
  expect(output.logged("money side by side")).toMatchObject([
    {
      limit: "bedrock",
      money: "estimate unknown (no region is metered), metered $10, billed $8",
      asOf: "2026-01-05T05:00:00.000Z",
      billedToMetered: "20 % below",
    },
  ]);
  expect(output.logged("usage read")[0]).toMatchObject({
    readings: {
      bedrock: { usage: 8, threshold: 100, percent: 8, billed: "billed as of 5 Jan 05:00 UTC (7 h ago), healthy" },
    },
  });

  asOf += 8 * HOUR;
  await world.pass(HOUR);
  await invoke();
  expect(output.logged("money side by side")).toHaveLength(2);

  asOf += 72 * HOUR;
  await world.pass(72 * HOUR);
  await invoke();
  expect(output.logged("money side by side").at(-1)).toMatchObject({
    advice: expect.stringMatching(/^billed is 20 % below what was metered since 2026-01-05: .*"multiplier":0.8}$/),
  });
});

it("counts a budget that is new in its period as no unknown reading, on which an alarm rings, but one that failed", async () => {
  const { world, restart, invoke } = reconcileFunction();
  world.settings.set("limits/bedrock", { models: ["*"], principals: ["*"], source: "budget:bedrock" });
  let more: { readonly expected?: true } = { expected: true };
  const budget: UsagePort = {
    read: async (queries) => queries.map(() => ({ status: "unknown", why: "not worked out yet", ...more })),
  };
  restart({ usage: { ...world.ports.usage, budget } });
  await invoke();
  expect(output.metrics()).toMatchObject({ UnknownReadings: 0 });
  more = {};
  await world.pass(MINUTE);
  await invoke();
  expect(output.metrics()).toMatchObject({ UnknownReadings: 1 });
});
