import { isBudget, type Limit } from "@bedrock-governor/core/limit/limit";
import type { UsagePort } from "@bedrock-governor/core/reconcile/ports";
import { EVERYONE, type UsageTable } from "@bedrock-governor/core/usage/usage-table";
import type { Account } from "../account/account.ts";
import type { Budget } from "../account/usage.ts";
import { ReplayProblem } from "./replay-problem.ts";
import type { ReplaySource } from "./result.ts";

/** A limit as it is replayed. */
export interface ReplayedLimit {
  readonly limit: Limit & { readonly threshold: number };
  /** What decides when usage is seen. */
  readonly source: ReplaySource;
}

/**
 * Puts `--source` in place of the limits' own. Only the delay changes: a limit keeps what it counts,
 * for whom, and how much.
 *
 * @throws ReplayProblem if a limit cannot be replayed so.
 */
export function replayedLimits(limits: readonly Limit[], override: ReplaySource | undefined): readonly ReplayedLimit[] {
  return [...limits].sort(byName).map((limit) => {
    const { name, threshold } = limit;
    if (threshold === undefined) {
      throw new ReplayProblem(
        `limit ${name} has the threshold of its budget, which a replay cannot look up; write a threshold into it.`,
      );
    }
    const source = override ?? (isBudget(limit.source) ? "budget" : (limit.source as ReplaySource));
    if (source === "metrics" && limit.per.principal) {
      throw new ReplayProblem(
        `limit ${name} is per principal, and metrics do not tell principals apart; replay it with --source logs.`,
      );
    }
    return { limit: { ...withSource(limit, source), threshold }, source };
  });
}

const byName = (a: Limit, b: Limit) => (a.name < b.name ? -1 : 1);

/** At billing cadence a limit goes on reading what it reads, only later (`billedPorts`); a budget has its own. */
function withSource(limit: Limit, source: ReplaySource): Limit {
  if (source === "budget") return limit;
  const period = limit.period.kind === "budget" ? BUDGET_MONTH : limit.period;
  return { ...limit, source, period };
}

/** The period of a replayed budget. */
export const BUDGET_MONTH = { kind: "calendar", unit: "month", timeZone: "UTC" } as const;

/** The budgets that limits name, each as large as its limit's threshold. */
export function budgetsOf(limits: readonly ReplayedLimit[]): readonly Budget[] {
  return limits.flatMap(({ limit: { source, threshold, models } }) =>
    isBudget(source) ? [{ name: source.slice("budget:".length), amount: threshold, models }] : [],
  );
}

/** The account's usage ports, or those that answer at billing cadence. */
export function usagePorts(account: Account, override: ReplaySource | undefined): Account["ports"]["usage"] {
  if (override !== "budget") return account.ports.usage;
  return { ...account.ports.usage, logs: account.billed, metrics: withoutPrincipals(account.billed) };
}

/** Answers as a source does that knows no principal. */
function withoutPrincipals(port: UsagePort): UsagePort {
  const summed = new WeakMap<UsageTable, UsageTable>();
  return {
    async read(queries) {
      const readings = await port.read(queries);
      return readings.map((reading) => {
        if (reading.status === "unknown") return reading;
        const table = summed.get(reading.table) ?? sumOfPrincipals(reading.table);
        summed.set(reading.table, table);
        return { ...reading, table };
      });
    },
  };
}

function sumOfPrincipals({ models, amounts, gap }: UsageTable): UsageTable {
  const sums = new Float64Array(models.length);
  for (const [cell, amount] of amounts.entries()) {
    const column = cell % models.length;
    sums[column] = (sums[column] as number) + amount;
  }
  return { principals: [EVERYONE], models, amounts: sums, ...(gap !== undefined && { gap }) };
}
