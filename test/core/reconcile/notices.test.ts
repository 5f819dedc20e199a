import type { MarkOf } from "@bedrock-governor/core/reconcile/journal";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blueprint, build, spending } from "../../support/arbitrary-world.ts";
import { createWorld, DAY, dailyLimit, HAIKU, HOUR, MINUTE, NOVA, OPUS, SONNET } from "../../support/world.ts";
import { denies, overlaps } from "./coverage.ts";

const ALICE = "role/alice";

describe("notices of sets that overlap", () => {
  const news = (world: ReturnType<typeof createWorld>) =>
    world.told("Access Denied", "Access Lifted").map(({ type, models, reason }) => [type, models, reason]);

  it("tell no lift when a deny widens, and give the step that widened it", async () => {
    const world = createWorld();
    world.settings.set(
      "limits/all",
      dailyLimit({
        models: ["*"],
        steps: [
          { at: 80, deny: [OPUS] },
          { at: 100, deny: true },
        ],
      }),
    );
    world.spend(ALICE, OPUS, 85);
    await world.run();
    world.spend(ALICE, SONNET, 20);
    await world.run();
    expect(news(world)).toEqual([
      ["Access Denied", [OPUS], "reached 80 %: 85 of 100 tokens today for role/alice"],
      ["Access Denied", ["*"], "105 of 100 tokens today for role/alice"],
    ]);
  });

  it("tell what was lifted and what stays when a deny narrows, and do not tell the rest again", async () => {
    const world = createWorld();
    world.settings.set("limits/a", dailyLimit());
    world.settings.set("denies/incident", {
      principals: [ALICE],
      models: ["*"],
      until: "2026-01-05T13:00:00Z",
      reason: "incident",
    });
    world.spend(ALICE, OPUS, 100);
    await world.run();
    await world.pass(HOUR);
    await world.run();
    expect(world.denied()).toEqual({ [ALICE]: ["anthropic.*"] });
    expect(news(world)).toEqual([
      ["Access Denied", ["*"], "denied by hand (parameter denies/incident): incident"],
      [
        "Access Lifted",
        ["*"],
        expect.stringMatching(/^the deny by hand incident ended; .*anthropic\.\* stays denied$/),
      ],
    ]);
    await world.pass(DAY);
    await world.run();
    expect(news(world).at(-1)?.slice(0, 2)).toEqual(["Access Lifted", ["anthropic.*"]]);
  });

  it("name the limit that lasts longest as what ends a deny", async () => {
    const world = createWorld();
    world.settings.set("limits/a-day", dailyLimit({ models: [OPUS] }));
    world.settings.set("limits/b-month", dailyLimit({ models: [OPUS], period: "month", threshold: 150 }));
    world.spend(ALICE, OPUS, 400);
    await world.run();
    const [denied, ...more] = world.told("Access Denied");
    expect(more).toEqual([]);
    expect([denied?.limit, denied?.ends]).toEqual(["b-month", "lifts at 1 Feb 00:00 UTC"]);
  });

  it("tell of each limit in its own words", async () => {
    const world = createWorld();
    world.settings.set("limits/a", dailyLimit({ models: [OPUS], owner: "team-a" }));
    world.settings.set("limits/b", dailyLimit({ models: [NOVA], owner: "team-b", threshold: 10 }));
    world.spend(ALICE, OPUS, 100);
    world.spend(ALICE, NOVA, 100);
    await world.run();
    expect(world.told("Access Denied").map(({ limit, owner, models }) => [limit, owner, models])).toEqual([
      ["b", "team-b", [NOVA]],
      ["a", "team-a", [OPUS]],
    ]);
  });

  it("say denied only of what was open before, and lifted only of what is open after", async () => {
    await fc.assert(
      fc.asyncProperty(blueprint, spending, async (plan, more) => {
        const world = build(plan);
        const moments = [
          async () => {},
          async () => {
            for (const { principal, model, amount } of more) world.spend(principal, model, amount);
          },
          () => world.pass(HOUR),
          () => world.pass(DAY),
          async () => world.settings.set("mode", "observe"),
        ];
        for (const moment of moments) {
          await moment();
          const before = world.denied();
          const seen = world.bus.events.length;
          await world.run();
          const after = world.denied();
          for (const { type, principal = "", models = [] } of world.bus.events.slice(seen)) {
            if (type === "Access Denied") {
              for (const model of models) {
                expect([model, denies(before[principal], model)]).toEqual([model, false]);
                expect([model, denies(after[principal], model)]).toEqual([model, true]);
              }
            }
            if (type === "Access Lifted") {
              for (const model of models) {
                expect([model, overlaps(before[principal], model)]).toEqual([model, true]);
                expect([model, denies(after[principal], model)]).toEqual([model, false]);
              }
            }
          }
        }
      }),
    );
  });
});

