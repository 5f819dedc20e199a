import { marksOf } from "@bedrock-governor/core/reconcile/journal";
import { describe, expect, it } from "vitest";
import { DAY, dailyLimit, HOUR, MINUTE, MONDAY_NOON, OPUS, SONNET } from "../../support/world.ts";
import { ALICE, BOB, checkedWorld, type Told } from "./checked-world.ts";

const TEN = Date.UTC(2026, 0, 5, 10);
const AGREED: Told = { [OPUS]: 10_000_000 };
const TOO_LITTLE: Told = { [OPUS]: 1_000_000 };
const TOO_MUCH: Told = { [OPUS]: 12_000_000 };

/** Runs once an hour from noon on, when the hour from ten is the last that is compared. Someone uses the model a little. */
async function hourly({ run, pass, spend }: ReturnType<typeof checkedWorld>, hours: number) {
  for (let hour = 0; hour < hours; hour++) {
    await pass(HOUR);
    spend(ALICE, OPUS, 0.001);
    await run();
  }
}

/** Limits whose usage is unknown, where someone used the model. */
async function unknownNow({ run, spend }: ReturnType<typeof checkedWorld>) {
  spend(ALICE, OPUS, 0.001);
  return [...(await run()).unknown.keys()].sort();
}

const types = ({ told }: ReturnType<typeof checkedWorld>) =>
  told("Metering Drift", "Enforcement Recovered")
    .filter(({ models, limit }) => models !== undefined && limit === undefined)
    .map(({ type }) => type);

describe("what the check of the log has not seen", () => {
  it("is compared some minutes later when CloudWatch gave no answer", async () => {
    const world = checkedWorld();
    const { run, pass, said, told } = world;
    said.logged = TOO_LITTLE;
    said.runtime = "CloudWatch gave no answer";
    await pass(30 * MINUTE);
    await run();
    said.runtime = AGREED;
    await pass(MINUTE);
    await run();
    expect(told()).toEqual([]);
    await pass(10 * MINUTE);
    await run();
    expect(told("Metering Drift")).toMatchObject([{ models: [OPUS], period: { start: TEN + HOUR } }]);
  });

  it("is compared some minutes later when CloudWatch did not tell of one model", async () => {
    const { run, pass, said, told } = checkedWorld();
    said.logged = { [SONNET]: 1_000_000 };
    said.runtime = { [OPUS]: 10_000_000, [SONNET]: undefined };
    await pass(30 * MINUTE);
    await run();
    expect(told("Metering Drift")).toMatchObject([{ models: [OPUS] }]);
    said.runtime = { [OPUS]: 10_000_000, [SONNET]: 10_000_000 };
    await pass(10 * MINUTE);
    await run();
    expect(told("Metering Drift")).toMatchObject([{ models: [OPUS] }, { models: [SONNET] }]);
  });

  it("is asked for three times an hour at most, as CloudWatch charges for it", async () => {
    const { run, pass, said, asked } = checkedWorld();
    said.runtime = "CloudWatch gave no answer";
    await pass(30 * MINUTE);
    for (let minute = 0; minute < 60; minute++) {
      await run();
      await pass(MINUTE);
    }
    expect(asked.runtime).toHaveLength(3);
  });

  it("is caught up with after an alarm of hours, and CloudWatch is not asked while it rings", async () => {
    const world = checkedWorld();
    const { run, said, saidOf, told, asked } = world;
    said.logged = "usage is being lost: an alarm rings";
    await run();
    await hourly(world, 5);
    expect(asked.runtime).toEqual([]);
    said.logged = AGREED;
    saidOf.logged.set(TEN + 2 * HOUR, TOO_LITTLE);
    expect(await unknownNow(world)).toEqual(["daily"]);
    expect(told("Metering Drift")).toMatchObject([{ models: [OPUS], period: { start: TEN + 2 * HOUR } }]);
  });

  it("is caught up with after the governor was down for a day", async () => {
    const { run, pass, saidOf, told } = checkedWorld({ period: "month" });
    await run();
    saidOf.logged.set(TEN + 2 * HOUR, TOO_LITTLE);
    await pass(DAY);
    await run();
    expect(told("Metering Drift")).toMatchObject([{ models: [OPUS], period: { start: TEN + 2 * HOUR } }]);
  });

  it("is never taken for nothing: a list of models that CloudWatch did not give", async () => {
    const world = checkedWorld({ models: ["*"] });
    const { run, said, pass, spend, settings, denied, told } = world;
    settings.set("limits/named", dailyLimit({ models: [OPUS], principals: ["role/nobody"] }));
    said.logged = { [OPUS]: 10_000_000, [SONNET]: 5_000_000 };
    said.runtime = { [OPUS]: 10_000_000, [SONNET]: 10_000_000 };
    spend(ALICE, SONNET, 5_000);
    await run();
    said.runtime = { [OPUS]: 10_000_000, "*": undefined };
    await pass(HOUR);
    const { unknown } = await run();
    expect([...unknown.keys()]).toEqual(["daily"]);
    expect(denied()).toEqual({});
    expect(told("Metering Drift")).toHaveLength(1);
  });
});

