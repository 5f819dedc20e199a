import { decide } from "../../packages/core/src/enforcement/decide.ts";
import { declaredState } from "../../packages/core/src/enforcement/declared.ts";
import type { LimitReadings } from "../../packages/core/src/enforcement/judge-limit.ts";
import { plan } from "../../packages/core/src/enforcement/plan.ts";
import { directory, limitScope } from "../../packages/core/src/enforcement/scope.ts";
import type { Settings } from "../../packages/core/src/limit/settings.ts";
import { denyPolicies } from "../../packages/core/src/policy/deny-policies.ts";
import type { Principal } from "../../packages/core/src/principal/principal.ts";
import type { UsageTable } from "../../packages/core/src/usage/usage-table.ts";
import { limit } from "../support/limit.ts";

const NOW = Date.UTC(2026, 0, 5, 12);
const SPAN = { start: Date.UTC(2026, 0, 5), end: Date.UTC(2026, 0, 6) };

/** How large an account a plan is made for, and how much of it is over its limits. */
export interface PlanningCase {
  readonly principals: number;
  readonly models: number;
  readonly limits: number;
  readonly perModel: boolean;
  /** Share of the principals whose usage is over every threshold. */
  readonly over: number;
}

/** Makes one decision and plan of a large account, ready to be run again and again. */
export function planningRun(size: PlanningCase): () => number {
  const principals: Principal[] = range(size.principals, (i) => ({
    id: `role/service-${i}`,
    tail: `role/team-${i % 20}/service-${i}`,
    arn: `arn:aws:iam::111122223333:role/team-${i % 20}/service-${i}`,
  }));
  const models = range(size.models, (i) => `vendor-${i % 5}.model-${i}-v1:0`);
  const limits = range(size.limits, (i) =>
    limit(`limit-${i}`, {
      models: ["*"],
      principals: ["*"],
      measure: "totalTokens",
      per: { principal: true, model: size.perModel },
      period: { kind: "calendar", unit: "day", timeZone: "UTC" },
      threshold: 1_000_000 + i,
    }),
  );
  const table: UsageTable = {
    principals: principals.map(({ id }) => id),
    models,
    amounts: new Float64Array(size.principals * size.models).map((_, at) =>
      Math.floor(at / size.models) < size.principals * size.over ? 2_000_000 : 10 + (at % 1000),
    ),
  };
  const readings = new Map<string, LimitReadings>(
    limits.map(({ name }) => [name, { main: { status: "known", table, span: SPAN }, sinceResets: [], upToResets: [] }]),
  );
  const settings: Settings = {
    mode: "enforce",
    limits,
    exemptions: [],
    denies: [],
    resets: [],
    prices: [],
    maxNewDenies: Number.POSITIVE_INFINITY,
    problems: [],
    authorship: [],
  };
  return () => {
    const all = directory(principals, ["role/team-0/service-0"]);
    const scopes = limits.map((one) => limitScope(one, all));
    const declared = declaredState([], limits);
    const current = new Map();
    const decision = decide({
      now: NOW,
      settings,
      directory: all,
      scopes,
      readings,
      current,
      known: models,
      catalogueKnown: true,
      declared,
      dueTo: () => undefined,
    });
    return plan({
      wanted: decision.wanted,
      held: new Map(),
      isProtected: (id) => all.isProtected({ id, tail: id, arn: id }),
      policiesOf: (set) => denyPolicies(set, { partition: "aws" }),
      catalogueKnown: true,
    }).length;
  };
}

const range = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, index) => make(index));
