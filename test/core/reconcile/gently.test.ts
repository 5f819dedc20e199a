import type { Ports } from "@bedrock-governor/core/reconcile/ports";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createWorld,
  DAY,
  dailyLimit,
  HOUR,
  MINUTE,
  NOVA,
  OPUS,
  SONNET,
  type WorldOptions,
} from "../../support/world.ts";

const ALICE = "role/alice";
const BOB = "role/bob";
const SECOND = 1_000;

/** A world whose every call by a port is noted, but for the time and usage. */
function watchedWorld(options: WorldOptions = {}) {
  const world = createWorld(options);
  const calls: string[] = [];
  const noting = <T extends object>(name: string, port: T): T =>
    new Proxy(port, {
      get(target, method, self) {
        const value = Reflect.get(target, method, self);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          calls.push(`${name}.${String(method)}`);
          return value.apply(target, args);
        };
      },
    });
  const watched = (ports: Ports): Ports => {
    const { settings, directory, catalogue, access, publisher, journal, announcer, usage } = ports;
    return {
      ...ports,
      settings: noting("settings", settings),
      directory: noting("directory", directory),
      catalogue: noting("catalogue", catalogue),
      access: noting("access", access),
      publisher: noting("publisher", publisher),
      journal: noting("journal", journal),
      announcer: noting("announcer", announcer),
      usage: { ...usage, logs: noting("logs", usage.logs), metrics: noting("metrics", usage.metrics) },
    };
  };
  /** A new process on other ports. */
  const watch = (ports: Ports) => world.restart(watched(ports));
  watch(world.ports);
  world.settings.set("limits/daily", dailyLimit());
  return {
    ...world,
    world,
    wake: () => world.run(undefined, { gently: true }),
    watch,
    restart: () => watch(world.ports),
    async callsOf(run: () => Promise<unknown>) {
      calls.length = 0;
      await run();
      return [...calls];
    },
    /** Runs until nothing is left to be written or remembered. */
    async settle() {
      await world.run();
      await world.pass(2 * MINUTE);
      await world.run();
      await world.run();
    },
  };
}

