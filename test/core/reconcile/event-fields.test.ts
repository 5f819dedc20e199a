import { MOST_STILL_OPEN } from "@bedrock-governor/core/reconcile/event";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blueprint, build, spending } from "../../support/arbitrary-world.ts";
import { createWorld, DAY, dailyLimit, HOUR, MINUTE, NOVA, OPUS, SONNET } from "../../support/world.ts";
import { denies } from "./coverage.ts";

const ALICE = "role/alice";
const BOB = "role/bob";
const STEPS = [
  { at: 50, notify: true },
  { at: 80, deny: ["anthropic.claude-opus-*"] },
  { at: 100, deny: true, except: ["anthropic.claude-haiku-*", "amazon.nova-*"] },
];

function stepped(more: Record<string, unknown> = {}) {
  const world = createWorld();
  world.settings.set("limits/daily", dailyLimit({ models: ["*"], owner: "ml-platform", steps: STEPS, ...more }));
  return world;
}

describe("what an event says of its limit", () => {
  it("is the whole of it: all steps, the source, whose it is, and where usage stands", async () => {
    const world = stepped();
    for (const amount of [60, 25, 20]) {
      world.spend(ALICE, OPUS, amount);
      await world.run();
    }
    const about = {
      limit: "daily",
      owner: "ml-platform",
      source: "logs",
      measure: "totalTokens",
      threshold: 100,
      period: { start: Date.UTC(2026, 0, 5), end: Date.UTC(2026, 0, 6), timeZone: "UTC" },
      steps: [
        { at: 50, denies: false },
        { at: 80, denies: true },
        { at: 100, denies: true },
      ],
    };
    expect(world.told()).toMatchObject([
      { type: "Limit Warned", ...about, usage: 60, step: 50 },
      { type: "Access Denied", ...about, usage: 85, step: 80, ends: "lifts at 00:00 UTC" },
      { type: "Access Denied", ...about, usage: 105, step: 100 },
    ]);
  });

  it("tells a further deny by the same limit from the first one by since when that has held", async () => {
    const world = stepped();
    for (const amount of [85, 20]) {
      world.spend(ALICE, OPUS, amount);
      await world.run();
      await world.pass(2 * MINUTE);
    }
    await world.pass(DAY);
    await world.run();
    const [first, further] = world.told("Access Denied");
    expect([first?.since, further?.since]).toEqual([undefined, first?.time]);
    expect(world.told("Access Lifted").map(({ since }) => since)).toEqual([first?.time]);
  });

  it("names whom to ask even of a deny that is only held, where the journal was lost", async () => {
    const world = stepped({ steps: [{ at: 100, deny: true }] });
    world.spend(ALICE, OPUS, 100);
    await world.run();
    const { marks } = await world.ports.journal.read();
    await world.ports.journal.commit(marks.map((mark) => ({ writes: [{ op: "close", mark }] })));
    world.usage.silence("logs", "the meter is down");
    await world.pass(2 * MINUTE);
    await world.run();
    expect(world.told("Access Denied")[1]).toMatchObject({
      limit: "daily",
      owner: "ml-platform",
      steps: [{ at: 100, denies: true }],
      stillOpen: [],
      reason: "usage is unknown (the meter is down), so the deny is held",
    });
  });
});

describe("what is still open", () => {
  const openAfter = async (world: ReturnType<typeof createWorld>, ...spent: readonly (readonly [string, number])[]) => {
    for (const [model, amount] of spent) {
      world.spend(ALICE, model, amount);
      await world.run();
    }
    return world.told("Access Denied", "Would Deny").map(({ stillOpen }) => stillOpen);
  };

  it("are models of the limit that are not denied, and its exceptions as they are written", async () => {
    expect(await openAfter(stepped(), [OPUS, 85], [OPUS, 20])).toEqual([
      ["amazon.nova-*", "anthropic.claude-haiku-*", SONNET],
      ["amazon.nova-*", "anthropic.claude-haiku-*"],
    ]);
  });

  it("is nothing where all of the limit is denied", async () => {
    expect(
      await openAfter(stepped({ models: ["anthropic.*"], steps: [{ at: 100, deny: true }] }), [OPUS, 100]),
    ).toEqual([[]]);
  });

  it("is not what another limit or a hand denies", async () => {
    const world = stepped();
    world.settings.set("denies/nova", { principals: [ALICE], models: ["amazon.*"], reason: "incident" });
    await world.run();
    expect(await openAfter(world, [OPUS, 120])).toEqual([
      undefined,
      ["anthropic.claude-haiku-*"],
      ["anthropic.claude-haiku-*"],
    ]);
  });

  it("is told in mode observe as it would be", async () => {
    const world = stepped({ mode: "observe" });
    const open = ["amazon.nova-*", "anthropic.claude-haiku-*"];
    expect(await openAfter(world, [OPUS, 120])).toEqual([open, open]);
  });

  it("is a list that can be read, however many models there are", async () => {
    const world = stepped();
    world.setCatalogue([OPUS, ...Array.from({ length: 60 }, (_, index) => `vendor.model-${index}`)]);
    expect((await openAfter(world, [OPUS, 85]))[0]).toHaveLength(MOST_STILL_OPEN);
  });
});

