import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import { loggedError } from "./error-chain.ts";
import { type Handler, type Instruments, instrumented } from "./instruments.ts";
import type { NoticeChannel } from "./notice-channel.ts";
import { type ChannelReport, type Telling, tellChannel } from "./notify-channel.ts";

export interface NotifyParts extends Instruments, Omit<Telling, "deadline"> {
  readonly metrics: Metrics;
  readonly channels: readonly NoticeChannel[];
}

/** How it ended on each channel. */
export type NotifyAnswer = Readonly<Record<string, ChannelReport["ended"]>>;

/** Left when the last message begins: for that message, and for noting it. */
const RESERVE_MS = 20_000;

/**
 * Tells people what the journal holds and they were not told yet. The event only wakes us up: what it says is not even
 * looked at, so that nobody can have anything told by putting it on the bus.
 *
 * No channel waits for another. If one fails the function throws at its end, so that the alarm sees it; the next
 * wake tells what is left. Nothing here can change anybody's access.
 */
export function createNotifyHandler(parts: NotifyParts): Handler<NotifyAnswer> {
  const { logger, metrics, channels, now } = parts;
  return instrumented<NotifyAnswer>(parts)
    .use(logMetrics(metrics))
    .handler(async (_, context) => {
      const start = now();
      const telling = { ...parts, deadline: start + context.getRemainingTimeInMillis() - RESERVE_MS };
      const reports = await Promise.all(channels.map((channel) => tellChannel(channel, telling)));
      const failed = reports.filter(({ ended }) => ended === "failed");
      for (const { channel, error } of failed) {
        logger.error("a channel fails, and is tried again", { channel, cause: loggedError(error) });
      }
      for (const { channel, warning } of reports) {
        if (warning !== undefined) logger.warn("a channel works, and should be put right", { channel, warning });
      }
      logger.info("notified", {
        durationMs: now() - start,
        channels: reports.map(({ channel, ended, sent, undelivered }) => ({ channel, ended, sent, undelivered })),
      });
      count("NoticesSent", sum(reports, "sent"));
      count("UndeliveredNotices", sum(reports, "undelivered"));
      if (failed.length > 0) {
        throw new AggregateError(
          failed.map(({ error }) => error),
          `notices are left for ${failed.map(({ channel }) => channel).join(", ")}`,
        );
      }
      return Object.fromEntries(reports.map(({ channel, ended }) => [channel, ended]));
    });

  function count(name: string, value: number): void {
    metrics.addMetric(name, MetricUnit.Count, value);
  }
}

const sum = (reports: readonly ChannelReport[], what: "sent" | "undelivered"): number =>
  reports.reduce((total, report) => total + report[what], 0);
