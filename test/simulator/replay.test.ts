import { describe, expect, it } from "vitest";
import { fixedLatency } from "./fixed-latency.ts";
import { everySecond, limit, only, replayOf } from "./replay-scene.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("a replay on the invocation log", () => {
  it("follows one crossing from completion to the deny, and refuses what comes after it", async () => {
    const result = await replayOf(everySecond(30), [limit("daily")]);
    const { crossing, ...key } = only(result);
    expect(crossing).toEqual({
      // The tenth request.
      crossedAtMs: 9_000,
      // Delivered after 5,000 ms.
      evidenceAtMs: 14_000,
      // Metered after 400, woken after 100, written after 700.
      deniedAtMs: 15_200,
      // Works after 4,000: requests 0 to 19 have arrived.
      effectiveAtMs: 19_200,
      usedAtEffective: 200,
      overshoot: 100,
      overshootPct: 100,
      // At 18,000 requests 0 to 17 had arrived.
      floor: 80,
    });
    expect(key).toMatchObject({
      name: "daily",
      key: { principal: "role/alice" },
      source: "logs",
      measure: "totalTokens",
      threshold: 100,
      line: 100,
      detectionMs: { p50: 6_200, p95: 6_200, max: 6_200 },
      enforcementMs: { p50: 10_200, p95: 10_200, max: 10_200 },
      overshoot: 100,
      floor: 80,
      refused: 10,
      lifts: 0,
    });
    expect(result).toMatchObject({ rows: 30, refused: 10, notes: [] });
  });

  it("counts requests that were under way when the deny began to work", async () => {
    // The last one arrives 200 ms before the deny works and completes 5 s after it.
    const slow = everySecond(1, { atMs: 19_000, inputTokens: 1_000, outputTokens: 5_000 });
    const { crossing } = only(await replayOf([...everySecond(12), ...slow], [limit("daily")]));
    expect(crossing).toMatchObject({ effectiveAtMs: 19_200, usedAtEffective: 6_120, floor: 20 });
  });

  it("goes on after the last row until the deny works", async () => {
    const { crossing } = only(await replayOf(everySecond(10), [limit("daily")]));
    expect(crossing).toMatchObject({
      crossedAtMs: 9_000,
      effectiveAtMs: 19_200,
      overshoot: 0,
      overshootPct: 0,
      floor: 0,
    });
  });

  it("takes a request for a day by its completion, and lets late data of a closed day deny nobody", async () => {
    const lastSecond = everySecond(1, { atMs: DAY - 1_000, inputTokens: 150 });
    const overMidnight = everySecond(1, { atMs: DAY - 500, inputTokens: 60, outputTokens: 1_000 });
    const result = await replayOf([...lastSecond, ...overMidnight], [limit("daily", { threshold: 120 })]);
    expect(result.limits[0]?.crossings).toEqual([
      {
        crossedAtMs: DAY - 1_000,
        evidenceAtMs: null,
        deniedAtMs: null,
        effectiveAtMs: null,
        usedAtEffective: null,
        overshoot: 30,
        overshootPct: 25,
        floor: null,
      },
      expect.objectContaining({ crossedAtMs: DAY + 500, effectiveAtMs: expect.any(Number) }),
    ]);
  });

  it("sees each period's crossing, and the lifts between them", async () => {
    const hours = [0, 1, 2].map((hour) =>
      everySecond(30).map((one) => ({ ...one, atMs: hour * HOUR + one.atMs + 30_000 })),
    );
    const result = await replayOf(hours.flat(), [limit("hourly", { period: "hour" })]);
    const [key] = result.limits;
    expect(key?.crossings.map(({ crossedAtMs }) => crossedAtMs)).toEqual([0, 1, 2].map((hour) => hour * HOUR + 39_000));
    expect(key?.crossings.map(({ overshoot }) => overshoot)).toEqual([100, 100, 100]);
    expect(key).toMatchObject({ refused: 30, lifts: 2, overshoot: 100 });
  });

  it("sees a rolling limit crossed again after its lift", async () => {
    const steady = everySecond(1_200);
    const rolling = limit("rolling", { period: "rolling PT5M", threshold: 100 });
    const [key] = (await replayOf(steady, [rolling])).limits;
    expect(key?.crossings.length).toBeGreaterThan(1);
    expect(key?.lifts).toBe((key?.crossings.length ?? 0) - 1);
    for (const { crossedAtMs, effectiveAtMs, overshoot, floor } of key?.crossings ?? []) {
      expect(effectiveAtMs).toBe(crossedAtMs + 10_200);
      expect([overshoot, floor]).toEqual([100, 80]);
    }
  });

  it("wakes at most once a second, and runs one after the other", async () => {
    const busy = everySecond(10).flatMap((one) =>
      [0, 50, 100, 150, 900].map((ms) => ({ ...one, atMs: one.atMs + ms })),
    );
    const { runs } = await replayOf(busy, [limit("daily", { threshold: 1e9 })]);
    // Once at the start by the schedule, then each second from 5,500 on, until the last is metered at 15,300.
    expect(runs).toBe(12);
    const long = fixedLatency({ reconcileMs: { fixed: 5_000 } });
    expect((await replayOf(busy, [limit("daily", { threshold: 1e9 })], { latency: long })).runs).toBe(4);
  });
});

