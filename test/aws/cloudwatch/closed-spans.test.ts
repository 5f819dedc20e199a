import type { Span } from "@bedrock-governor/core/period/period";
import type { UsageReading } from "@bedrock-governor/core/reconcile/ports";
import { describe, expect, it } from "vitest";
import { amounts, call, DAY, HOUR, MINUTE, OPUS, setUp } from "./setup.ts";

const NOON = DAY + 12 * HOUR;
const hour = (start: number): Span => ({ start, end: start + HOUR });

/** A process of a day in which the model was called once an hour, with as many tokens as it was o'clock. */
function calledHourly() {
  const scene = setUp();
  for (let clock = 0; clock < 24; clock++) call(scene.cloud, OPUS, DAY + clock * HOUR + 30 * MINUTE, clock);
  const tokens = async (...spans: readonly Span[]) => {
    const queries = spans.map((span) => ({
      source: "metrics" as const,
      measure: "totalTokens" as const,
      models: [OPUS],
      span,
    }));
    return (await scene.port.read(queries)).map((reading: UsageReading) => amounts(reading)[OPUS]);
  };
  return { ...scene, tokens };
}

describe("a span that was over when it was read", () => {
  it("does not stand for the time from its end to when it was read", async () => {
    const { state, tokens } = calledHourly();
    state.now = NOON + 10 * MINUTE;
    expect(await tokens({ start: DAY, end: DAY + 4 * HOUR })).toEqual([0 + 1 + 2 + 3]);
    state.now = NOON + 31 * MINUTE;
    expect(await tokens(hour(DAY + 5 * HOUR), hour(DAY + 9 * HOUR), hour(DAY + 11 * HOUR))).toEqual([5, 9, 11]);
  });

  it("can be followed at once by a later one", async () => {
    const { state, tokens } = calledHourly();
    state.now = NOON;
    for (const clock of [3, 5, 7, 11]) expect(await tokens(hour(DAY + clock * HOUR))).toEqual([clock]);
  });

  it("can be followed by a longer one, a part of which was read in between", async () => {
    const { state, tokens } = calledHourly();
    state.now = NOON;
    expect(await tokens(hour(DAY + 2 * HOUR))).toEqual([2]);
    state.now = NOON + 40 * MINUTE;
    expect(await tokens(hour(DAY + 4 * HOUR))).toEqual([4]);
    expect(await tokens({ start: DAY + 2 * HOUR, end: DAY + 12 * HOUR })).toEqual([
      2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10 + 11,
    ]);
  });

  it("costs no more metrics for two days of hours than for one hour", async () => {
    const metrics = async (hours: number) => {
      const { state, tokens, cloud } = calledHourly();
      const asked: number[] = [];
      for (let turn = 0; turn < 4; turn++) {
        state.now = NOON + (turn * 60 + 31) * MINUTE;
        const last = NOON + (turn - 1) * HOUR;
        await tokens(...Array.from({ length: hours }, (_, ago) => hour(last - ago * HOUR)));
        asked.push(cloud.asked().length);
      }
      return asked;
    };
    expect(await metrics(49)).toEqual(await metrics(1));
  });
});
