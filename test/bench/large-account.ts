import type { Catalogue } from "@bedrock-governor/core/model/catalogue";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { Ports, UsagePort } from "@bedrock-governor/core/reconcile/ports";
import type { Deployment } from "@bedrock-governor/core/reconcile/reconcile";
import { EVERYONE, type UsageTable } from "@bedrock-governor/core/usage/usage-table";
import { createAccount } from "@bedrock-governor/simulator/account/account";
import { createClock } from "@bedrock-governor/simulator/clock";

/** How large an account is. */
export interface LargeSize {
  readonly roles: number;
  readonly limits: number;
  readonly models: number;
  /** Whether each limit selects every role, or most of them one of the teams. */
  readonly everyone: boolean;
}

export type LargeAccount = ReturnType<typeof createLargeAccount>;

const TEAMS = 20;
const FAMILIES = 12;
const NOON = Date.UTC(2026, 0, 5, 12);
const QUIET = 1_000;
const THRESHOLD = 1_000_000;
const OVER = 2 * THRESHOLD;

/**
 * An account on the simulator in which every role uses every model. Half of the limits read metrics, half the
 * log; per model, shared, per principal and per both; of patterns and of models by name.
 */
export function createLargeAccount({ roles, limits, models: modelCount, everyone }: LargeSize) {
  const clock = createClock(NOON);
  const models = range(modelCount, (i) => `vendor-${i % 5}.family-${i % FAMILIES}-model-${i}-v1:0`);
  const catalogue: Catalogue = { models: [...models].sort(), aliases: new Map(), otherArns: new Map() };
  const account = createAccount({ clock, catalogue });
  const principals = range(
    roles,
    (i) => account.directory.create(`role/team-${i % TEAMS}/a-service-with-some-name-${i}`).id,
  );
  for (let i = 0; i < limits; i++) account.parameters.put(`limits/limit-${i}`, JSON.stringify(limitOf(i)));
  account.parameters.put("mode", "enforce");
  account.parameters.put("max-new-denies", String(roles));

  function limitOf(i: number) {
    const kind = i % 4;
    const [source, per] = (
      [
        ["metrics", ["model"]],
        ["logs", ["principal"]],
        ["metrics", []],
        ["logs", ["principal", "model"]],
      ] as const
    )[kind] as readonly [string, readonly string[]];
    const named = range(5, (n) => models[(i * 7 + n) % modelCount] ?? "");
    return {
      models: [["*"], [`*.family-${i % FAMILIES}-*`], named][Math.floor(i / 4) % 3],
      principals: everyone || i % 10 === 0 ? ["role/*"] : [`role/team-${Math.floor(i / 4) % TEAMS}/*`],
      source,
      measure: i % 8 < 4 ? "totalTokens" : "outputTokens",
      per,
      period: ["day", "month", "hour", "rolling PT15M"][Math.floor(i / 4) % 4],
      // Of metrics, all roles together.
      threshold: THRESHOLD * (source === "metrics" ? roles * modelCount * 10 : 1) + i,
    };
  }

  const logged = new Float64Array(roles * modelCount).map((_, at) => 10 + (at % QUIET));
  let table: UsageTable = { principals, models, amounts: logged };
  const logs: UsagePort = { read: async (queries) => queries.map(({ span }) => known(table, span)) };
  const metered: UsageTable = {
    principals: [EVERYONE],
    models,
    amounts: new Float64Array(modelCount).fill(roles * QUIET),
  };
  const metrics: UsagePort = { read: async (queries) => queries.map(({ span }) => known(metered, span)) };
  const ports: Ports = { ...account.ports, usage: { ...account.ports.usage, logs, metrics } };
  const { account: id, partition } = account.place;
  const deployment: Deployment = {
    stage: "bench",
    account: id,
    partition,
    protectedPrincipals: ["role/break-glass-*"],
    enforcement: "on",
  };

  return {
    clock,
    ports,
    deployment,
    principals,
    /** Puts some roles over their limits: with so many of their models. */
    overspend(from: number, to: number, withModels: number) {
      for (let row = from; row < to; row++) {
        for (let n = 0; n < withModels; n++) logged[row * modelCount + ((row + n) % modelCount)] = OVER + row;
      }
      table = { ...table };
    },
    attached: (principal: PrincipalId) => account.attachments.of(principal),
  };
}

const known = (table: UsageTable, span: { start: number; end: number } | undefined) =>
  span === undefined
    ? ({ status: "unknown", why: "has no period" } as const)
    : ({ status: "known", table, span } as const);

const range = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, index) => make(index));