describe("a doubt", () => {
  it("stays for as long as the day has the hour, however quiet the hours after it are", async () => {
    const world = checkedWorld();
    const { run, said, saidOf, spend, denied, clock } = world;
    said.logged = said.runtime = {};
    saidOf.logged.set(TEN, {});
    saidOf.runtime.set(TEN, { [OPUS]: 1e9 });
    spend(ALICE, OPUS, 500);
    await run();
    while (clock.now() < MONDAY_NOON + 11 * HOUR) {
      await hourly(world, 1);
      expect(await unknownNow(world)).toEqual(["daily"]);
    }
    expect(denied()).toEqual({});
    await hourly(world, 1);
    spend(ALICE, OPUS, 500);
    expect([...(await run()).unknown]).toEqual([]);
    expect(Object.keys(denied())).toEqual([ALICE]);
  });

  it("is of those limits whose periods reach back to the hour, and of each for as long", async () => {
    const world = checkedWorld();
    const { saidOf, settings, pass } = world;
    for (const period of ["month", "rolling P2D", "rolling PT90M"]) {
      settings.set(`limits/${period.split(" ").at(-1)?.toLowerCase()}`, dailyLimit({ period }));
    }
    saidOf.logged.set(TEN, TOO_LITTLE);
    const unknown = () => unknownNow(world);
    expect(await unknown()).toEqual(["daily", "month", "p2d", "pt90m"]);
    await pass(HOUR);
    expect(await unknown()).toEqual(["daily", "month", "p2d"]);
    await pass(DAY);
    expect(await unknown()).toEqual(["month", "p2d"]);
    await pass(DAY);
    expect(await unknown()).toEqual(["month"]);
    await hourly(world, 60);
    expect(await unknown()).toEqual(["month"]);
    await pass(24 * DAY);
    expect(await unknown()).toEqual([]);
  });

  it("goes on in a new period while hours go on being short", async () => {
    const world = checkedWorld();
    const { said, clock } = world;
    said.logged = TOO_LITTLE;
    await hourly(world, 13);
    expect(new Date(clock.now()).getUTCHours()).toBe(1);
    expect(await unknownNow(world)).toEqual(["daily"]);
  });

  it("ends at once when what was missing is there after all", async () => {
    const world = checkedWorld();
    const { run, saidOf, spend, denied, told } = world;
    saidOf.logged.set(TEN, TOO_LITTLE);
    spend(ALICE, OPUS, 500);
    await run();
    await hourly(world, 3);
    expect(denied()).toEqual({});
    saidOf.logged.delete(TEN);
    await hourly(world, 1);
    expect(Object.keys(denied())).toEqual([ALICE]);
    expect(told("Enforcement Recovered")).toContainEqual(
      expect.objectContaining({ models: [OPUS], since: TEN, reason: expect.stringContaining("they agree again") }),
    );
  });

  it("is not ended by an hour that cannot be read any more", async () => {
    const world = checkedWorld();
    const { run, saidOf } = world;
    saidOf.logged.set(TEN, TOO_LITTLE);
    await run();
    saidOf.runtime.set(TEN, { [OPUS]: undefined });
    await hourly(world, 3);
    expect(await unknownNow(world)).toEqual(["daily"]);
  });

  it.each(["month", "rolling P2D"])("of a period (%s) is accepted by a reset of the whole limit", async (period) => {
    const world = checkedWorld({ period });
    const { run, saidOf, settings, pass, clock, spend, denied } = world;
    const reset = (name: string, more = {}) =>
      settings.set(`resets/${name}`, {
        limit: "daily",
        at: new Date(clock.now()).toISOString(),
        reason: "an hour is lost",
        ...more,
      });
    saidOf.logged.set(TEN, TOO_LITTLE);
    spend(BOB, OPUS, 90);
    await run();
    await hourly(world, 1);
    reset("alices", { keys: [{ principal: ALICE }] });
    await pass(MINUTE);
    spend(BOB, OPUS, 90);
    await run();
    expect(denied()).toEqual({});
    await pass(MINUTE);
    reset("everyones");
    await pass(MINUTE);
    spend(BOB, OPUS, 90);
    expect([...(await run()).unknown]).toEqual([]);
    expect(denied()).toEqual({});
    spend(BOB, OPUS, 20);
    await run();
    expect(Object.keys(denied())).toEqual([BOB]);
  });

  it("is not accepted by a reset while it goes on", async () => {
    const world = checkedWorld({ period: "month" });
    const { said, settings, clock, run } = world;
    said.logged = TOO_LITTLE;
    await run();
    settings.set("resets/early", { limit: "daily", at: new Date(clock.now()).toISOString(), reason: "too early" });
    await hourly(world, 3);
    expect(await unknownNow(world)).toEqual(["daily"]);
  });
});