describe("a replay of limits of every form", () => {
  it("denies everyone that a shared limit selects, and is effective with the last of them", async () => {
    const requests = [
      ...everySecond(30),
      ...everySecond(1, { principal: "role/bob" }),
      ...everySecond(1, { principal: "role/carol" }),
    ];
    const latency = fixedLatency({ iamPropagationMs: { lognormal: { median: 4_000, sigma: 0.5 } } });
    const shared = limit("shared", { per: [], exceptPrincipals: ["role/bob"], threshold: 100 });
    const refusals = new Set<number>();
    for (let seed = 1; seed <= 10; seed++) {
      const { crossing, key, refused } = only(await replayOf(requests, [shared], { latency, seed }));
      expect(key).toEqual({});
      // By nine of Alice's requests and Carol's.
      expect(crossing).toMatchObject({ crossedAtMs: 8_000, evidenceAtMs: 13_000, deniedAtMs: 14_200 });
      // Carol calls no more. What Alice was refused, she was refused from her own deny on.
      expect(crossing.usedAtEffective).toBe(310 - refused * 10);
      const isLast = 30 - Math.ceil((crossing.effectiveAtMs as number) / 1000) === refused;
      refusals.add(isLast ? 1 : 0);
    }
    // With some seeds Alice's deny works last, with others Carol's.
    expect(refusals.size).toBe(2);
  });

  it("measures a limit whose last step that denies is not at 100 % by that step", async () => {
    const steps = [
      { at: 50, notify: true },
      { at: 150, deny: true },
    ];
    const { crossing, line, threshold, overshoot } = only(await replayOf(everySecond(40), [limit("late", { steps })]));
    expect({ line, threshold }).toEqual({ line: 150, threshold: 100 });
    expect(crossing).toMatchObject({ crossedAtMs: 14_000, effectiveAtMs: 24_200, usedAtEffective: 250 });
    expect(overshoot).toBe(100);
  });

  it("counts a model that a step leaves open without refusing it", async () => {
    const steps = [{ at: 100, deny: true, except: ["*cheap*"] }];
    const cheap = everySecond(40, { model: "acme.cheap-one", inputTokens: 1 });
    const { crossing, refused } = only(await replayOf([...everySecond(40), ...cheap], [limit("daily", { steps })]));
    expect(crossing).toMatchObject({ crossedAtMs: 9_000, effectiveAtMs: 19_200, usedAtEffective: 220 });
    expect(refused).toBe(20);
  });

  it("takes the threshold of an override", async () => {
    const overrides = [{ principals: ["role/alice"], threshold: 50 }];
    const { crossing, threshold } = only(await replayOf(everySecond(30), [limit("daily", { overrides })]));
    expect([threshold, crossing.crossedAtMs]).toEqual([50, 4_000]);
  });

  it("lists crossings of limits that deny nobody, with what was used in the end", async () => {
    const observing = limit("a-observing", { mode: "observe" });
    const telling = limit("b-telling", { steps: [{ at: 80, notify: true }] });
    const { limits, refused } = await replayOf(everySecond(30), [observing, telling]);
    expect(refused).toBe(0);
    for (const { crossings, enforcementMs } of limits) {
      expect(crossings).toEqual([
        {
          crossedAtMs: 9_000,
          evidenceAtMs: 14_000,
          deniedAtMs: null,
          effectiveAtMs: null,
          usedAtEffective: null,
          overshoot: 200,
          overshootPct: 200,
          floor: 80,
        },
      ]);
      expect(enforcementMs).toEqual({ p50: null, p95: null, max: null });
    }
  });

  it("is effective at once for someone whom another limit denies already", async () => {
    const slow = everySecond(1, { atMs: 12_000, inputTokens: 500, outputTokens: 20_000 });
    const limits = [limit("a-small"), limit("b-large", { threshold: 400 })];
    const [, large] = (await replayOf([...everySecond(15), ...slow], limits)).limits;
    expect(large?.crossings).toMatchObject([{ crossedAtMs: 32_000, deniedAtMs: 32_000, effectiveAtMs: 32_000 }]);
  });

  it("ends when the mass-deny guard holds the plan, and says that nobody was denied", async () => {
    const requests = ["role/a", "role/b", "role/c"].flatMap((principal) => everySecond(12, { principal }));
    const shared = limit("shared", { per: [] });
    const held = only(await replayOf(requests, [shared], { maxNewDenies: 2 }));
    expect(held.crossing).toMatchObject({ evidenceAtMs: expect.any(Number), deniedAtMs: null, effectiveAtMs: null });
    const free = only(await replayOf(requests, [shared], { maxNewDenies: 3 }));
    expect(free.crossing.effectiveAtMs).not.toBeNull();
  });

  it("says which limits count nothing, and which have no known price", async () => {
    const nobody = limit("a-nobody", { principals: ["role/zoe"] });
    const money = limit("b-money", { measure: "usd", threshold: 0.01 });
    const { limits, notes } = await replayOf(everySecond(30), [nobody, money]);
    expect(limits).toMatchObject([{ name: "b-money", unpriced: ["acme.model-one"], crossings: [] }]);
    expect(notes).toEqual([
      "limit a-nobody counts nothing in this trace",
      "limit b-money cannot deny where the price is not known, and so what was used: acme.model-one",
    ]);
  });

  it("counts money to the billionth of a dollar", async () => {
    const model = "anthropic.claude-opus-4-5-20251101-v1:0";
    const requests = everySecond(30, { model, inputTokens: 1_000 });
    // 1,000 input tokens of this model cost 0.55 cents.
    const { crossing } = only(await replayOf(requests, [limit("money", { measure: "usd", threshold: 0.055 })]));
    expect(crossing).toMatchObject({ crossedAtMs: 9_000, usedAtEffective: 0.11, overshoot: 0.055, overshootPct: 100 });
  });
});

