import type { JournalPort } from "@bedrock-governor/core/reconcile/ports";
import { describe, expect, it } from "vitest";
import { createWorld, DAY, dailyLimit, OPUS } from "../support/world.ts";
import { MINUTE, type NotifyScene, notifyScene, T0 } from "./notify-setup.ts";
import { captureOutput } from "./output.ts";

captureOutput();

const PRINCIPALS = Array.from({ length: 500 }, (_, n) => `role/agent-${n}`);

/** A governor in whose journal the notifier reads what was told, both at the same time. */
async function account(scene: NotifyScene) {
  const world = createWorld({ principals: PRINCIPALS, now: T0 });
  const journal: JournalPort = {
    ...world.ports.journal,
    async commit(entries) {
      const taken = await world.ports.journal.commit(entries);
      await scene.happened(...taken.flatMap(({ event }) => event ?? []));
      return taken;
    },
  };
  world.restart({ ...world.ports, journal });
  await world.run();
  return {
    ...world,
    async runAndTell() {
      const already = scene.slack.shown.length;
      await world.pass(scene.clock.now() - world.clock.now());
      const { events } = await world.run();
      await scene.wake();
      return { events, inSlack: scene.slack.shown.slice(already) };
    },
  };
}

describe("a reconcile run with 500 changes", () => {
  it("sends at most three messages to Slack and loses no fact", async () => {
    const scene = notifyScene();
    const world = await account(scene);
    world.settings.set("max-new-denies", "500");
    world.settings.set("limits/daily", dailyLimit());
    for (const principal of PRINCIPALS) world.spend(principal, OPUS, 100);
    await scene.pass(MINUTE);

    const denies = await world.runAndTell();
    expect(Object.keys(world.denied())).toHaveLength(500);
    expect(denies.events.map(({ type }) => type).toSorted()).toEqual([
      ...Array.from({ length: 500 }, () => "Access Denied"),
      "Limit Changed",
      "Limit Changed",
    ]);
    expect(denies.inSlack.length).toBeLessThanOrEqual(3);
    expect(JSON.stringify(denies.inSlack)).toContain("500 × Denied");
    expect(JSON.stringify(denies.inSlack)).toContain("2 × ");

    await scene.pass(DAY);
    const lifts = await world.runAndTell();
    expect(world.denied()).toEqual({});
    expect(lifts.events).toHaveLength(500);
    expect(lifts.inSlack.length).toBeLessThanOrEqual(3);
    expect(JSON.stringify(lifts.inSlack)).toContain("500 × Lifted");

    const ids = [...denies.events, ...lifts.events].map(({ id }) => id);
    expect(scene.tellsBySns().toSorted()).toEqual(ids.toSorted());
    expect(scene.undelivered).toEqual([]);
  });
});
