import type { DenySet } from "@bedrock-governor/core/enforcement/deny-set";
import { describeProblem } from "@bedrock-governor/core/limit/describe-problem";
import type { Source } from "@bedrock-governor/core/limit/limit";
import type { Checked } from "@bedrock-governor/core/limit/problem";
import { readExemption } from "@bedrock-governor/core/limit/read-exemption";
import { readLimit } from "@bedrock-governor/core/limit/read-limit";
import { readManualDeny } from "@bedrock-governor/core/limit/read-manual-deny";
import { readReset } from "@bedrock-governor/core/limit/read-reset";
import type { Authorship, Settings } from "@bedrock-governor/core/limit/settings";
import type { Catalogue } from "@bedrock-governor/core/model/catalogue";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import type { Ports, UsagePort } from "@bedrock-governor/core/reconcile/ports";
import { createGovernor, type Deployment, type Governor } from "@bedrock-governor/core/reconcile/reconcile";
import type { Report } from "@bedrock-governor/core/reconcile/report";
import { EVERYONE, type UsageRow, usageTable } from "@bedrock-governor/core/usage/usage-table";
import { type AccessOptions, createAccess } from "@bedrock-governor/simulator/account/access";
import { createBus } from "@bedrock-governor/simulator/account/announcer";
import { createAttachments } from "@bedrock-governor/simulator/account/attachments";
import { createDirectory } from "@bedrock-governor/simulator/account/directory";
import { createFaults } from "@bedrock-governor/simulator/account/faults";
import { createJournal } from "@bedrock-governor/simulator/account/journal";
import { createPolicies } from "@bedrock-governor/simulator/account/policies";
import { createClock } from "@bedrock-governor/simulator/clock";

export const MONDAY_NOON: EpochMs = Date.UTC(2026, 0, 5, 12);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const OPUS = "anthropic.claude-opus-4-8";
export const SONNET = "anthropic.claude-sonnet-4-6";
export const HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0";
export const NOVA = "amazon.nova-pro-v1:0";

export const DEPLOYMENT: Deployment = {
  stage: "test",
  account: "111122223333",
  partition: "aws",
  protectedPrincipals: ["role/break-glass", "role/governor/*"],
  enforcement: "on",
};

export interface WorldOptions {
  /** Tails of the roles and users there are. */
  readonly principals?: readonly string[];
  readonly models?: readonly string[];
  /** For how long IAM's reads do not show a write. */
  readonly staleMs?: number;
  readonly quota?: AccessOptions["quota"];
  readonly mode?: Settings["mode"];
  readonly now?: EpochMs;
}

export type World = ReturnType<typeof createWorld>;

/** A small account that does at once what it is asked, with usage as the test says: the loop's own behaviour shows. */
export function createWorld(options: WorldOptions = {}) {
  const clock = createClock(options.now ?? MONDAY_NOON);
  const faults = createFaults();
  const directory = createDirectory({ account: DEPLOYMENT.account, partition: DEPLOYMENT.partition });
  const policies = createPolicies(faults);
  const attachments = createAttachments({ clock, propagation: () => 0, staleMs: options.staleMs ?? 0 });
  const access = createAccess({ directory, policies, attachments, faults, quota: options.quota ?? 10 });
  directory.onDeleted((principal) => attachments.forget(principal));
  const journal = createJournal(clock.now);
  const bus = createBus();
  const settings = createSettings(clock.now, options.mode ?? "enforce");
  const usage = createUsage();
  let catalogue: Catalogue | undefined = catalogueOf(options.models ?? [OPUS, SONNET, HAIKU, NOVA]);
  for (const tail of options.principals ?? ["role/alice", "role/bob"]) directory.create(tail);

  const ports: Ports = {
    now: clock.now,
    settings: { read: async () => settings.read() },
    directory: directory.port,
    catalogue: { read: async () => catalogue },
    usage: { metrics: usage.port, logs: usage.port, budget: usage.port },
    access,
    publisher: policies.port,
    journal: journal.port,
    announcer: bus.port,
  };
  let governor: Governor = createGovernor(DEPLOYMENT, ports);

  return {
    ports,
    clock,
    faults,
    directory,
    policies,
    attachments,
    journal,
    bus,
    settings,
    usage,
    /** A fresh Lambda, which remembers nothing. */
    restart(other: Ports = ports, deployment = DEPLOYMENT) {
      governor = createGovernor(deployment, other);
    },
    setCatalogue(models: readonly string[] | undefined) {
      catalogue = models && catalogueOf(models);
    },
    spend(principal: PrincipalId, model: string, amount: number, at = clock.now()) {
      usage.spend(principal, model, amount, at);
    },
    /** Lets time pass. */
    async pass(ms: number) {
      await clock.runUntil(clock.now() + ms);
    },
    async run(deadline?: EpochMs, how?: { readonly gently?: boolean }): Promise<Report> {
      const report = await governor.reconcile(deadline, how);
      await clock.runUntil(clock.now());
      return report;
    },
    /** Who is denied what in IAM, as written. */
    denied(): Record<PrincipalId, DenySet> {
      const published = policies.published();
      const entries = [...directoryIds(directory)].map((id) => {
        const members = attachments.of(id).flatMap((name) => published.get(name) ?? []);
        return [id, [...new Set(members)].sort()] as const;
      });
      return Object.fromEntries(entries.filter(([, members]) => members.length > 0));
    },
    /** What was told, once each, oldest first. */
    told(...types: GovernorEvent["type"][]): readonly GovernorEvent[] {
      return bus.events.filter(({ type }) => types.length === 0 || types.includes(type));
    },
  };

  function* directoryIds({ find }: typeof directory): Iterable<PrincipalId> {
    for (const id of attachments.observed().keys()) if (find(id) !== undefined) yield id;
  }
}

