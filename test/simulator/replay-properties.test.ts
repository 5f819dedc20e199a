import { defaultLatency } from "@bedrock-governor/simulator/latency";
import { createRandom } from "@bedrock-governor/simulator/random";
import { describeReplay } from "@bedrock-governor/simulator/replay/describe-replay";
import type { Request } from "@bedrock-governor/simulator/trace/request";
import { describe, expect, it } from "vitest";
import { limit, replayOf } from "./replay-scene.ts";

/** An hour of three principals who call two models now and then. */
function randomTrace(seed: number): Request[] {
  const random = createRandom(seed, "trace");
  return Array.from({ length: 1_500 }, () => ({
    atMs: random.integer(0, 3_600_000),
    model: random.pick(["acme.one", "acme.two"]),
    principal: random.pick(["role/a", "role/b", "role/c"]),
    inputTokens: random.integer(0, 2_000),
    outputTokens: random.integer(0, 3_000),
    cacheWriteTokens: random.integer(0, 100),
    cacheReadTokens: random.integer(0, 5_000),
  })).sort((a, b) => a.atMs - b.atMs);
}

const tokens = (one: Request) => one.inputTokens + one.outputTokens + one.cacheReadTokens + one.cacheWriteTokens;
const completion = (one: Request) => Math.round(one.atMs + 800 + (one.outputTokens * 1000) / 60);
const sum = (requests: readonly Request[]) => requests.reduce((total, one) => total + tokens(one), 0);

describe("every replay", () => {
  it("finds crossings and overshoot as one would by adding up the rows", async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const trace = randomTrace(seed);
      const daily = limit("daily", { threshold: 500_000 });
      const { limits } = await replayOf(trace, [daily], { seed, latency: defaultLatency });
      expect(limits.map(({ key }) => key.principal)).toEqual(["role/a", "role/b", "role/c"]);
      for (const { key, crossings, refused } of limits) {
        const own = trace.filter(({ principal }) => principal === key.principal);
        const [crossing] = crossings;
        if (crossing === undefined) throw new Error("not crossed");
        const completedBy = (ms: number) => sum(own.filter((one) => completion(one) <= ms));
        expect(completedBy(crossing.crossedAtMs)).toBeGreaterThanOrEqual(500_000);
        expect(completedBy(crossing.crossedAtMs - 1)).toBeLessThan(500_000);
        const effective = crossing.effectiveAtMs as number;
        expect(crossing.usedAtEffective).toBe(sum(own.filter(({ atMs }) => atMs < effective)));
        expect(crossing.overshoot).toBe((crossing.usedAtEffective as number) - 500_000);
        expect(refused).toBe(own.filter(({ atMs }) => atMs >= effective).length);
      }
    }
  });

  it("shows first, then denies, then works, and never overshoots by less than its floor", async () => {
    for (const [seed, source] of [
      [1, "logs"],
      [2, "metrics"],
      [3, "budget"],
      [4, "logs"],
    ] as const) {
      const limits = [
        limit("a", { per: ["model"], threshold: 200_000 }),
        limit("b", { per: [], threshold: 900_000 }),
        limit("c", { per: [], models: ["acme.two"], threshold: 400_000, period: "hour" }),
      ];
      const result = await replayOf(randomTrace(seed), limits, { seed, source, latency: defaultLatency });
      const crossings = result.limits.flatMap((key) => key.crossings);
      expect(crossings.length).toBeGreaterThan(1);
      for (const { crossedAtMs, evidenceAtMs, deniedAtMs, effectiveAtMs, overshoot, floor } of crossings) {
        if (evidenceAtMs !== null) expect(evidenceAtMs).toBeGreaterThanOrEqual(crossedAtMs);
        if (deniedAtMs !== null) expect(effectiveAtMs).toBeGreaterThanOrEqual(deniedAtMs);
        if (deniedAtMs !== null) expect(deniedAtMs).toBeGreaterThanOrEqual(crossedAtMs);
        if (floor !== null) expect(floor).toBeLessThanOrEqual(overshoot);
      }
    }
  });

  it("gives the same result for the same seed, and another for another", async () => {
    const text = async (seed: number) =>
      JSON.stringify(
        await replayOf(randomTrace(1), [limit("daily", { threshold: 500_000 })], { seed, latency: defaultLatency }),
      );
    expect(await text(7)).toBe(await text(7));
    expect(JSON.parse(await text(8)).limits).not.toEqual(JSON.parse(await text(7)).limits);
  });

  it("is told in a table that names its limits, its columns and its delays", async () => {
    const daily = limit("daily", { threshold: 500_000 });
    const lines = describeReplay(await replayOf(randomTrace(1), [daily], { latency: defaultLatency })).split("\n");
    expect(lines[0]).toMatch(/^1,500 requests replayed with seed 1, [\d,]+ refused, [\d,]+ runs of the governor\.$/);
    expect(lines[2]).toMatch(
      /^Limit +Key +Source +Threshold +Crossed +Detected +Enforced +Overshoot +Floor +Refused +Lifted$/,
    );
    expect(lines[3]).toMatch(
      /^daily +role\/a +logs +500,000 tokens +1 +[\d.]+ s +[\d.]+ s +[\d.]+ % +[\d.]+ % +[\d,]+ +0$/,
    );
    expect(lines).toContainEqual(expect.stringMatching(/^Floor: /));
    expect(lines).toContainEqual(
      expect.stringMatching(/^ {2}log delivery +3.5 s to 13.3 s +13 public measurements, 2025-08$/),
    );
    expect(lines.every((line) => line.length <= 130 && line === line.trimEnd())).toBe(true);
  });
});
