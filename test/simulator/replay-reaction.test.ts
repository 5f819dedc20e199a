import { createLatency } from "@bedrock-governor/simulator/latency";
import { createReaction } from "@bedrock-governor/simulator/replay/reaction";
import { describe, expect, it } from "vitest";
import { MINUTE, START, setUp } from "./account-scene.ts";
import { fixedLatency } from "./fixed-latency.ts";

/** When runs began, in milliseconds, if usage is metered or the governor woken at these times. */
async function runsOf(metered: readonly number[], woken: readonly number[] = [], reconcileMs = 700) {
  const latency = fixedLatency({ reconcileMs: { fixed: reconcileMs } });
  const { account, clock } = setUp({ latency });
  const runs: number[] = [];
  const { account: id, partition } = account.place;
  const reaction = createReaction({
    clock,
    seed: 1,
    latency: createLatency(latency),
    deployment: { stage: "test", account: id, partition, protectedPrincipals: [], enforcement: "on" },
    ports: account.ports,
    reported: ({ at }) => runs.push(at - START),
  });
  for (const at of metered) clock.at(START + at, reaction.metered);
  for (const at of woken) clock.at(START + at, reaction.wake);
  await clock.runUntil(START + MINUTE);
  expect(reaction.runs).toBe(runs.length);
  return runs;
}

describe("what wakes the governor in a replay", () => {
  it("runs at each tick of the schedule if nothing else happens", async () => {
    expect(await runsOf([])).toEqual([0, MINUTE]);
  });

  it("is woken a moment after something was metered, once for all of that moment", async () => {
    expect(await runsOf([10_000, 10_050, 10_100])).toEqual([0, 10_100, MINUTE]);
  });

  it("is woken at most once a second however much is metered", async () => {
    const always = Array.from({ length: 300 }, (_, number) => 10_000 + number * 10);
    expect(await runsOf(always)).toEqual([0, 10_100, 11_100, 12_100, 13_100, MINUTE]);
  });

  it("begins no run during another, but one more after it, however often it was woken", async () => {
    expect(await runsOf([], [10_000, 10_200, 10_400], 5_000)).toEqual([0, 10_000, 15_000, MINUTE]);
  });
});
