import type { Logger } from "@aws-lambda-powertools/logger";
import { type Cause, mainCause } from "@bedrock-governor/core/enforcement/cause";
import type { KeyOverview } from "@bedrock-governor/core/enforcement/overview";
import type { Change } from "@bedrock-governor/core/enforcement/plan";
import type { Problem } from "@bedrock-governor/core/limit/problem";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { EventType, GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import type { Money } from "@bedrock-governor/core/reconcile/money";
import type { Report } from "@bedrock-governor/core/reconcile/report";
import { explain } from "@bedrock-governor/core/words/explain";
import { adviceWords, billedAsOf, differenceWords, moneyWords } from "@bedrock-governor/core/words/money";
import { loggedError } from "./error-chain.ts";

/** Troubles that last are told by every run, so of each kind only so many; changes are told all. */
const MOST_LINES = 50;
const MOST_IN_A_LINE = 50;

/**
 * Tells what a run did: a line for each change and each trouble, and one for all of it. A line stays far
 * below what CloudWatch takes (256 KB) however much was done. What operators wrote, the reasons they gave
 * included, is not logged: the journal has it.
 */
export function logRun(logger: Logger, report: Report, durationMs: number): void {
  for (const change of report.changed) logger.info("access changed", { ...changeFields(change, report) });
  for (const event of report.events) if (!ACCESS.has(event.type)) logger.info(event.type, { ...eventFields(event) });
  const { blocked, passing, unknown, problems } = report;
  each(blocked, "needs a person", (one) => ({ ...one }));
  each(passing, "failed, and is tried again", ({ what, principal, error }) => ({
    what,
    ...(principal !== undefined && { principal }),
    cause: loggedError(error),
  }));
  each([...unknown], "usage is unknown", ([limit, why]) => ({ limit, why }));
  each(problems, "a parameter is not valid", ({ parameter, version, inForceInstead, problems: found }) => ({
    parameter,
    version,
    inForceInstead,
    problems: some(found.map(sentenceOf)),
  }));
  for (const readings of readingsOf(report)) logger.info("usage read", { readings });
  // Of the limits whose bill was compared in this very run, which is some three times a day.
  for (const money of report.money) if (money.at === report.at) logger.info("money side by side", moneyFields(money));
  logger.info("run finished", {
    mode: report.mode,
    durationMs,
    activeDenies: report.denied.size,
    changes: report.changed.length,
    blocked: blocked.length,
    failures: passing.length,
    postponed: report.postponed,
    unknown: unknown.size,
    problems: problems.length,
    wouldDeny: report.would.size,
    events: report.events.length,
    ...(report.heldPlan && { heldPlan: report.heldPlan.id, heldChanges: report.heldPlan.changes.length }),
    protectedPrincipals: some(report.protectedPrincipals),
    ungoverned: some(report.ungoverned),
  });

  function each<T>(all: readonly T[], message: string, fields: (one: T) => Record<string, unknown>): void {
    for (const one of all.slice(0, MOST_LINES)) logger.warn(message, fields(one));
    if (all.length > MOST_LINES) logger.warn(`${message}: and ${all.length - MOST_LINES} more`);
  }
}

/** Has a line about the change itself. */
const ACCESS: ReadonlySet<EventType> = new Set(["Access Denied", "Access Lifted"]);

/** Where and what, without anything in quotes: that may be what was written, and a webhook may have been. */
const sentenceOf = ({ path, problem }: Problem): string => `${path} ${problem}`.replace(QUOTED, '"…"').trim();
const QUOTED = /"(?:[^"\\]|\\.)*(?:"|$)/gs;

type Reading =
  | "unknown"
  | "none"
  | { readonly usage: number; readonly threshold?: number; readonly percent?: number; readonly billed?: string };

/** What each limit's usage is, of its key nearest to the threshold; so many limits in a line. */
function readingsOf(report: Report): readonly Readonly<Record<string, Reading>>[] {
  const all = report.overview(1).map(({ limit, keys, asOf }) => {
    const billed = asOf === undefined ? {} : { billed: billedAsOf(asOf, report.at) };
    return [limit.name, readingOf(keys[0], billed)] as const;
  });
  const lines = Array.from({ length: Math.ceil(all.length / MOST_IN_A_LINE) }, (_, i) => i * MOST_IN_A_LINE);
  return lines.map((from) => Object.fromEntries(all.slice(from, from + MOST_IN_A_LINE)));
}

function readingOf(key: KeyOverview | undefined, billed: { readonly billed?: string }): Reading {
  if (key === undefined) return "none";
  const { usage, threshold } = key;
  if (usage.status === "unknown") return "unknown";
  const { amount } = usage;
  return threshold === undefined
    ? { usage: amount, ...billed }
    : { usage: amount, threshold, percent: Math.round((100 * amount) / threshold), ...billed };
}

/** Dollars of each of the three, and what follows from them. */
function moneyFields(money: Money): Record<string, unknown> {
  const { limit, estimateDifference, meteredDifference } = money;
  const advice = adviceWords(money);
  return {
    limit,
    money: moneyWords(money),
    ...(money.asOf !== undefined && { asOf: new Date(money.asOf).toISOString() }),
    ...(estimateDifference && { billedToEstimate: differenceWords(estimateDifference) }),
    ...(meteredDifference && { billedToMetered: differenceWords(meteredDifference) }),
    ...(advice !== undefined && { advice }),
  };
}

/** Everything but texts and values that people wrote. */
function eventFields(event: GovernorEvent): Record<string, unknown> {
  const { id, limit, principal, models, measure, usage, threshold, step, change } = event;
  return { id, limit, principal, models: models && some(models), measure, usage, threshold, step, by: change?.by };
}

function changeFields({ principal, denied, lifted, causes }: Change, report: Report): Record<string, unknown> {
  const reasons = new Set(denied.flatMap((member) => reasonOf(causes.get(member) ?? [], report.at) ?? []));
  const events = report.events.filter((event) => event.principal === principal);
  return {
    principal,
    kind: denied.length === 0 ? (lifted.length === 0 ? "replaced" : "lifted") : lifted.length === 0 ? "denied" : "both",
    denied: some(denied),
    lifted: some(lifted),
    reasons: some([...reasons]),
    events: some(events.map(({ type, id }) => `${type} ${id}`)),
  };
}

function reasonOf(causes: readonly Cause[], at: EpochMs): string | undefined {
  const cause = mainCause(causes);
  if (cause?.kind === "manual") return `denied by hand (parameter denies/${cause.deny.name})`;
  return cause && `limit ${cause.limit.name}: ${explain(cause, at).reason}`;
}

const some = (all: readonly string[]): readonly string[] =>
  all.length > MOST_IN_A_LINE ? [...all.slice(0, MOST_IN_A_LINE), `and ${all.length - MOST_IN_A_LINE} more`] : all;
