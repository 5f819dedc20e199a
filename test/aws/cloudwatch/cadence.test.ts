import { isDue, isNear } from "@bedrock-governor/aws/cloudwatch/cadence";
import type { Limit } from "@bedrock-governor/core/limit/limit";
import type { Period } from "@bedrock-governor/core/period/period";
import { createCalendar } from "@bedrock-governor/core/period/span-at";
import type { UsageQuery } from "@bedrock-governor/core/reconcile/ports";
import { usageNeeds } from "@bedrock-governor/core/reconcile/queries";
import { describe, expect, it } from "vitest";
import { limit } from "../../support/limit.ts";
import { amounts, call, DAY, HOUR, MINUTE, NOVA, OPUS, regionCatalogue, setUp } from "./setup.ts";

const AT = DAY + 9 * HOUR;
const ofMetrics = (name: string, changes: Partial<Limit>): Limit =>
  limit(name, { source: "metrics", measure: "totalTokens", per: { principal: false, model: false }, ...changes });

/** A governor that runs once a minute, and what each run asks CloudWatch for. */
function runs(limits: readonly Limit[], models: readonly string[] = [NOVA, OPUS]) {
  const account = setUp({ limits, regions: { "us-east-1": regionCatalogue(models) } });
  const { spanAt } = createCalendar();
  const queries = (): readonly UsageQuery[] => usageNeeds(limits, [], account.state.now, spanAt, new Set()).queries;
  return {
    ...account,
    async run() {
      const readings = await account.port.read(queries());
      account.state.now += MINUTE;
      return { readings, asked: account.cloud.asked() };
    },
    async counts(minutes: number) {
      const asked: number[] = [];
      for (let minute = 0; minute < minutes; minute++) {
        await account.port.read(queries());
        asked.push(account.cloud.asked().length);
        account.state.now += MINUTE;
      }
      return asked;
    },
  };
}

describe("how near a limit is", () => {
  const at = (minutes: number, share: number) => ({ at: minutes * MINUTE, share });
  it.each([
    ["nothing is known yet", [], true],
    ["usage is unknown", [at(0, 0.1), at(5, Number.NaN)], true],
    ["it was unknown before", [at(0, Number.NaN), at(5, 0.1)], true],
    ["usage is low", [at(0, 0.1)], false],
    ["usage is at half of the first step", [at(0, 0.5)], true],
    ["it will be reached in more than 15 minutes", [at(0, 0.2), at(5, 0.39)], false],
    ["it will be reached within 15 minutes", [at(0, 0.2), at(5, 0.41)], true],
    ["a period has just begun", [at(0, 0.9), at(5, 0)], false],
  ] as const)("when %s", (_name, samples, near) => {
    expect(isNear(samples)).toBe(near);
  });

  it("decides between each minute and each five, give or take a late schedule", () => {
    expect([0.4, 0.6, 1].map((minutes) => isDue(0, minutes * MINUTE, true))).toEqual([false, true, true]);
    expect([4, 4.6, 5].map((minutes) => isDue(0, minutes * MINUTE, false))).toEqual([false, true, true]);
  });
});