describe("a lift", () => {
  it("says since when that was denied, by what limit, and where its usage is now", async () => {
    const world = stepped({ steps: [{ at: 100, deny: true }] });
    world.spend(ALICE, OPUS, 100);
    await world.run();
    const [denied] = world.told("Access Denied");
    await world.pass(12 * HOUR);
    world.spend(ALICE, OPUS, 7);
    await world.run();
    expect(world.told("Access Lifted")).toMatchObject([
      { limit: "daily", owner: "ml-platform", principal: ALICE, since: denied?.time, usage: 7, threshold: 100 },
    ]);
    expect(world.told("Access Lifted")[0]?.period?.start).toBe(Date.UTC(2026, 0, 6));
  });

  it("says that nothing was used in the new period, which a complete answer without points tells", async () => {
    const world = stepped({ overrides: [{ principals: [ALICE], threshold: 300 }] });
    world.spend(ALICE, OPUS, 300);
    await world.run();
    await world.pass(12 * HOUR);
    await world.run();
    expect(world.told("Access Lifted")).toMatchObject([{ usage: 0, threshold: 300 }]);
  });

  it("names the limit that the deny named, whatever else would have denied it", async () => {
    const world = createWorld();
    world.settings.set("limits/a-day", dailyLimit({ models: [OPUS] }));
    world.settings.set("limits/b-month", dailyLimit({ models: [OPUS], period: "month", threshold: 150 }));
    world.spend(ALICE, OPUS, 400);
    await world.run();
    await world.pass(40 * DAY);
    await world.run();
    expect(world.told("Access Denied", "Access Lifted").map(({ limit }) => limit)).toEqual(["b-month", "b-month"]);
  });

  it("of two limits at once is told for each of them", async () => {
    const world = createWorld();
    world.settings.set("limits/a", dailyLimit({ models: [OPUS] }));
    world.settings.set("limits/b", dailyLimit({ models: [NOVA] }));
    world.spend(ALICE, OPUS, 100);
    await world.run();
    await world.pass(MINUTE);
    world.spend(ALICE, NOVA, 100);
    await world.run();
    await world.pass(12 * HOUR);
    await world.run();
    const pairs = (type: "Access Denied" | "Access Lifted", at: "time" | "since") =>
      world.told(type).map((event) => [event.limit, event.models, event[at]]);
    expect(pairs("Access Lifted", "since")).toEqual(pairs("Access Denied", "time"));
  });

  it("is not told of a limit that is not there any more, but of its name", async () => {
    const world = stepped();
    world.spend(ALICE, OPUS, 85);
    await world.run();
    world.settings.remove("limits/daily");
    await world.run();
    const [lifted] = world.told("Access Lifted");
    expect([lifted?.limit, lifted?.usage, lifted?.steps]).toEqual(["daily", undefined, undefined]);
  });

  it("of a deny by hand names no limit", async () => {
    const world = createWorld();
    world.settings.set("denies/x", { principals: [ALICE], models: [OPUS], reason: "incident" });
    await world.run();
    world.settings.remove("denies/x");
    await world.run();
    const [lifted] = world.told("Access Lifted");
    expect([lifted?.limit, lifted?.since]).toEqual([undefined, world.told("Access Denied")[0]?.time]);
  });

  it("is told once where the cause of a deny changed meanwhile, and the change not at all", async () => {
    const world = createWorld();
    world.settings.set("limits/a", dailyLimit({ models: [OPUS] }));
    world.spend(ALICE, OPUS, 100);
    await world.run();
    await world.pass(HOUR);
    world.settings.set("limits/b", dailyLimit({ models: [OPUS], threshold: 50 }));
    await world.run();
    world.settings.remove("limits/a");
    await world.run();
    expect(world.told("Access Denied")).toHaveLength(1);
    await world.pass(DAY);
    await world.run();
    expect(world.told("Access Lifted")).toMatchObject([
      { limit: "a", reason: "a new period of limit b began at 6 Jan 00:00 UTC" },
    ]);
  });

  it("of what an early version of the governor denied is read from its marks", async () => {
    const world = createWorld();
    world.settings.set("limits/a", dailyLimit({ models: [OPUS] }));
    world.spend(ALICE, OPUS, 100);
    world.spend(BOB, OPUS, 100);
    await world.run();
    const { marks } = await world.ports.journal.read();
    const early = marks.flatMap((mark) => {
      if (mark.kind !== "episode") return [];
      const { toldAs: _, ...rest } = mark;
      return [{ writes: [{ op: "set" as const, mark: rest }] }];
    });
    await world.ports.journal.commit(early);
    await world.pass(12 * HOUR);
    await world.run();
    expect(world.told("Access Lifted").map(({ principal, limit, since }) => [principal, limit, since])).toEqual([
      [ALICE, "a", early[0]?.writes[0]?.mark.since],
      [BOB, "a", early[1]?.writes[0]?.mark.since],
    ]);
  });
});

