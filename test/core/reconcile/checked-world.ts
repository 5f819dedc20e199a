import type { Ports, UsagePort } from "@bedrock-governor/core/reconcile/ports";
import { EVERYONE, usageTable } from "@bedrock-governor/core/usage/usage-table";
import { createWorld, dailyLimit, HOUR, OPUS } from "../../support/world.ts";

export const ALICE = "role/alice";
export const BOB = "role/bob";

/** Tokens by model, undefined where they are unread; or why nothing is known. */
export type Told = Readonly<Record<string, number | undefined>> | string;

interface Asked {
  readonly from: number;
  readonly to: number;
  readonly hours: number;
}

/** A port that tells of each hour what a test says; of each model as many calls as it has tokens in tens of thousands. */
export function everyHour(of: (start: number) => Told, principal: string) {
  const asked: Asked[] = [];
  const port: UsagePort = {
    async read(queries) {
      const spans = queries.flatMap(({ span }) => span ?? []);
      const [from, to] = [Math.min(...spans.map(({ start }) => start)), Math.max(...spans.map(({ end }) => end))];
      asked.push({ from, to, hours: new Set(spans.map(({ start }) => start)).size });
      return queries.map(({ measure, span = { start: 0, end: 0 } }) => {
        const told = of(span.start);
        if (typeof told === "string") return { status: "unknown", why: told };
        const rows = Object.entries(told).map(([model, amount]) => ({
          principal,
          model,
          amount: amount === undefined ? undefined : measure === "invocations" ? amount / 10_000 : amount,
        }));
        return { status: "known", table: usageTable(rows), span };
      });
    },
  };
  return { port, asked };
}

/** A world with a limit on the log, in which both sources tell the same until a test says otherwise. */
export function checkedWorld(limit: Record<string, unknown> = {}) {
  const world = createWorld();
  const told: { logged: Told; runtime: Told; mantle: Told } = {
    logged: { [OPUS]: 10_000_000 },
    runtime: { [OPUS]: 10_000_000 },
    mantle: {},
  };
  /** What is told of single hours, by their beginning, in place of that. */
  const ofHour = { logged: new Map<number, Told>(), runtime: new Map<number, Told>() };
  const hours = everyHour((start) => ofHour.logged.get(start) ?? told.logged, ALICE);
  const runtime = everyHour((start) => ofHour.runtime.get(start) ?? told.runtime, EVERYONE);
  const mantle = everyHour(() => told.mantle, EVERYONE);
  const { logs, ...usage } = world.ports.usage;
  // The check asks for hours; limits of these tests ask for other periods.
  const isCheck = (queries: Parameters<UsagePort["read"]>[0]) =>
    queries.every(({ span }) => span !== undefined && span.end - span.start === HOUR);
  let incomplete = false;
  const checked: UsagePort = {
    read: async (queries) =>
      (await hours.port.read(queries)).map((reading) =>
        incomplete && reading.status === "known" ? { ...reading, incomplete } : reading,
      ),
  };
  const ports: Ports = {
    ...world.ports,
    usage: { ...usage, logs: { read: (queries) => (isCheck(queries) ? checked : logs).read(queries) } },
    measured: { runtime: runtime.port, mantle: mantle.port },
  };
  world.restart(ports);
  world.settings.set("limits/daily", dailyLimit(limit));
  return {
    ...world,
    said: told,
    saidOf: ofHour,
    beMeteredWholly: (wholly: boolean) => {
      incomplete = !wholly;
    },
    asked: { runtime: runtime.asked, logged: hours.asked },
    restart: () => world.restart(ports),
  };
}