describe("reading at the pace that limits need", () => {
  const tokens = ofMetrics("tokens", { models: [OPUS], threshold: 1000 });

  it("watches a quiet model by its calls alone, each five minutes", async () => {
    const { counts } = runs([tokens]);
    // A bare id, two profiles and one mantle id.
    expect(await counts(11)).toEqual([4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4]);
  });

  it("reads tokens where calls moved, and once more when they have settled", async () => {
    const { cloud, run, state } = runs([tokens]);
    await run();
    call(cloud, OPUS, state.now - 2 * MINUTE, 10);
    state.now += 4 * MINUTE;
    const kinds = ["CacheReadInputTokens", "CacheWriteInputTokens", "InputTokenCount", "OutputTokenCount"];
    const moved = await run();
    expect(moved.asked.slice(4).sort()).toEqual(kinds.map((kind) => `${kind} ${OPUS}`));
    state.now += 4 * MINUTE;
    // Tokens of the same call that were published later than the call.
    cloud.put({ metric: "OutputTokenCount", dimensions: { ModelId: OPUS }, at: AT + 3 * HOUR - MINUTE, value: 5 });
    const settled = await run();
    // Three spellings by their calls, and four kinds of tokens without asking for the calls again.
    expect([settled.asked.length, settled.readings.map(amounts)]).toEqual([7, [{ [OPUS]: 15 }]]);
    state.now += 4 * MINUTE;
    expect((await run()).asked).toHaveLength(7);
    state.now += 4 * MINUTE;
    expect((await run()).asked).toHaveLength(4);
  });

  it("reads each minute from half of the first step on, and each five after the reset", async () => {
    const { cloud, run, counts, state } = runs([tokens]);
    await run();
    call(cloud, OPUS, state.now - MINUTE, 400);
    state.now += 4 * MINUTE;
    // The calls moved; the tokens are followed until they have not for five minutes.
    expect(await counts(7)).toEqual([8, 7, 7, 7, 7, 7, 4]);
    expect((await counts(10)).at(-1)).toBe(4);
    state.now = DAY + 24 * HOUR;
    const [first, ...next] = await counts(6);
    expect([first, next]).toEqual([4, [0, 0, 0, 0, 4]]);
  });

  it("reads each minute when usage grows fast", async () => {
    const { cloud, run, state } = runs([tokens]);
    await run();
    for (const share of [0, 100, 250]) {
      call(cloud, OPUS, state.now, share);
      state.now += 4 * MINUTE;
      await run();
    }
    expect((await run()).asked.length).toBeGreaterThan(0);
  });

  it("does not take growth since five minutes ago for growth within one", async () => {
    const { cloud, run, counts, state } = runs([tokens]);
    await run();
    call(cloud, OPUS, state.now - MINUTE, 160);
    await run();
    expect(await counts(6)).toEqual([0, 0, 0, 8, 0, 0]);
    expect(state.now).toBe(DAY + 12 * HOUR + 8 * MINUTE);
  });

  it("does not hurry for what has no price", async () => {
    const { cloud, counts } = runs([ofMetrics("dollars", { models: ["acme.unheard-of-v1:0"], measure: "usd" })]);
    call(cloud, "acme.unheard-of-v1:0", AT, 5);
    expect((await counts(4)).slice(1)).toEqual([0, 0, 0]);
  });

  it("keeps the pace of each model where the threshold is per model", async () => {
    const per = ofMetrics("per", { models: [NOVA, OPUS], threshold: 1000, per: { principal: false, model: true } });
    const { cloud, run } = runs([per]);
    call(cloud, OPUS, AT, 900);
    await run();
    const { asked } = await run();
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((one) => one.includes("nova"))).toEqual([]);
  });

  it("asks again at once for what was unread", async () => {
    const { cloud, run } = runs([tokens]);
    cloud.statuses.set(OPUS, "InternalError");
    expect((await run()).readings.map(amounts)).toEqual([{ [OPUS]: Number.NaN }]);
    cloud.statuses.clear();
    const { asked, readings } = await run();
    expect([asked, readings.map(amounts)]).toEqual([expect.arrayContaining([`Invocations ${OPUS}`]), [{ [OPUS]: 0 }]]);
  });

  it("gives a remembered amount of a rolling span without what has left it", async () => {
    const hour = ofMetrics("hour", {
      models: [OPUS],
      threshold: 1e6,
      period: { kind: "rolling", lengthMs: HOUR, text: "PT1H" },
    });
    const { cloud, run, state } = runs([hour]);
    call(cloud, OPUS, state.now - 59 * MINUTE, 100);
    call(cloud, OPUS, state.now - 30 * MINUTE, 7);
    expect((await run()).readings.map(amounts)).toEqual([{ [OPUS]: 107 }]);
    state.now += MINUTE;
    const { readings, asked } = await run();
    expect([asked, readings.map(amounts)]).toEqual([[], [{ [OPUS]: 7 }]]);
  });

  it("gives usage up to a reset minute by minute, and never as it was some minutes ago", async () => {
    const { cloud, run, state, ask } = runs([tokens]);
    await run();
    const reset = state.now - MINUTE - 1;
    call(cloud, OPUS, reset - 3 * MINUTE, 20);
    call(cloud, OPUS, reset + 2 * MINUTE, 5);
    for (const seen of [20, 27]) {
      expect(amounts(await ask("totalTokens", [OPUS], { start: DAY, end: reset }))).toEqual({ [OPUS]: seen });
      // Published late.
      call(cloud, OPUS, reset - 2 * MINUTE, 7);
      state.now += MINUTE;
    }
  });

  it("costs what it should: 20 models of three spellings under 30 limits", async () => {
    const models = Array.from({ length: 20 }, (_, number) => `acme.model-${number}`);
    const periods: readonly Period[] = [
      ...(["hour", "day", "month"] as const).map(
        (unit) => ({ kind: "calendar", unit, timeZone: "Europe/Berlin" }) as const,
      ),
      { kind: "calendar", unit: "day", timeZone: "Asia/Kolkata" },
      { kind: "rolling", lengthMs: 5 * MINUTE, text: "PT5M" },
    ];
    const measures = ["totalTokens", "invocations", "usd"] as const;
    const limits = Array.from({ length: 30 }, (_, number) =>
      ofMetrics(`limit-${number}`, {
        models,
        measure: measures[number % 3] ?? "usd",
        period: periods[number % 5] ?? { kind: "calendar", unit: "day", timeZone: "UTC" },
        threshold: 1e9,
      }),
    );
    const quiet = await runs(limits, models).counts(11);
    // 20 × (3 spellings and mantle): at first for the month and for the last minutes, then for both at once.
    expect(quiet).toEqual([160, 0, 0, 0, 0, 80, 0, 0, 0, 0, 80]);

    const near = runs(
      limits.map((one) => ({ ...one, threshold: 10_000 })),
      models,
    );
    for (const model of models) call(near.cloud, `us.${model}`, AT + 3 * HOUR - 2 * MINUTE, 1000);
    // Five metrics more of each series that moved: at first in both windows.
    expect(await near.counts(3)).toEqual([360, 180, 180]);
  });

  it("asks for one metric a minute of a series whose limits are near and of one metric, quiet or not", async () => {
    const day = { models: [OPUS], measure: "inputTokens", threshold: 1000 } as const;
    const hour = { kind: "calendar", unit: "hour", timeZone: "UTC" } as const;
    const { cloud, state, run } = runs([ofMetrics("day", day), ofMetrics("hour", { ...day, period: hour })]);
    call(cloud, OPUS, state.now - 2 * MINUTE, 900);
    await run();
    for (let minute = 0; minute < 20; minute++) {
      call(cloud, OPUS, state.now - MINUTE, 1);
      expect((await run()).asked.toSorted()).toEqual([
        `Inferences anthropic.claude-opus-4-5`,
        `InputTokenCount ${OPUS}`,
        `Invocations global.${OPUS}`,
        `Invocations us.${OPUS}`,
      ]);
    }
  });

  it("does not lose tokens that are published minutes after their call", async () => {
    const { cloud, state, run } = runs([tokens]);
    await run();
    state.now += 4 * MINUTE;
    const at = state.now - MINUTE;
    call(cloud, OPUS, at);
    expect((await run()).readings.map(amounts)).toEqual([{ [OPUS]: 0 }]);
    state.now += MINUTE;
    cloud.put({ metric: "InputTokenCount", dimensions: { ModelId: OPUS }, at, value: 70 });
    state.now += 3 * MINUTE;
    expect((await run()).readings.map(amounts)).toEqual([{ [OPUS]: 70 }]);
  });

  it("goes back to the calls of a series whose calls all fail, at a sixth above the price of one metric", async () => {
    const { cloud, state, counts } = runs([
      ofMetrics("near", { models: [OPUS], measure: "inputTokens", threshold: 10 }),
    ]);
    call(cloud, OPUS, state.now - MINUTE, 9);
    await counts(1);
    let asked = 0;
    for (let minute = 0; minute < 60; minute++) {
      call(cloud, OPUS, state.now);
      asked += (await counts(1))[0] ?? Number.NaN;
    }
    expect(asked).toBe(60 * 3 + 70);
  });

  it("does not read a road that does not tell what is asked", async () => {
    const { run } = runs([ofMetrics("cached", { models: [OPUS], measure: "cacheReadTokens" })]);
    const { asked, readings } = await run();
    expect(asked.filter((one) => one.startsWith("Inferences"))).toEqual([]);
    expect(readings.map(amounts)).toEqual([{ [OPUS]: 0 }]);
  });

  it("watches by calls from where it stopped to follow: nothing is read twice in five minutes", async () => {
    const { cloud, state, counts } = runs([tokens]);
    await counts(5);
    call(cloud, OPUS, state.now - MINUTE, 10);
    expect(await counts(16)).toEqual([8, 0, 0, 0, 0, 7, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4]);
  });

  it("does not take calls for new that a rolling span has left behind", async () => {
    const period = { kind: "rolling", lengthMs: 5 * MINUTE, text: "PT5M" } as const;
    const { cloud, state, counts } = runs([ofMetrics("rolling", { models: [OPUS], threshold: 1e6, period })]);
    call(cloud, OPUS, state.now - 20 * MINUTE, 10);
    expect(await counts(16)).toEqual([4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4]);
  });

  it("does not know tokens while the calls are unread that they are watched by", async () => {
    const { cloud, state, run } = runs([tokens]);
    call(cloud, OPUS, AT, 10);
    expect((await run()).readings.map(amounts)).toEqual([{ [OPUS]: 10 }]);
    state.now += HOUR;
    await run();
    state.now += HOUR;
    cloud.statuses.set(`Invocations ${OPUS}`, "InternalError");
    expect((await run()).readings.map(amounts)).toEqual([{ [OPUS]: Number.NaN }]);
  });

  it("finds what was published hours late when it reads all of a window again", async () => {
    const { cloud, state, run } = runs([tokens]);
    await run();
    call(cloud, OPUS, state.now - 2 * HOUR, 30);
    state.now += 3 * HOUR;
    expect((await run()).readings.map(amounts)).toEqual([{ [OPUS]: 0 }]);
    state.now += 3 * HOUR;
    expect((await run()).readings.map(amounts)).toEqual([{ [OPUS]: 30 }]);
  });

  it("sees the gap that a pause of hours left", async () => {
    const { cloud, state, run } = runs([tokens]);
    await run();
    call(cloud, OPUS, state.now + HOUR, 5);
    call(cloud, OPUS, state.now + 4 * HOUR, 6);
    state.now += 5 * HOUR;
    expect((await run()).readings.map(amounts)).toEqual([{ [OPUS]: 11 }]);
  });
});
