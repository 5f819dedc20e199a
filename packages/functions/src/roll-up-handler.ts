import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import type { LastMetered } from "@bedrock-governor/aws/dynamodb/usage/last-metered";
import type { RolledUp, RollUp } from "@bedrock-governor/aws/dynamodb/usage/roll-up";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { loggedError } from "./error-chain.ts";
import { type Handler, type Instruments, instrumented } from "./instruments.ts";

export interface RollUpParts extends Instruments {
  readonly metrics: Metrics;
  now(): EpochMs;
  readonly rollUp: RollUp;
  readonly lastMetered: LastMetered;
}

/** Adds up the usage of quarters and days that are over. A run that fails leaves the rest to the next one, and says so to Lambda. */
export function createRollUpHandler(parts: RollUpParts): Handler<RolledUp> {
  const { logger, metrics, now, rollUp, lastMetered } = parts;
  return instrumented<RolledUp>(parts)
    .use(logMetrics(metrics))
    .handler(async () => {
      try {
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
