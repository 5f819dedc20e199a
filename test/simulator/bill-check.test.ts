import type { Report } from "@bedrock-governor/core/reconcile/report";
import { createLatency, defaultLatency } from "@bedrock-governor/simulator/latency";
import { createReaction } from "@bedrock-governor/simulator/replay/reaction";
import { expect, it } from "vitest";
import { HAIKU, MINUTE, OPUS, setUp, use } from "./account-scene.ts";

const LIMIT = { models: ["anthropic.claude-opus-*"], principals: ["*"], source: "budget:opus", threshold: 1_000_000 };

it("the bill of the account agrees with its log and with CloudWatch, and is as old as billing makes it", async () => {
  const budgets = [{ name: "opus", amount: 1_000_000, models: ["anthropic.claude-opus-*"] }];
  const { account, clock, pass } = setUp({ latency: defaultLatency, budgets });
  account.parameters.put("limits/opus", JSON.stringify(LIMIT));
  let latest: Report | undefined;
  let compared = 0;
  createReaction({
    clock,
    seed: 1,
    latency: createLatency(defaultLatency),
    deployment: { stage: "test", ...account.place, protectedPrincipals: [], enforcement: "on" },
    ports: { ...account.ports, measured: account.measured },
    reported(report) {
      latest = report;
      if (report.money[0]?.at === report.at) compared++;
    },
  });
  for (let minute = 0; minute < 3 * 24 * 60; minute += 10) {
    const { call, callers } = account;
    call(callers.caller("role/alice", `us.${OPUS}`), use(300_000, 5_000));
    call(callers.caller("role/alice", OPUS, "mantle"), use(100_000, 500));
    call(callers.caller("role/bob", HAIKU), use(800_000, 60));
    await pass(10 * MINUTE);
  }
  const [money] = latest?.money ?? [];
  expect(money).toMatchObject({
    asOf: account.billedUpTo,
    billed: { status: "known" },
    // Calls through bedrock-mantle have no log: CloudWatch tells of them.
    metered: { status: "known" },
    meteredDifference: { way: expect.stringMatching(/agrees|unclear/) },
  });
  if (money?.estimate.status !== "known" || money.metered.status !== "known") throw new Error("nothing was compared");
  expect(money.estimate.all).toBeLessThan(money.metered.all);
  expect(money.lasting).toBeUndefined();
  // Once for each time the bill moved, which is each 8 to 12 hours.
  expect(compared).toBeGreaterThanOrEqual(5);
  expect(compared).toBeLessThanOrEqual(9);
});
