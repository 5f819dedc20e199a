import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import type { LastMetered } from "@bedrock-governor/aws/dynamodb/usage/last-metered";
import type { RolledUp, RollUp } from "@bedrock-governor/aws/dynamodb/usage/roll-up";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { loggedError } from "./error-chain.ts";
import { type Handler, type Instruments, instrumented } from "./instruments.ts";
import { lifecycleOf } from "./lifecycle.ts";

export interface RollUpParts extends Instruments {
  readonly metrics: Metrics;
  now(): EpochMs;
  readonly rollUp: RollUp;
  readonly lastMetered: LastMetered;
}

export type RollUpAnswer = RolledUp | { readonly metered: readonly string[] };

/**
 * Adds up the usage of quarters and days that are over. A run that fails leaves the rest to the next one, and says so to
 * Lambda. The stage's deployment tells it which regions have a meter: it keeps since when, and until when.
 */
export function createRollUpHandler(parts: RollUpParts): Handler<RollUpAnswer> {
  const { logger, metrics, now, rollUp, lastMetered } = parts;
  return instrumented<RollUpAnswer>(parts)
    .use(logMetrics(metrics))
    .handler(async (event) => {
      try {
        const metered = meteredBy(event);
        if (metered !== undefined) {
          await rollUp.note(metered);
          logger.info("regions with a meter from now on", { metered });
          return { metered };
        }
        const [done] = await Promise.all([rollUp.run(), tellAge()]);
        metrics.addMetric("RolledUpQuarters", MetricUnit.Count, done.quarters);
        logger.info("rolled up", { ...done });
        return done;
      } catch (error) {
        logger.error("the roll-up is incomplete", { cause: loggedError(error) });
        throw error;
      }
    });

  /** Of a stage in which nothing was metered yet, and of one that cannot say, nothing is told. */
  async function tellAge(): Promise<void> {
    try {
      const last = await lastMetered.read();
      if (last !== undefined)
        metrics.addMetric("SecondsSinceMetered", MetricUnit.Seconds, Math.max(0, now() - last) / 1_000);
    } catch (error) {
      logger.warn("the time of the last metering is unread", { cause: loggedError(error) });
    }
  }
}

/** Which regions have a meter once the deployment is through; undefined if the event is not its. @throws RangeError if it does not say. */
function meteredBy(event: unknown): readonly string[] | undefined {
  const action = lifecycleOf(event);
  if (action === undefined) return undefined;
  if (action === "delete") return [];
  const { metered } = event as { readonly metered?: unknown };
  if (!Array.isArray(metered) || !metered.every((region) => typeof region === "string")) {
    throw new RangeError('the deployment has to say { "metered": […] }, the regions with a meter');
  }
  return metered;
}
