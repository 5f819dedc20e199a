import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { Ports } from "@bedrock-governor/core/reconcile/ports";
import { createGovernor } from "@bedrock-governor/core/reconcile/reconcile";
import type { Report } from "@bedrock-governor/core/reconcile/report";
import { describe, expect, it } from "vitest";
import { createWorld, DEPLOYMENT, dailyLimit, HOUR, MINUTE, OPUS, type World } from "../../support/world.ts";

const WRITES_PER_SECOND = 1.5;
const RUN_MS = 48_000;
/** As many writes as begin before a run's deadline. */
const PER_RUN = Math.ceil((RUN_MS / 1_000) * WRITES_PER_SECOND);
const EARLIER = 20;

interface Write {
  readonly principal: PrincipalId;
  readonly on: boolean;
  readonly at: EpochMs;
  /** The deadline of the run that wrote. */
  readonly deadline: EpochMs;
}

/** An account in which some are denied already, whose IAM takes one write at a time, and a governor that runs each minute. */
async function busyAccount(overspenders: number) {
  const names = Array.from({ length: overspenders }, (_, index) => `role/s${index}`);
  const earlier = Array.from({ length: EARLIER }, (_, index) => `role/earlier-${index}`);
  const world = createWorld({ principals: [...names, ...earlier] });
  world.settings.set("limits/daily", dailyLimit());
  for (const principal of earlier) world.spend(principal, OPUS, 100);
  await world.run();
  await world.pass(10 * MINUTE);
  for (const [index, principal] of names.entries()) world.spend(principal, OPUS, 100 + index);

  let deadline = 0;
  const early: string[] = [];
  const ports = watched(paced(world), (principal) => {
    if (world.attachments.of(principal).length === 0) early.push(principal);
  });
  const governor = createGovernor(DEPLOYMENT, ports);
  const writes: Write[] = [];
  world.attachments.onWritten(({ principal, on, at }) => writes.push({ principal, on, at, deadline }));
  return {
    world,
    writes,
    /** Principals of whom a deny was told before IAM had it. */
    early,
    async run(): Promise<Report> {
      let report: Report | undefined;
      const { clock } = world;
      const began = clock.now();
      deadline = began + RUN_MS;
      clock.start(began, async () => {
        report = await governor.reconcile(deadline);
      });
      await clock.runUntil(began + MINUTE);
      if (report === undefined) throw new Error("a run took longer than a minute");
      return report;
    },
  };
}

function paced({ ports, clock }: World): Ports {
  const { access } = ports;
  const slot = () => clock.sleep(1_000 / WRITES_PER_SECOND);
  return {
    ...ports,
    access: {
      observe: access.observe,
      attach: async (principal, name) => {
        const outcome = await access.attach(principal, name);
        await slot();
        return outcome;
      },
      detach: async (principal, name) => {
        const outcome = await access.detach(principal, name);
        await slot();
        return outcome;
      },
    },
  };
}

const watched = (ports: Ports, denied: (principal: PrincipalId) => void): Ports => ({
  ...ports,
  announcer: {
    announce(events) {
      for (const { type, principal } of events) if (type === "Access Denied") denied(principal ?? "");
      return ports.announcer.announce(events);
    },
  },
});