describe("mode observe", () => {
  it("says would throughout", async () => {
    const world = createWorld({ mode: "observe" });
    world.settings.set("limits/daily", dailyLimit({ models: ["anthropic.*"] }));
    world.settings.set("denies/stop", { principals: [BOB], models: ["*"], reason: "incident" });
    world.settings.set("denies/part", {
      principals: [ALICE],
      models: ["*"],
      until: "2026-01-05T13:00:00Z",
      reason: "audit",
    });
    world.spend(ALICE, OPUS, 100);
    await world.run();
    await world.pass(HOUR);
    await world.run();
    expect(world.told().map(({ type, reason, ends }) => [type, reason, ends])).toEqual([
      ["Would Deny", "would be denied by hand (parameter denies/part): audit", "would lift at 13:00 UTC"],
      [
        "Would Deny",
        "would be denied by hand (parameter denies/stop): incident",
        "would lift when parameter denies/stop is removed",
      ],
      [
        "Would Lift",
        "the deny by hand part ended; usage is below limit daily as it is now; anthropic.* would stay denied",
        undefined,
      ],
    ]);
  });

  it("ends nothing while usage is unknown, as mode enforce would not", async () => {
    const world = createWorld({ mode: "observe" });
    world.settings.set("limits/daily", dailyLimit());
    world.spend(ALICE, OPUS, 100);
    await world.run();
    world.usage.silence("logs", "the meter is down");
    for (let minute = 0; minute < 10; minute++) {
      await world.pass(MINUTE);
      await world.run();
    }
    expect(world.told().map(({ type, reason }) => [type, reason])).toEqual([
      ["Would Deny", "100 of 100 tokens today for role/alice"],
      [
        "Usage Unknown",
        "usage is unknown (the meter is down): this limit would newly deny nobody, and would hold the denies that it could cause",
      ],
    ]);
    await world.pass(12 * HOUR);
    world.usage.restore("logs");
    await world.run();
    expect(world.told("Would Lift")).toHaveLength(1);
  });
});

describe("whatever the limits and the usage", () => {
  it("names as open only what is, and as the beginning of what is lifted the moment its deny was told", async () => {
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
          () => world.pass(40 * DAY),
        ];
        for (const moment of moments) {
          await moment();
          const seen = world.bus.events.length;
          await world.run();
          const denied = world.denied();
          for (const { type, principal = "", stillOpen = [] } of world.bus.events.slice(seen)) {
            if (type !== "Access Denied") continue;
            for (const open of stillOpen) expect([open, denies(denied[principal], open)]).toEqual([open, false]);
          }
        }
        const begun = new Set(world.told("Access Denied").map(({ principal, time }) => `${principal} ${time}`));
        for (const { principal, since } of world.told("Access Lifted"))
          expect(begun).toContain(`${principal} ${since}`);
      }),
    );
  });
});
