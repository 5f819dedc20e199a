import type { UsagePort, UsageReading } from "@bedrock-governor/core/reconcile/ports";
import { EVERYONE } from "@bedrock-governor/core/usage/usage-table";
import { describe, expect, it } from "vitest";
import { createWorld, DAY, HOUR, MINUTE } from "../../support/world.ts";

/** Limits on a daily budget, which tells nothing of a day until noon, or never. */
function dailyBudget(limits: readonly string[]) {
  const world = createWorld({ now: Date.UTC(2026, 10, 1) });
  const said = { amount: 5, stuck: false, broken: false };
  const budget: UsagePort = {
    read: async (queries) =>
      queries.map((): UsageReading => {
        const now = world.clock.now();
        const start = Math.floor(now / DAY) * DAY;
        const why = said.broken ? "the budget is UNHEALTHY" : "it tells nothing of its period for some hours";
        if (said.stuck || said.broken) return { status: "unknown", why };
        if (now < start + 17 * HOUR) return { status: "unknown", why, expected: true };
        const table = { principals: [EVERYONE], models: ["*"], amounts: Float64Array.of(said.amount) };
        return { status: "known", table, span: { start, end: start + DAY }, asOf: start + 16 * HOUR, threshold: 100 };
      }),
  };
  world.restart({ ...world.ports, usage: { ...world.ports.usage, budget } });
  for (const name of limits) {
    world.settings.set(`limits/${name}`, { models: ["*"], principals: ["*"], source: "budget:daily" });
  }
  return {
    world,
    said,
    async hours(hours: number) {
      for (let quarter = 0; quarter < hours * 4; quarter++) {
        await world.run();
        await world.pass(15 * MINUTE);
      }
    },
  };
}

const troubles = ({ world }: ReturnType<typeof dailyBudget>) =>
  world.told().flatMap(({ type }) => (type === "Usage Unknown" || type === "Enforcement Recovered" ? [type] : []));

describe("a budget that need not know its period yet", () => {
  it("is unknown in the report, holds who is denied, and is told as no trouble, whatever the number of days", async () => {
    const scene = dailyBudget(["a", "b", "c"]);
    const { world, said, hours } = scene;
    said.amount = 500;
    await hours(24);
    const denied = world.denied();
    expect(Object.keys(denied).length).toBeGreaterThan(0);

    said.amount = 5;
    await hours(12);
    expect([...(await world.run()).unknown.keys()]).toEqual(["a", "b", "c"]);
    expect(world.denied()).toEqual(denied);
    await hours(2 * 24);
    expect(world.denied()).toEqual({});
    expect(troubles(scene)).toEqual([]);
  });

  it("is told when it is unknown beyond what is expected, once, and when it knows again", async () => {
    const scene = dailyBudget(["a"]);
    await scene.hours(24);
    scene.said.stuck = true;
    await scene.hours(24);
    expect(troubles(scene)).toEqual(["Usage Unknown"]);
    scene.said.stuck = false;
    await scene.hours(24);
    expect(troubles(scene)).toEqual(["Usage Unknown", "Enforcement Recovered"]);
  });

  it("does not end a trouble that began before: usage is not known again by that", async () => {
    const scene = dailyBudget(["a"]);
    await scene.hours(20);
    scene.said.broken = true;
    await scene.hours(4);
    scene.said.broken = false;
    await scene.hours(16);
    expect(troubles(scene)).toEqual(["Usage Unknown"]);
    await scene.hours(2);
    expect(troubles(scene)).toEqual(["Usage Unknown", "Enforcement Recovered"]);
  });
});
