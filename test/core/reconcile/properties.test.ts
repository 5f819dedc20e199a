import { denies } from "@bedrock-governor/core/enforcement/deny-set";
import type { Ports } from "@bedrock-governor/core/reconcile/ports";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Blueprint, blueprint, build, spending } from "../../support/arbitrary-world.ts";
import { DAY, HAIKU, HOUR, MINUTE, NOVA, OPUS, SONNET, type World } from "../../support/world.ts";

const MODELS = [OPUS, SONNET, HAIKU, NOVA];

/** Every pair of a principal and a model that is denied. */
const closed = (world: World): Set<string> =>
  new Set(
    Object.entries(world.denied()).flatMap(([principal, set]) =>
      MODELS.filter((model) => denies(set, model)).map((model) => `${principal} ${model}`),
    ),
  );

/** What was told: an event that is sent twice has one id, by which its readers know it. */
const facts = (world: World): string[] =>
  [...new Map(world.bus.events.map((event) => [event.id, event])).values()]
    .map(({ type, principal, models, limit, step }) => JSON.stringify([type, principal, models, limit, step]))
    .sort();

describe("whatever the limits and the usage", () => {
  it("leaves nothing to plan after an applied plan", async () => {
    await fc.assert(
      fc.asyncProperty(blueprint, async (plan) => {
        const world = build(plan);
        await world.run();
        await world.pass(2 * MINUTE);
        const report = await world.run();
        expect(report.changed).toEqual([]);
        expect(report.events).toEqual([]);
      }),
    );
  });

  it("comes to the same state and says the same, in whatever order limits, principals and usage are listed", async () => {
    await fc.assert(
      fc.asyncProperty(blueprint, async (plan) => {
        const [one, other] = [build(plan), build(plan, true)];
        await one.run();
        await other.run();
        // Shared-limit indices are names, so both accounts hold the same parameters.
        expect(other.denied()).toEqual(one.denied());
        expect(facts(other)).toEqual(facts(one));
      }),
    );
  });

  it("comes to the same state whichever signals were dropped or came twice", async () => {
    await fc.assert(
      fc.asyncProperty(
        blueprint,
        fc.array(fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 4 }),
        async (plan, wakes) => {
          // Manual resets remember what a run saw; everything else follows from the present alone.
          const limits = plan.limits.map((limit) => ({ ...limit, reset: "period", period: "day" }));
          const states = [];
          for (const times of wakes) {
            const world = build({ ...plan, limits });
            for (const count of times) {
              for (let run = 0; run < count; run++) await world.run();
              await world.pass(20 * MINUTE);
            }
            await world.pass(2 * HOUR - times.length * 20 * MINUTE);
            await world.run();
            states.push(world.denied());
          }
          for (const state of states) expect(state).toEqual(states[0]);
        },
      ),
    );
  });

  it("changes nobody's access while usage is unknown", async () => {
    await fc.assert(
      fc.asyncProperty(blueprint, spending, fc.constantFrom(0, HOUR, DAY, 40 * DAY), async (plan, more, ms) => {
        // What is not usage - exemptions and denies by hand - may change access at any time.
        const world = build({ ...plan, exemptions: [], denies: [] });
        await world.run();
        const before = closed(world);
        world.usage.silence("logs", "down");
        world.usage.silence("metrics", "down");
        for (const { principal, model, amount } of more) world.spend(principal, model, amount);
        await world.pass(ms);
        await world.run();
        expect(closed(world)).toEqual(before);
      }),
    );
  });

  it("never lifts because more was used", async () => {
    await fc.assert(
      fc.asyncProperty(blueprint, spending, async (plan, more) => {
        const world = build(plan);
        await world.run();
        const before = closed(world);
        for (const { principal, model, amount } of more) world.spend(principal, model, amount);
        await world.run();
        const after = closed(world);
        for (const pair of before) expect(after).toContain(pair);
      }),
    );
  });

  it("denies nobody who is protected, and nobody that no limit and no hand names", async () => {
    await fc.assert(
      fc.asyncProperty(blueprint, async (plan) => {
        const world = build(plan);
        await world.run();
        expect(Object.keys(world.denied())).not.toContain("role/break-glass");
        const report = world.told("Access Denied");
        for (const { reason } of report) expect(reason).toMatch(/ of .* for |denied by hand/);
        world.settings.set("mode", "observe");
        await world.run();
        expect(world.denied()).toEqual({});
      }),
    );
  });

  it("repairs what a run left that was killed after any call, and says nothing twice", async () => {
    let injections = 0;
    await fc.assert(
      fc.asyncProperty(blueprint, fc.boolean(), async (plan, tookEffect) => {
        const reference = await undisturbed(plan);
        for (let call = 1; ; call++) {
          const world = build(plan);
          const calls = { left: call };
          world.restart(mortal(world.ports, calls, tookEffect));
          const survived = await world.run().then(
            () => calls.left > 0,
            () => false,
          );
          if (survived) break;
          injections++;
          world.restart();
          await world.pass(2 * MINUTE);
          await world.run();
          await world.run();
          expect(world.denied()).toEqual(reference.denied());
          expect(facts(world)).toEqual(facts(reference));
        }
      }),
      { numRuns: 40 },
    );
    expect(injections).toBeGreaterThan(200);
  });
});

async function undisturbed(plan: Blueprint): Promise<World> {
  const world = build(plan);
  await world.run();
  await world.pass(2 * MINUTE);
  await world.run();
  return world;
}

/** Ports of a process that dies at a call: before it takes effect or right after. From then on nothing gets through. */
function mortal(ports: Ports, calls: { left: number }, tookEffect: boolean): Ports {
  const guard =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      calls.left--;
      if (calls.left > 0) return call(...args);
      if (calls.left === 0 && tookEffect) await call(...args);
      throw new Error("killed");
    };
  const { settings, directory, catalogue, usage, access, publisher, journal, announcer } = ports;
  return {
    now: ports.now,
    settings: { read: guard(settings.read) },
    directory: { list: guard(directory.list) },
    catalogue: { read: guard(catalogue.read) },
    usage: {
      metrics: { read: guard(usage.metrics.read) },
      logs: { read: guard(usage.logs.read) },
      budget: { read: guard(usage.budget.read) },
    },
    access: { observe: guard(access.observe), attach: guard(access.attach), detach: guard(access.detach) },
    publisher: { publish: guard(publisher.publish) },
    journal: { read: guard(journal.read), commit: guard(journal.commit), sent: guard(journal.sent) },
    announcer: { announce: guard(announcer.announce) },
  };
}