describe("a gentle run", () => {
  it("reads usage and nothing else when nothing is to be done", async () => {
    const { spend, settle, callsOf, wake, pass } = watchedWorld();
    spend(ALICE, OPUS, 120);
    await settle();
    for (let second = 0; second < 50; second++) {
      await pass(SECOND);
      spend(BOB, OPUS, 1);
      expect(await callsOf(wake)).toEqual(["logs.read"]);
    }
  });

  it("asks CloudWatch nothing, which has nothing new every second", async () => {
    const { settings, spend, settle, callsOf, wake, pass, denied } = watchedWorld();
    const more = { source: "metrics", per: [], principals: [BOB], models: [NOVA] };
    settings.set("limits/hourly", dailyLimit({ ...more, period: "hour" }));
    settings.set("limits/rolling", dailyLimit({ ...more, period: "rolling PT2H" }));
    spend(BOB, NOVA, 120);
    await settle();
    expect(Object.keys(denied())).toEqual([BOB]);
    await pass(SECOND);
    expect(await callsOf(wake)).toEqual(["logs.read"]);
  });

  it("sees that a period of CloudWatch's usage began, even within the minute", async () => {
    const { settings, spend, run, wake, pass, clock, denied } = watchedWorld();
    const more = { source: "metrics", per: [], principals: [BOB], models: [NOVA] };
    settings.set("limits/hourly", dailyLimit({ ...more, period: "hour" }));
    spend(BOB, NOVA, 120);
    await run();
    await pass(HOUR - (clock.now() % HOUR) - 10 * SECOND);
    await run();
    await run();
    await pass(20 * SECOND);
    await wake();
    expect(denied()).toEqual({});
  });

  it("observes again before it denies, and does so in the same run", async () => {
    const { spend, settle, callsOf, wake, denied, told } = watchedWorld();
    await settle();
    spend(ALICE, OPUS, 120);
    const calls = await callsOf(wake);
    expect(calls.indexOf("access.observe")).toBeLessThan(calls.indexOf("access.attach"));
    expect(calls).toContain("settings.read");
    expect(Object.keys(denied())).toEqual([ALICE]);
    expect(told().map(({ type }) => type)).toEqual(["Access Denied"]);
  });

  it("denies nobody by a limit that was taken away meanwhile", async () => {
    const { spend, settle, settings, wake, denied } = watchedWorld();
    await settle();
    settings.remove("limits/daily");
    spend(ALICE, OPUS, 120);
    expect(await wake()).toMatchObject({ changed: [] });
    expect(denied()).toEqual({});
  });

  it("tells a warning as soon as a full run would", async () => {
    const { spend, settle, wake, told } = watchedWorld();
    await settle();
    spend(ALICE, OPUS, 80);
    await wake();
    expect(told().map(({ type }) => type)).toEqual(["Limit Warned"]);
  });

  it("is a full one in a process that has seen nothing, after a minute, and after anything was written", async () => {
    const { spend, settle, callsOf, wake, restart, pass } = watchedWorld();
    await settle();
    restart();
    expect(await callsOf(wake)).toContain("access.observe");
    expect(await callsOf(wake)).toEqual(["logs.read"]);
    await pass(MINUTE);
    expect(await callsOf(wake)).toContain("access.observe");
    spend(ALICE, OPUS, 120);
    await wake();
    expect(await callsOf(wake)).toContain("access.observe");
  });

  it("says when it observed what it rests on", async () => {
    const { settle, wake, run, pass, clock } = watchedWorld();
    await settle();
    const observedAt = clock.now();
    await pass(SECOND);
    expect(await wake()).toMatchObject({ at: observedAt + SECOND, observedAt });
    expect(await run()).toMatchObject({ at: observedAt + SECOND, observedAt: observedAt + SECOND });
  });

  it("takes a role that was full for full, for a minute", async () => {
    const { spend, settle, callsOf, wake, pass } = watchedWorld({ quota: 0 });
    spend(ALICE, OPUS, 120);
    await settle();
    await pass(SECOND);
    expect(await callsOf(wake)).toEqual(["logs.read"]);
    expect(await wake()).toMatchObject({ blocked: [{ principal: ALICE }] });
    await pass(MINUTE);
    expect(await callsOf(wake)).toContain("access.attach");
  });

  it("takes a lift that IAM refused for refused, for a minute", async () => {
    const { spend, settle, callsOf, wake, pass, world, watch, denied } = watchedWorld();
    spend(ALICE, OPUS, 120);
    await settle();
    const refused = { status: "blocked", why: "AccessDenied", remedy: "ask", full: false } as const;
    watch({ ...world.ports, access: { ...world.ports.access, detach: async () => refused } });
    await pass(DAY);
    await settle();
    for (let second = 0; second < 30; second++) {
      await pass(SECOND);
      expect(await callsOf(wake)).toEqual(["logs.read"]);
    }
    expect(await wake()).toMatchObject({ blocked: [{ principal: ALICE }] });
    expect(Object.keys(denied())).toEqual([ALICE]);
    await pass(MINUTE);
    expect(await callsOf(wake)).toContain("access.detach");
  });

  it("tries again what failed for a passing reason ten seconds later, or at once when it is no wake that asks", async () => {
    for (const soon of [true, false]) {
      const { spend, settle, faults, run, wake, callsOf, pass, denied } = watchedWorld();
      await settle();
      spend(ALICE, OPUS, 120);
      faults.plan(ALICE, "throttled", 1);
      expect((await wake()).passing).toHaveLength(1);
      for (let second = 1; second < 10; second++) {
        await pass(SECOND);
        expect(await callsOf(wake)).toEqual([]);
      }
      expect(await wake()).toMatchObject({ changed: [], events: [], passing: [{ principal: ALICE }] });
      expect(denied()).toEqual({});
      if (!soon) await pass(SECOND);
      await (soon ? run() : wake());
      expect(Object.keys(denied())).toEqual([ALICE]);
    }
  });

  it("fails as the last one did where that could not read what a plan needs, and reads it ten seconds later", async () => {
    const { world, settle, wake, watch, callsOf, pass } = watchedWorld();
    await settle();
    let broken = true;
    const observe = async () => {
      if (broken) throw new Error("IAM gives no answer");
      return world.ports.access.observe();
    };
    watch({ ...world.ports, access: { ...world.ports.access, observe } });
    await expect(wake()).rejects.toThrow("IAM gives no answer");
    broken = false;
    await pass(9 * SECOND);
    expect(await callsOf(() => expect(wake()).rejects.toThrow("IAM gives no answer"))).toEqual([]);
    await pass(SECOND);
    expect((await wake()).passing).toEqual([]);
  });

  it("does and tells in the end what full runs would have, whatever is used and whenever it is woken", async () => {
    const step = fc.oneof(
      fc.record({
        who: fc.constantFrom(ALICE, BOB),
        model: fc.constantFrom(OPUS, SONNET),
        spend: fc.integer({ min: 1, max: 60 }),
      }),
      fc.record({ pass: fc.constantFrom(SECOND, 20 * SECOND, MINUTE, 10 * MINUTE, DAY / 2) }),
      // Settings that change wake a full run.
      fc.record({ threshold: fc.integer({ min: 20, max: 200 }) }),
    );
    const limits = { rolling: { period: "rolling PT1H" }, shared: { per: [] }, daily: {}, manual: { reset: "manual" } };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(limits)),
        fc.array(step, { maxLength: 25 }),
        async (more, steps) => {
          const live = async (gently: boolean) => {
            const world = createWorld();
            world.settings.set("limits/one", dailyLimit(more));
            const states = [];
            await world.run();
            for (const one of steps) {
              if ("spend" in one) world.spend(one.who, one.model, one.spend);
              else if ("pass" in one) await world.pass(one.pass);
              else world.settings.set("limits/one", dailyLimit({ ...more, threshold: one.threshold }));
              const { denied } = await world.run(undefined, { gently: gently && !("threshold" in one) });
              states.push([world.denied(), [...denied], world.told().length]);
            }
            return { states, told: world.told() };
          };
          expect(await live(true)).toEqual(await live(false));
        },
      ),
      { numRuns: 60 },
    );
  });
});