describe("a thousand new denies that an operator approved", () => {
  it("are spread over runs, lifts first and then the largest overspend, none after a run's deadline", async () => {
    const { world, writes, early, run } = await busyAccount(1_000);
    const held = await run();
    expect(held.heldPlan?.changes).toHaveLength(1_000);
    world.settings.set("plan-approved", held.heldPlan?.id);
    const until = "2026-02-01T00:00:00Z";
    world.settings.set("exemptions/earlier", { principals: ["role/earlier-*"], until, reason: "demo" });
    let reports = 0;
    for (let postponed = 1; postponed > 0; reports++) {
      const before = world.journal.history.length;
      const report = await run();
      postponed = report.postponed;
      expect([report.heldPlan, report.passing]).toEqual([undefined, []]);
      expect(report.changed.length).toBeLessThanOrEqual(PER_RUN);
      // For each change what was written, what was told, and what an earlier run wrote and is over.
      expect(world.journal.history.length - before).toBeLessThanOrEqual(3 * PER_RUN + 5);
    }
    expect(reports).toBe(Math.ceil((EARLIER + 1_000) / PER_RUN));
    expect(writes.filter(({ at, deadline }) => at >= deadline)).toEqual([]);

    const lifts = writes.slice(0, EARLIER);
    expect(lifts.every(({ on, principal }) => !on && principal.startsWith("role/earlier-"))).toBe(true);
    const denies = writes.slice(EARLIER).map(({ principal }) => principal);
    expect(denies).toEqual(Array.from({ length: 1_000 }, (_, index) => `role/s${999 - index}`));

    expect(early).toEqual([]);
    const told = world.told("Access Denied").map(({ principal }) => principal);
    expect([told.length, new Set(told).size]).toEqual([1_000 + EARLIER, 1_000 + EARLIER]);
    expect(world.told("Plan Held")).toHaveLength(1);
  });

  it("are these and no others: those who come in the middle are held, and do not hold up the rest", async () => {
    const { world, run } = await busyAccount(200);
    world.settings.set("plan-approved", (await run()).heldPlan?.id);
    await run();
    for (let index = 0; index < 30; index++) {
      world.directory.create(`role/late-${index}`);
      world.spend(`role/late-${index}`, OPUS, 100);
    }
    for (let time = 0; time < 4; time++) {
      const { heldPlan } = await run();
      expect(heldPlan?.changes.map(({ principal }) => principal.replace(/\d+/, ""))).toEqual(
        Array(30).fill("role/late-"),
      );
    }
    expect(Object.keys(world.denied())).toHaveLength(EARLIER + 200);
  });

  it("are approved once each: who was lifted since is held, while the rest goes on", async () => {
    const { world, run } = await busyAccount(200);
    world.settings.set("plan-approved", (await run()).heldPlan?.id);
    await run();
    const first = Object.keys(world.denied()).filter((principal) => principal.startsWith("role/s"));
    expect(first.length).toBeGreaterThan(25);
    const until = new Date(world.clock.now() + 90_000).toISOString();
    world.settings.set("exemptions/first", { principals: first, until, reason: "demo" });
    await run();
    world.settings.remove("exemptions/first");
    await run();
    const { heldPlan } = await run();
    expect(new Set(heldPlan?.changes.map(({ principal }) => principal))).toEqual(new Set(first));
  });

  it("stay approved while usage cannot be read in the middle, and while a role refuses", async () => {
    const { world, run } = await busyAccount(200);
    for (let index = 0; index < 30; index++) world.faults.plan(`role/s${index}`, "access denied");
    world.settings.set("plan-approved", (await run()).heldPlan?.id);
    await run();
    world.usage.silence("logs", "throttled");
    await run();
    world.usage.restore("logs");
    for (let time = 0; time < 4; time++) expect((await run()).heldPlan).toBeUndefined();
    expect(Object.keys(world.denied())).toHaveLength(EARLIER + 170);
    await world.pass(HOUR);
    for (let index = 0; index < 30; index++) world.faults.clear(`role/s${index}`);
    await run();
    expect(Object.keys(world.denied())).toHaveLength(EARLIER + 200);
    expect(world.told("Plan Held")).toHaveLength(1);
  });

  it("can be approved while usage cannot be read for a moment, and are held aloud when it is again hours later", async () => {
    const { world, run } = await busyAccount(30);
    const { heldPlan } = await run();
    world.usage.silence("logs", "throttled");
    world.settings.set("plan-approved", heldPlan?.id);
    await run();
    expect(Object.keys(world.denied())).toHaveLength(EARLIER);
    world.usage.restore("logs");
    await run();
    expect(Object.keys(world.denied())).toHaveLength(EARLIER + 30);

    const other = await busyAccount(30);
    await other.run();
    other.world.usage.silence("logs", "no logging any more");
    await other.world.pass(2 * HOUR);
    await other.run();
    other.world.usage.restore("logs");
    await other.run();
    expect(other.world.told("Plan Held")).toHaveLength(2);
  });
});
