import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import type { LastSuccess } from "@bedrock-governor/aws/dynamodb/last-success";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Failure, Report } from "@bedrock-governor/core/reconcile/report";
import { loggedError } from "./error-chain.ts";
import { type Handler, type Instruments, instrumented } from "./instruments.ts";
import { logRun } from "./run-log.ts";
import { BY_TOPIC, signalOf } from "./signal.ts";
import { isUnmetered } from "./unmetered.ts";

export interface ReconcileParts extends Instruments {
  readonly metrics: Metrics;
  now(): EpochMs;
  reconcile(deadline: EpochMs, how: { readonly gently: boolean }): Promise<Report>;
  readonly lastSuccess: LastSuccess;
  /** AWS told of a budget: what is remembered of budgets is not good enough any more. */
  budgetsMoved?(): void;
  /** How many of the catalogue's lists the last run could not read. */
  unreadLists?(): number;
}

/** What a run answers its invoker. */
export interface RunSummary {
  readonly mode: Report["mode"];
  readonly changed: number;
  readonly blocked: number;
}

/** Usage was metered. The meters say so up to once a second, and mostly nothing follows from it. */
const METERED = "bedrock-governor.signal";

/** Says whether a gentle run found nothing to do, and nothing wrong. */
const isQuiet = ({ at, observedAt, passing }: Report): boolean => observedAt < at && passing.length === 0;

/** Left after the last write begins: for that write, the journal, the notices and this handler. */
const RESERVE_MS = 12_000;

/**
 * Runs the loop once. The event only wakes us up; what it says is never used as usage.
 *
 * A run in which anything failed that may pass throws at its end, so that Lambda tries again where that
 * is of use, the dead-letter queue keeps the signal and the alarm sees it. What needs a person (a full role)
 * is an outcome in the report, not an error.
 */
export function createReconcileHandler(parts: ReconcileParts): Handler<RunSummary> {
  const { logger, metrics, now, lastSuccess } = parts;
  const count = (name: string, value: number) => metrics.addMetric(name, MetricUnit.Count, value);

  // Metrics go out also when the handler throws.
  return instrumented<RunSummary>(parts)
    .use(logMetrics(metrics))
    .handler(async (event, context) => {
      const start = now();
      const signal = signalOf(event);
      const gently = signal.source === METERED;
      if (!gently) logger.info("woken", { signal });
      if (signal.source === BY_TOPIC) parts.budgetsMoved?.();
      const deadline = start + context.getRemainingTimeInMillis() - RESERVE_MS;
      const age = gently ? undefined : tellAge(start);
      const [run] = await Promise.allSettled([parts.reconcile(deadline, { gently }), age]);
      if (run.status === "rejected") return giveUp(run.reason);
      const report = run.value;
      if (isQuiet(report)) {
        // One of thousands an hour: no success to note, and nothing that the last full run has not told.
        count("GentleRuns", 1);
        return { mode: report.mode, changed: 0, blocked: report.blocked.length };
      }
      if (gently) logger.info("woken", { signal });
      if (report.unseen.size > 0) logger.info("limits that do not see every call", { unseen: [...report.unseen] });
      const failures = report.passing.length > 0 ? report.passing : await noteSuccess(report.at);
      logRun(logger, { ...report, passing: failures }, now() - start);
      count("ActiveDenies", report.denied.size);
      count("BlockedDenies", report.blocked.length);
      count("Changes", report.changed.length);
      count("UnknownReadings", failedReadings(report));
      count("HeldPlans", report.heldPlan === undefined ? 0 : 1);
      if (parts.unreadLists !== undefined) count("UnreadLists", parts.unreadLists());
      count("Failures", failures.length);
      count("SuccessfulRuns", failures.length === 0 ? 1 : 0);
      if (failures.length > 0) throw incomplete(failures);
      return { mode: report.mode, changed: report.changed.length, blocked: report.blocked.length };
    });

  /** Something that a plan needs could not be read: nothing was denied or lifted. */
  function giveUp(error: unknown): never {
    logger.error("the run could not be carried out", { cause: loggedError(error) });
    count("Failures", 1);
    count("SuccessfulRuns", 0);
    throw error;
  }

  /** How long ago a run succeeded. Of a stage that never had one, and of one that cannot say, nothing is told. */
  async function tellAge(at: EpochMs): Promise<void> {
    try {
      const last = await lastSuccess.read();
      if (last !== undefined)
        metrics.addMetric("SecondsSinceSuccess", MetricUnit.Seconds, Math.max(0, at - last) / 1_000);
    } catch (error) {
      logger.warn("the time of the last success is unread", { cause: loggedError(error) });
    }
  }

  async function noteSuccess(at: EpochMs): Promise<readonly Failure[]> {
    try {
      await lastSuccess.write(at);
      return [];
    } catch (error) {
      return [{ what: "noting that the run succeeded", error }];
    }
  }
}

function incomplete(failures: readonly Failure[]): AggregateError {
  const [first, ...more] = failures.map(({ what }) => what);
  const others = more.length === 0 ? "" : `, and ${more.length} more`;
  return new AggregateError(
    failures.map(({ error }) => error),
    `reconcile incomplete: ${first}${others}`,
  );
}

/** Of a source that this version does not read, and of a budget new in its period, the log tells: an alarm would ring in vain. */
const failedReadings = ({ unknown, expected }: Report): number =>
  [...unknown].filter(([limit, why]) => !isUnmetered(why) && !expected.has(limit)).length;