describe("a replay on other sources", () => {
  it("sees metrics when they are published, and acts on them at the next tick of the schedule", async () => {
    const metrics = limit("metrics", { source: "metrics", per: ["model"] });
    const { crossing, key, source } = only(await replayOf(everySecond(300), [metrics]));
    expect([key, source]).toEqual([{ model: "acme.model-one" }, "metrics"]);
    expect(crossing).toEqual({
      crossedAtMs: 9_000,
      // The first minute is published 90 s after its end.
      evidenceAtMs: 150_000,
      deniedAtMs: 180_700,
      effectiveAtMs: 184_700,
      usedAtEffective: 1_850,
      overshoot: 1_750,
      overshootPct: 1_750,
      floor: 1_440,
    });
  });

  it("reads the log's limits as metrics if asked, and those per principal not", async () => {
    const shared = limit("shared", { per: [] });
    const { source, crossing } = only(await replayOf(everySecond(30), [shared], { source: "metrics" }));
    expect([source, crossing.effectiveAtMs]).toEqual(["metrics", 184_700]);
    await expect(replayOf(everySecond(30), [limit("daily")], { source: "metrics" })).rejects.toThrow(
      "limit daily is per principal, and metrics do not tell principals apart; replay it with --source logs.",
    );
  });

  it("shows usage at billing cadence if asked, and keeps what the limit counts and for whom", async () => {
    const requests = [...everySecond(30), ...everySecond(5, { principal: "role/bob" })];
    const { limits } = await replayOf(requests, [limit("daily")], { source: "budget" });
    const crossing = {
      crossedAtMs: 9_000,
      evidenceAtMs: 8 * HOUR,
      deniedAtMs: 8 * HOUR + 700,
      effectiveAtMs: 8 * HOUR + 4_700,
      overshoot: 200,
      floor: 200,
    };
    expect(limits).toMatchObject([
      { source: "budget", key: { principal: "role/alice" }, crossings: [crossing] },
      { source: "budget", key: { principal: "role/bob" }, crossings: [] },
    ]);
  });

  it("has the bill's delay decide nothing when the period is over by then", async () => {
    const hourly = limit("hourly", { period: "hour" });
    const { crossing } = only(await replayOf(everySecond(30), [hourly], { source: "budget" }));
    expect(crossing).toMatchObject({ evidenceAtMs: null, effectiveAtMs: null, overshoot: 200, floor: null });
  });

  it("makes the budgets that limits name, and refuses those without a threshold", async () => {
    const model = "anthropic.claude-opus-4-5-20251101-v1:0";
    const budget = { source: "budget:opus", measure: undefined, per: undefined, period: undefined, threshold: 0.055 };
    const requests = everySecond(30, { model, inputTokens: 1_000 });
    const { source, measure, crossing } = only(await replayOf(requests, [limit("opus", budget)]));
    expect([source, measure]).toEqual(["budget", "usd"]);
    expect(crossing).toMatchObject({ evidenceAtMs: 8 * HOUR, overshoot: 0.11 });
    const logs = only(await replayOf(requests, [limit("opus", budget)], { source: "logs" }));
    expect(logs.crossing).toMatchObject({ evidenceAtMs: 14_000, effectiveAtMs: 19_200 });
    const without = limit("opus", { ...budget, threshold: undefined });
    await expect(replayOf(requests, [without])).rejects.toThrow("write a threshold into it");
  });
});