describe("notices that are told once", () => {
  it("of an exemption's end, even when its parameter is removed later", async () => {
    const world = createWorld();
    world.settings.set("exemptions/x", { principals: [ALICE], until: "2026-01-05T13:00:00Z", reason: "demo" });
    await world.run();
    await world.pass(2 * HOUR);
    await world.run();
    await world.pass(DAY);
    await world.run();
    world.settings.remove("exemptions/x");
    await world.run();
    expect(world.told("Exemption Expired")).toHaveLength(1);
  });

  it("of a warning only if no higher step was reached with it, and then when it is reached alone", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 150);
    await world.run();
    expect(world.told("Limit Warned")).toEqual([]);
    await world.pass(HOUR);
    world.settings.set("resets/again", { limit: "daily", at: "2026-01-05T13:00:00Z", reason: "demo" });
    await world.run();
    await world.pass(MINUTE);
    world.spend(ALICE, OPUS, 85);
    await world.run();
    await world.run();
    expect(world.told("Limit Warned")).toHaveLength(1);
  });

  it("of a parameter that was removed and made again between two runs, whose version is the same", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    world.settings.set("limits/hourly", dailyLimit({ period: "hour" }));
    await world.run();
    await world.pass(MINUTE);
    for (const [name, more] of [
      ["daily", { threshold: 200 }],
      ["hourly", { period: "hour" }],
    ] as const) {
      world.settings.remove(`limits/${name}`);
      world.settings.set(`limits/${name}`, dailyLimit(more));
    }
    await world.run();
    await world.run();
    expect(world.told().map(({ type, reason }) => `${type}: ${reason}`)).toEqual([
      "Limit Changed: limits/daily was changed by user/admin: threshold from 100 to 200",
      "Limit Changed: limits/hourly was written again, with the same value, by user/admin",
    ]);
  });

  it("of nothing, where an early version of the governor did not note when a parameter was written", async () => {
    const world = createWorld();
    world.settings.set("limits/daily", dailyLimit());
    await world.run();
    const { read } = world.ports.journal;
    const undated = async () => {
      const { marks, unsent } = await read();
      return { unsent, marks: marks.map(({ ...mark }) => (mark.kind === "parameter" ? without(mark) : mark)) };
    };
    const without = ({ at: _, ...mark }: MarkOf<"parameter">) => mark;
    world.restart({ ...world.ports, journal: { ...world.ports.journal, read: undated } });
    await world.run();
    expect(world.told()).toEqual([]);
  });

  it("of a slow run, whose last writes are still propagating when the next begins", async () => {
    const principals = Array.from({ length: 60 }, (_, index) => `role/s${index}`);
    const world = createWorld({ principals, staleMs: 30_000 });
    world.settings.set("max-new-denies", "100");
    world.settings.set("limits/daily", dailyLimit({ models: [HAIKU] }));
    for (const principal of principals) world.spend(principal, HAIKU, 100);
    const slow = { ...world.ports.access };
    const paced =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
      async (...args: A) => {
        await world.pass(1_000);
        return call(...args);
      };
    world.restart({ ...world.ports, access: { ...slow, attach: paced(slow.attach), detach: paced(slow.detach) } });
    await world.run();
    const second = await world.run();
    expect(second.changed).toEqual([]);
    await world.pass(2 * MINUTE);
    await world.run();
    expect(world.told("Access Denied")).toHaveLength(60);
    expect(world.told("Access Lifted", "Attachment Contested")).toEqual([]);
    await world.pass(12 * HOUR);
    await world.run();
    await world.run();
    await world.pass(2 * MINUTE);
    await world.run();
    expect(world.told("Access Lifted")).toHaveLength(60);
    expect(world.denied()).toEqual({});
  });
});
