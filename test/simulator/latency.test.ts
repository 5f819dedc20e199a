import { createLatency, defaultLatency, LatencyProblem, readLatency } from "@bedrock-governor/simulator/latency";
import { createRandom, hashUniform, randomAt } from "@bedrock-governor/simulator/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const draws = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("randomness that a seed decides", () => {
  it("the same seed and stream give the same numbers, any other seed or stream different ones", () => {
    const names = fc.tuple(fc.integer(), fc.string());
    fc.assert(
      fc.property(names, names, ([seed, stream], [otherSeed, otherStream]) => {
        const numbers = draws(
          3,
          (
            (random) => () =>
              random.next()
          )(createRandom(seed, stream)),
        );
        const again = draws(
          3,
          (
            (random) => () =>
              random.next()
          )(createRandom(seed, stream)),
        );
        const other = draws(
          3,
          (
            (random) => () =>
              random.next()
          )(createRandom(otherSeed, otherStream)),
        );
        expect(again).toEqual(numbers);
        if (seed !== otherSeed || stream !== otherStream) expect(other).not.toEqual(numbers);
      }),
    );
  });

  it("a numbered event's draw does not depend on what was drawn before it", () => {
    const forwards = [0, 1, 2, 3].map((index) => hashUniform(7, "propagation/role/ci", index));
    const backwards = [3, 2, 1, 0].map((index) => hashUniform(7, "propagation/role/ci", index)).reverse();
    expect(forwards).toEqual(backwards);
    expect(randomAt(7, "propagation/role/ci", 2).next()).toBe(forwards[2]);
  });

  it("first draws of neighbouring events and seeds fill the whole range evenly", () => {
    for (const draw of [(i: number) => hashUniform(1, "x", i), (i: number) => hashUniform(i, "x", 1)]) {
      const tenths = new Array<number>(10).fill(0);
      for (let i = 0; i < 20_000; i++) {
        const tenth = Math.floor(draw(i) * 10);
        tenths[tenth] = (tenths[tenth] ?? 0) + 1;
      }
      for (const count of tenths) expect(Math.abs(count - 2_000)).toBeLessThan(200);
    }
  });

  it("each distribution has the middle it promises", () => {
    const random = createRandom(1, "distributions");
    expect(median(draws(20_000, () => random.lognormal(4_000, 0.85)))).toBeCloseTo(4_000, -3);
    expect(mean(draws(20_000, () => random.exponential(50)))).toBeCloseTo(50, -1);
    expect(mean(draws(2_000, () => random.poisson(12)))).toBeCloseTo(12, 0);
    expect(random.poisson(0)).toBe(0);
    expect(new Set(draws(200, () => random.integer(1, 3)))).toEqual(new Set([1, 2, 3]));
    expect(new Set(draws(200, () => random.pick(["a", "b"])))).toEqual(new Set(["a", "b"]));
    expect(() => random.pick([])).toThrow("nothing to pick");
  });
});

describe("the delays a replay assumes", () => {
  it("a request takes 0.8 s and a second for every 60 tokens of its answer", () => {
    const { requestDuration } = createLatency();
    expect(requestDuration(0)).toBe(800);
    expect(requestDuration(600)).toBe(10_800);
  });

  it("no draw leaves the range of the model, and a deny never takes longer than its cap to work", () => {
    const latency = createLatency();
    const random = createRandom(3, "delays");
    const range = (draw: () => number) => {
      const values = draws(5_000, draw);
      return [Math.min(...values), Math.max(...values)] as const;
    };
    const [soonest, latest] = range(() => latency.logDelivery(random));
    expect(soonest).toBeGreaterThanOrEqual(3_500);
    expect(latest).toBeLessThanOrEqual(13_300);
    expect(latest - soonest).toBeGreaterThan(9_500);
    expect(range(() => latency.metricPublication(random))[0]).toBeGreaterThanOrEqual(60_000);
    expect(range(() => latency.metricPublication(random))[1]).toBeLessThanOrEqual(180_000);
    expect(range(() => latency.wake(random))[1]).toBeLessThanOrEqual(1_000);
    expect(range(() => latency.billing(random))[0]).toBeGreaterThanOrEqual(8 * 3_600_000);
    expect(range(() => latency.iamPropagation(random))[1]).toBe(30_000);
    expect([latency.meter(), latency.schedule(), latency.reconcile()]).toEqual([400, 60_000, 700]);
  });

  it("any number can be set, and everything else stays as shipped", () => {
    const model = readLatency({ iamPropagationMs: { lognormal: { median: 90_000 }, cap: 120_000 } });
    expect(model).toEqual({
      ...defaultLatency,
      iamPropagationMs: {
        ...defaultLatency.iamPropagationMs,
        lognormal: { median: 90_000, sigma: 0.85 },
        cap: 120_000,
      },
    });
    expect(readLatency({})).toEqual(defaultLatency);
    expect(createLatency(readLatency({ logDeliveryMs: { uniform: [0, 0] } })).logDelivery(createRandom(1, ""))).toBe(0);
  });

  it.each([
    [
      { logDeliveryMs: { uniform: [9, 3] } },
      "logDeliveryMs.uniform: [9,3] is not allowed; give two numbers, the smaller",
    ],
    [{ logDeliveryMs: { uniform: [9] } }, "logDeliveryMs.uniform: [9] is not allowed; give two numbers"],
    [{ logDelivryMs: {} }, '"logDelivryMs" is not one of requestDurationMs, '],
    [{ meterMs: { fixd: 1 } }, 'meterMs: "fixd" is not one of fixed, source; write fixed or remove it'],
    [{ meterMs: { fixed: "400" } }, 'meterMs.fixed: "400" is not allowed; give a number from 0, at most'],
    [{ meterMs: { fixed: -1 } }, "meterMs.fixed: -1 is not allowed"],
    [{ meterMs: { fixed: null } }, "meterMs.fixed: null is not allowed"],
    [{ meterMs: { fixed: 1e300 } }, "at most 2678400000"],
    [{ scheduleMs: { every: 0 } }, "scheduleMs.every: 0 is not allowed; give a number above 0"],
    [{ requestDurationMs: { outputTokensPerSecond: 0 } }, "give a number above 0"],
    [{ scheduleMs: 60_000 }, "scheduleMs: 60000 is not allowed; give an object with any of every, source"],
    [[], "top level: [] is not allowed; give an object"],
    ["fast", 'top level: "fast" is not allowed'],
  ])("%j is refused in words", (overrides, words) => {
    expect(() => readLatency(overrides)).toThrow(LatencyProblem);
    expect(() => readLatency(overrides)).toThrow(words);
  });
});
