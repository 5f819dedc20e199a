import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWorld, dailyLimit, HOUR, MINUTE, NOVA } from "../../support/world.ts";

const ALICE = "role/alice";
const loop = (more: Record<string, unknown> = {}) => dailyLimit({ period: "rolling PT10M", models: [NOVA], ...more });

describe("a warning", () => {
  it("is told once of rolling usage that swings far around a step, and again when that was quiet for a period", async () => {
    const world = createWorld();
    world.settings.set("limits/loop", loop());
    const minutes = async (count: number, spendAt: (minute: number) => number) => {
      for (let minute = 0; minute < count; minute++) {
        const amount = spendAt(minute);
        if (amount > 0) world.spend(ALICE, NOVA, amount);
        await world.run();
        await world.pass(MINUTE);
      }
    };
    // 85 % for ten minutes, then nothing for two: far below the lift mark, and back.
    await minutes(60, (minute) => (minute % 12 === 0 ? 85 : 0));
    expect(world.told("Limit Warned")).toHaveLength(1);
    await minutes(21, () => 0);
    await minutes(1, () => 85);
    expect(world.told("Limit Warned")).toHaveLength(2);
  });

  it("is told anew under another threshold, and not when the old one is back", async () => {
    const world = createWorld();
    world.settings.set("limits/loop", loop({ period: "rolling PT1H" }));
    world.spend(ALICE, NOVA, 85);
    await world.run();
    for (const threshold of [200, 100]) {
      await world.pass(MINUTE);
      world.settings.set("limits/loop", loop({ period: "rolling PT1H", threshold }));
      if (threshold === 200) {
        await world.run();
        world.spend(ALICE, NOVA, 80);
      }
      await world.run();
    }
    expect(world.told("Limit Warned").map(({ threshold }) => threshold)).toEqual([100, 200]);
  });

  it("is not repeated because an early version of the governor did not note the threshold", async () => {
    const world = createWorld();
    world.settings.set("limits/loop", loop());
    const since = world.clock.now();
    const mark = { kind: "held-step" as const, limit: "loop", key: { principal: ALICE }, at: 80, since };
    await world.ports.journal.commit([{ writes: [{ op: "open", mark }] }]);
    world.spend(ALICE, NOVA, 85);
    await world.run();
    await world.pass(11 * MINUTE);
    await world.run();
    world.spend(ALICE, NOVA, 85);
    await world.run();
    expect(world.told("Limit Warned")).toEqual([]);
  });

  it("is told at most once per step and period, however usage goes up and down and thresholds back and forth", async () => {
    const moment = fc.record({
      amount: fc.integer({ min: 0, max: 60 }),
      pass: fc.integer({ min: 1, max: 15 }),
      threshold: fc.constantFrom(undefined, undefined, undefined, 100, 140),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("rolling PT10M", "rolling PT1H", "hour"),
        fc.array(moment, { minLength: 5, maxLength: 40 }),
        async (period, moments) => {
          const world = createWorld();
          const steps = [
            { at: 50, notify: true },
            { at: 80, notify: true },
            { at: 120, deny: true },
          ];
          const set = (threshold: number) => world.settings.set("limits/loop", loop({ period, threshold, steps }));
          set(100);
          for (const { amount, pass, threshold } of moments) {
            if (threshold !== undefined) set(threshold);
            world.spend(ALICE, NOVA, amount);
            await world.run();
            await world.pass(pass * MINUTE);
          }
          const lengthMs = period === "rolling PT10M" ? 10 * MINUTE : HOUR;
          const last = new Map<string, number>();
          for (const { step, threshold, time } of world.told("Limit Warned")) {
            const id = `${step} of ${threshold}`;
            const before = last.get(id);
            const turn = period === "hour" ? Math.floor(time / HOUR) : time;
            if (before !== undefined) expect(turn - before).toBeGreaterThanOrEqual(period === "hour" ? 1 : lengthMs);
            last.set(id, turn);
          }
        },
      ),
    );
  });
});