describe("drift", () => {
  it("is told once from its first hour to its end, whatever hours lie between", async () => {
    const world = checkedWorld({ period: "month" });
    const { run, saidOf } = world;
    for (let hour = 0; hour < 20; hour += 2) saidOf.logged.set(TEN + hour * HOUR, TOO_LITTLE);
    await run();
    await hourly(world, 80);
    expect(types(world)).toEqual(["Metering Drift"]);
    saidOf.logged.clear();
    await world.pass(30 * DAY);
    await world.run();
    expect(types(world)).toEqual(["Metering Drift", "Enforcement Recovered"]);
  });

  it("that comes and goes with every hour of limits by the hour is told no more often", async () => {
    const world = checkedWorld({ period: "rolling PT5M" });
    const { run, saidOf } = world;
    for (let hour = 0; hour < 20; hour += 3) {
      saidOf.logged.set(TEN + hour * HOUR, TOO_LITTLE);
      saidOf.logged.set(TEN + (hour + 1) * HOUR, TOO_MUCH);
    }
    await run();
    await hourly(world, 20);
    expect(types(world)).toEqual(["Metering Drift", "Metering Drift"]);
    await hourly(world, 50);
    expect(types(world)).toHaveLength(4);
  });

  it("is found in an hour to which records were added two days later, as forged ones are", async () => {
    const world = checkedWorld({ period: "month" });
    const { run, saidOf, told } = world;
    await run();
    await hourly(world, 47);
    expect(told("Metering Drift")).toEqual([]);
    saidOf.logged.set(TEN, TOO_MUCH);
    await hourly(world, 1);
    expect(told("Metering Drift")).toMatchObject([
      { models: [OPUS], period: { start: TEN }, reason: expect.stringContaining("likely forged records") },
    ]);
  });

  it("is remembered in little, however long it goes on", async () => {
    const world = checkedWorld({ period: "month" });
    world.said.logged = TOO_LITTLE;
    await hourly(world, 120);
    const drifts = marksOf((await world.ports.journal.read()).marks, "drift");
    expect(drifts).toHaveLength(1);
    expect(drifts[0]?.hours).toHaveLength(50);
  });

  it("noted by an earlier version of the governor goes on, and ends", async () => {
    const world = checkedWorld();
    const mark = { kind: "drift", model: OPUS, way: "short", hour: TEN, why: "too little" } as const;
    await world.ports.journal.commit([{ writes: [{ op: "open", mark }] }]);
    world.said.runtime = "CloudWatch gave no answer";
    world.spend(ALICE, OPUS, 1);
    expect((await world.run()).unknown.get("daily")).toContain("too little");
    world.said.runtime = AGREED;
    await hourly(world, 1);
    expect([...(await world.run()).unknown]).toEqual([]);
    expect(types(world)).toEqual(["Enforcement Recovered"]);
  });

  it("leaves CloudWatch alone in runs that only look whether there is anything to do", async () => {
    const { run, pass, asked, said } = checkedWorld();
    said.runtime = "CloudWatch gave no answer";
    await run();
    const before = asked.runtime.length;
    for (let second = 0; second < 50; second++) {
      await pass(1_000);
      await run(undefined, { gently: true });
    }
    expect(asked.runtime).toHaveLength(before);
  });
});
