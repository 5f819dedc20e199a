import { AccessDeniedException, type BudgetsClient } from "@aws-sdk/client-budgets";
import { isBudget } from "@bedrock-governor/core/limit/limit";
import { nearest } from "@bedrock-governor/core/limit/nearest";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { UsagePort, UsageQuery, UsageReading } from "@bedrock-governor/core/reconcile/ports";
import type { Permission, Place } from "../permission.ts";
import { createRegionReads, type RegionReads } from "../region-reads.ts";
import { readingOf } from "./budget-reading.ts";
import { budgetSpan } from "./budget-span.ts";
import { type FoundBudgets, listBudgets, reason } from "./list-budgets.ts";

/** One action for every way of reading budgets; a list needs all of them. Source: the Service Authorization Reference. */
export const permissions = ({ partition, account }: Place): readonly Permission[] => [
  { actions: ["budgets:ViewBudget"], resources: [`arn:${partition}:budgets::${account}:budget/*`] },
];

export interface BudgetsUsageOptions {
  /** Its region only says which partition: each has one endpoint of AWS Budgets, which the SDK finds. */
  readonly budgets: BudgetsClient;
  readonly account: string;
  readonly now: () => EpochMs;
  /** How long AWS Budgets may keep a run waiting. */
  readonly reads?: RegionReads;
}

export interface BudgetsUsage extends UsagePort {
  /** AWS said that a budget moved: what was read is not good enough any more. */
  forget(): void;
}

/** Billed money moves three times a day. */
const REMEMBERED_MS = 5 * 60_000;
/** A schedule is late or early by seconds; without this five minutes become six. */
const SLACK_MS = 30_000;

/** So that it is left alone for some minutes after it gave no answer, as a region is. */
const SERVICE = "AWS Budgets";

/**
 * Billed money by budget: all of it, hours late, and nothing about who spent it on what.
 *
 * Made once per process: it asks at most each five minutes, and at once for a budget that was not asked for before
 * or that has begun another period.
 */
export function createBudgetsUsage(options: BudgetsUsageOptions): BudgetsUsage {
  const { budgets, account, now } = options;
  const { reads = createRegionReads({ now }) } = options;
  let last: { readonly at: EpochMs; readonly asked: ReadonlySet<string>; readonly found: FoundBudgets } | undefined;

  /** What is remembered, if it is good enough. */
  function remembered(names: ReadonlySet<string>, at: EpochMs): FoundBudgets | undefined {
    if (last === undefined || at - last.at >= REMEMBERED_MS - SLACK_MS) return undefined;
    const { found, asked } = last;
    const isGood = (name: string): boolean => {
      const budget = found.budgets.get(name);
      if (budget === undefined) return asked.has(name) && found.unread === undefined;
      return budgetSpan(budget, at)?.start === budgetSpan(budget, last?.at ?? at)?.start;
    };
    return [...names].every(isGood) ? found : undefined;
  }

  async function find(names: ReadonlySet<string>, at: EpochMs): Promise<FoundBudgets> {
    const found =
      remembered(names, at) ?? (await reads.read(SERVICE, (signal) => listBudgets(budgets, account, names, signal)));
    if (last?.found !== found) last = { at, asked: names, found };
    return found;
  }

  return {
    forget() {
      last = undefined;
    },
    async read(queries) {
      const at = now();
      try {
        const found = await find(new Set(queries.map(nameOf)), at);
        return queries.map((query) => answer(query, found, at));
      } catch (error) {
        return queries.map(() => ({ status: "unknown", why: whyUnread(error) }));
      }
    },
  };
}

const nameOf = ({ source }: UsageQuery): string => (isBudget(source) ? source.slice("budget:".length) : "");

function answer(query: UsageQuery, { budgets, unread }: FoundBudgets, at: EpochMs): UsageReading {
  const name = nameOf(query);
  const budget = budgets.get(name);
  if (budget !== undefined) return readingOf(budget, query.models, at);
  if (unread !== undefined) return { status: "unknown", why: `budget "${name}" was not found, and ${unread}` };
  const meant = nearest(name, [...budgets.keys()]);
  const hint = meant === undefined ? "make it, or name another" : `is "${meant}" meant?`;
  return { status: "unknown", why: `there is no budget called "${name}" in this account: ${hint}` };
}

function whyUnread(error: unknown): string {
  return error instanceof AccessDeniedException
    ? `AWS Budgets may not be read: this needs budgets:ViewBudget, and IAM access to billing activated for the account (${error.message})`
    : `AWS Budgets could not be read: ${reason(error)}`;
}