const catalogueOf = (models: readonly string[]): Catalogue => ({
  models: [...models].sort(),
  aliases: new Map(),
  otherArns: new Map(),
});

interface Parameter {
  readonly text: string;
  readonly version: number;
  readonly at: EpochMs;
}

/** Parameters as an operator writes them; only valid ones, since what becomes of others is the adapter's matter. */
function createSettings(now: () => EpochMs, mode: Settings["mode"]) {
  const parameters = new Map<string, Parameter>();
  let problems: Settings["problems"] = [];
  let last: Settings | undefined;
  const all = <T>(kind: string, read: (name: string, text: string) => Checked<T>): T[] =>
    [...parameters].flatMap(([name, { text }]) => {
      if (!name.startsWith(`${kind}/`)) return [];
      const checked = read(name.slice(kind.length + 1), text);
      if (checked.ok) return [checked.value];
      throw new Error(checked.problems.map((problem) => describeProblem(problem, name)).join("\n"));
    });
  const api = {
    set(name: string, value: unknown) {
      const version = (parameters.get(name)?.version ?? 0) + 1;
      parameters.set(name, { text: typeof value === "string" ? value : JSON.stringify(value), version, at: now() });
      last = undefined;
    },
    remove(name: string) {
      parameters.delete(name);
      last = undefined;
    },
    setProblems(next: Settings["problems"]) {
      problems = next;
      last = undefined;
    },
    read(): Settings {
      last ??= {
        mode: (parameters.get("mode")?.text ?? mode) as Settings["mode"],
        limits: all("limits", readLimit).sort((a, b) => (a.name < b.name ? -1 : 1)),
        exemptions: all("exemptions", readExemption),
        denies: all("denies", readManualDeny),
        resets: all("resets", readReset),
        prices: [],
        maxNewDenies: Number(parameters.get("max-new-denies")?.text ?? 25),
        ...(parameters.has("plan-approved") && { planApproved: parameters.get("plan-approved")?.text ?? "" }),
        problems,
        authorship: [...parameters].map(
          ([parameter, { text, version, at }]): Authorship => ({
            parameter,
            version,
            value: text,
            by: "user/admin",
            at,
          }),
        ),
      };
      return last;
    },
  };
  return api;
}

/** Usage that is known the moment it is spent. */
function createUsage() {
  const spent: { principal: PrincipalId; model: string; amount: number | undefined; at: EpochMs }[] = [];
  const silent = new Map<Source, string>();
  let budget: { amount: number; start: EpochMs; end: EpochMs } | undefined;
  let broken: Error | undefined;
  const port: UsagePort = {
    async read(queries) {
      if (broken !== undefined) throw broken;
      return queries.map(({ source, span: asked, models }) => {
        const why = silent.get(source);
        if (why !== undefined) return { status: "unknown", why };
        const span = asked ?? budget;
        if (span === undefined) return { status: "unknown", why: "there is no such budget" };
        const rows = spent.filter(
          ({ at }) => at >= span.start && (at < span.end || asked === undefined || at === span.end),
        );
        const known: UsageRow[] = rows.map((row) => ({
          ...row,
          principal: source === "logs" ? row.principal : EVERYONE,
          // A budget's one amount stands under the first model that is asked for.
          model: asked === undefined ? (models[0] ?? "*") : row.model,
        }));
        const table = usageTable(
          known,
          known.some(({ amount }) => amount === undefined) ? "a region was not read" : undefined,
        );
        return {
          status: "known",
          table,
          span: { start: span.start, end: span.end },
          ...(asked === undefined && budget && { threshold: budget.amount }),
        };
      });
    },
  };
  return {
    port,
    spend(principal: PrincipalId, model: string, amount: number | undefined, at: EpochMs) {
      spent.push({ principal, model, amount, at });
    },
    forgetAll: () => spent.splice(0),
    silence: (source: Source, why: string) => silent.set(source, why),
    restore: (source: Source) => silent.delete(source),
    setBudget(next: typeof budget) {
      budget = next;
    },
    fail(error: Error | undefined) {
      broken = error;
    },
  };
}

/** A limit per principal on tokens a day, as most tests want it. */
export const dailyLimit = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  models: ["anthropic.*"],
  principals: ["*"],
  source: "logs",
  measure: "totalTokens",
  per: ["principal"],
  period: "day",
  threshold: 100,
  ...more,
});
