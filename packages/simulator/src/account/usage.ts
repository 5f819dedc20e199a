import { isBudget, type Source } from "@bedrock-governor/core/limit/limit";
import type { Pattern } from "@bedrock-governor/core/model/pattern";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import { createCalendar } from "@bedrock-governor/core/period/span-at";
import type { UsagePort, UsageQuery, UsageReading } from "@bedrock-governor/core/reconcile/ports";
import { EVERYONE, type UsageTable } from "@bedrock-governor/core/usage/usage-table";
import type { UsageStore } from "./usage-store.ts";

/** A monthly cost budget of AWS Budgets. */
export interface Budget {
  readonly name: string;
  /** In dollars. */
  readonly amount: number;
  readonly models: readonly Pattern[];
}

/** Sources that cannot be read, as tests want it; every reading of theirs is unknown. */
export interface Silences {
  silence(source: Source, why: string): void;
  restore(source: Source): void;
  /** Why a source cannot be read; undefined if it can. */
  why(source: Source): string | undefined;
}

export function createSilences(): Silences {
  const silenced = new Map<Source, string>();
  return {
    silence: (source, why) => silenced.set(source, why),
    restore: (source) => silenced.delete(source),
    why: (source) => silenced.get(source),
  };
}

/** Answers from a store. `upTo` cuts off what the source does not show yet. */
export function storePort(store: UsageStore, silences: Silences, upTo?: () => EpochMs): UsagePort {
  const read = ({ source, measure, span }: UsageQuery): UsageReading => {
    const why = silences.why(source);
    if (why !== undefined) return { status: "unknown", why };
    if (span === undefined) return { status: "unknown", why: `${source} has no period of its own` };
    const shown = upTo === undefined ? span : cut(span, upTo());
    return { status: "known", table: store.table(measure, shown), span };
  };
  return { read: async (queries) => queries.map(read) };
}

const cut = (span: Span, end: EpochMs): Span => ({
  start: span.start,
  end: Math.max(span.start, Math.min(span.end, end)),
});

export interface BudgetOptions {
  readonly budgets: readonly Budget[];
  /** Everything that was used. */
  readonly store: UsageStore;
  readonly silences: Silences;
  readonly now: () => EpochMs;
  /** Up to when it has been billed. */
  readonly billedUpTo: () => EpochMs;
}

/** AWS Budgets: the billed money of the month, and nothing about who spent it. */
export function budgetPort({ budgets, store, silences, now, billedUpTo }: BudgetOptions): UsagePort {
  const calendar = createCalendar();
  const tables = new Map<string, { readonly amount: number; readonly table: UsageTable }>();

  function tableOf(name: string, model: Pattern, amount: number): UsageTable {
    const before = tables.get(name);
    if (before !== undefined && Object.is(before.amount, amount) && before.table.models[0] === model)
      return before.table;
    const gap = Number.isNaN(amount) ? "the price of a model is not known" : undefined;
    const table = { principals: [EVERYONE], models: [model], amounts: Float64Array.of(amount), ...(gap && { gap }) };
    tables.set(name, { amount, table });
    return table;
  }

  function read({ source, models }: UsageQuery): UsageReading {
    const why = silences.why(source);
    if (why !== undefined) return { status: "unknown", why };
    const name = isBudget(source) ? source.slice("budget:".length) : "";
    const budget = budgets.find((one) => one.name === name);
    if (budget === undefined) return { status: "unknown", why: `there is no budget called "${name}"` };
    const span = calendar.spanAt({ kind: "calendar", unit: "month", timeZone: "UTC" }, now());
    const asOf = billedUpTo();
    const amount = store.total("usd", cut(span, asOf), budget.models);
    // One amount for all its models, so it stands under the first that is asked for.
    const table = tableOf(name, models[0] ?? "*", amount);
    return { status: "known", table, span, threshold: budget.amount, ...(Number.isFinite(asOf) && { asOf }) };
  }
  return { read: async (queries) => queries.map(read) };
}
