import type { EventType } from "@bedrock-governor/core/reconcile/event";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWorld, DAY, dailyLimit, HOUR, MINUTE, OPUS, type World } from "../../support/world.ts";

const ALICE = "role/alice";

function limited() {
  const world = createWorld();
  world.settings.set("limits/daily", dailyLimit({ owner: "ml-platform" }));
  return world;
}

/** Runs once a minute, with usage unknown whenever it is said so. */
async function minutes(world: World, count: number, isUnknown: (minute: number) => boolean): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    if (isUnknown(minute)) world.usage.silence("logs", "the meter is down");
    else world.usage.restore("logs");
    await world.run();
    await world.pass(MINUTE);
  }
}

const failures: readonly EventType[] = ["Usage Unknown", "Enforcement Failed", "Enforcement Recovered"];
const headlines = (world: World) =>
  world.told(...failures).map(({ type, time, since = Number.NaN }) => [type, at(time), at(since)]);
const at = (time: number) => new Date(time).toISOString().slice(11, 16);

describe("usage that was unknown", () => {
  it("is told to be known again, with the limit, its owner and since when it was not", async () => {
    const world = limited();
    await minutes(world, 20, (minute) => minute < 10);
    expect(headlines(world)).toEqual([
      ["Usage Unknown", "12:05", "12:00"],
      ["Enforcement Recovered", "12:10", "12:00"],
    ]);
    expect(world.told("Usage Unknown", "Enforcement Recovered").map(({ limit, owner }) => [limit, owner])).toEqual([
      ["daily", "ml-platform"],
      ["daily", "ml-platform"],
    ]);
    expect(world.told("Enforcement Recovered")[0]?.reason).toBe(
      "usage is known again. It was unknown from 5 Jan 12:00 UTC on (the meter is down)",
    );
  });

  it("is not said to be known where the limit was removed", async () => {
    const world = limited();
    await minutes(world, 10, () => true);
    world.settings.remove("limits/daily");
    await world.run();
    expect(world.told("Enforcement Recovered")).toEqual([]);
  });

  it("and not for long is not told at all", async () => {
    const world = limited();
    await minutes(world, 30, (minute) => minute % 6 < 4);
    expect(headlines(world)).toEqual([]);
  });
});

describe("a failure that comes and goes", () => {
  it("is told again only where it is there an hour after it was over, and then since when", async () => {
    const world = limited();
    await minutes(world, 90, (minute) => minute < 10 || minute > 30);
    await minutes(world, 5, () => false);
    expect(headlines(world)).toEqual([
      ["Usage Unknown", "12:05", "12:00"],
      ["Enforcement Recovered", "12:10", "12:00"],
      ["Usage Unknown", "13:11", "12:31"],
      ["Enforcement Recovered", "13:30", "12:31"],
    ]);
  });

  it("of a principal is tried on every run, told once an hour, and is no reason to hold anybody's deny", async () => {
    const world = limited();
    world.spend(ALICE, OPUS, 100);
    for (let minute = 0; minute < 55; minute++) {
      if (minute % 2 === 0) world.faults.plan(ALICE, "access denied");
      else world.faults.clear(ALICE);
      const report = await world.run();
      expect(report.blocked).toHaveLength(minute % 2 === 0 ? 1 : 0);
      for (const name of world.attachments.of(ALICE)) world.attachments.write(ALICE, name, false);
      await world.pass(MINUTE);
    }
    expect(world.told("Enforcement Failed")).toHaveLength(1);
    expect(world.told("Enforcement Recovered")).toHaveLength(1);
  });

  it("is told at most once an hour, and its end once for each beginning that was told", async () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(lengths, async (turns) => {
        const world = limited();
        for (const [index, length] of turns.entries()) await minutes(world, length, () => index % 2 === 0);
        const told = world.told(...failures);
        told.forEach(({ type }, index) => {
          expect(type).toBe(index % 2 === 0 ? "Usage Unknown" : "Enforcement Recovered");
        });
        const begun = world.told("Usage Unknown").map(({ time }) => time);
        begun.slice(1).forEach((time, index) => {
          expect(time - (begun[index] ?? Number.NaN)).toBeGreaterThanOrEqual(HOUR);
        });
        const quiet = DAY / MINUTE / 24 + 10;
        await minutes(world, quiet, () => false);
        expect(world.told("Enforcement Recovered")).toHaveLength(begun.length);
      }),
      { numRuns: 30 },
    );
  });
});
