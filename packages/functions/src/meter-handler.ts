import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { logMetrics } from "@aws-lambda-powertools/metrics/middleware";
import type { SetAside } from "@bedrock-governor/aws/dynamodb/usage/set-aside";
import type { WakeMark } from "@bedrock-governor/aws/dynamodb/usage/wake-mark";
import type { UsageWriter } from "@bedrock-governor/aws/dynamodb/usage/writer";
import type { Wake } from "@bedrock-governor/aws/eventbridge/wake";
import type { LogEvents } from "@bedrock-governor/aws/logs/log-events";
import { type ReplayPointer, type ReplayQueue, readPointer } from "@bedrock-governor/aws/sqs/replay-queue";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { loggedError } from "./error-chain.ts";
import type { Handler } from "./instruments.ts";
import { type Logged, logged } from "./logging.ts";
import { batchesOf, batchOf, type EventBatch, isCountable, type MeteredEvents, meterEvents } from "./meter-batch.ts";
import { type Delivery, meterEvent, type ReplayMessage, unpack } from "./meter-delivery.ts";
import type { Reference } from "./meter-reference.ts";
import { within } from "./within.ts";

export interface MeterParts extends Logged {
  readonly metrics: Metrics;
  readonly account: string;
  /** Nothing of another log group counts. */
  readonly logGroup: string;
  now(): EpochMs;
  wait(ms: number): Promise<unknown>;
  reference(): Promise<Reference>;
  readonly writer: UsageWriter;
  readonly setAside: SetAside;
  readonly wakeMark: WakeMark;
  readonly wake: Wake;
  readonly replayQueue: ReplayQueue;
  readonly logEvents: LogEvents;
}

/** Lambda's partial batch response: messages that stay in the queue. CloudWatch Logs takes no answer. */
export interface MeterAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

type Source = Pick<Delivery, "logGroup" | "logStream">;

/** Left when writing is given up: for the pointer, the wake at the end of a second, and the metrics. */
const RESERVE_MS = 6_000;
/** What is set aside of one batch; the others are only counted. */
const MOST_SET_ASIDE = 50;
const MOST_IN_A_LINE = 20;
const LONGEST_NAME = 200;

/**
 * Meters log events as they are delivered, and those that a message of the replay queue points to.
 *
 * A batch that cannot be written in time becomes such a message, and the invocation succeeds: tried again by
 * Lambda, and kept when that fails, would be the events themselves, with what they say. Written twice it counts once.
 */
export function createMeterHandler(parts: MeterParts): Handler<MeterAnswer> {
  const { logger, metrics, now, writer, setAside, logEvents } = parts;
  const count = (name: string, value: number) => metrics.addMetric(name, MetricUnit.Count, value);

  return logged<MeterAnswer>(parts)
    .use(logMetrics(metrics))
    .handler(async (event, context) => {
      const deadline = now() + context.getRemainingTimeInMillis() - RESERVE_MS;
      const delivered = meterEvent(event);
      if (delivered.kind === "replay") return await replay(delivered.messages, deadline);
      const delivery = await unpack(delivered.data);
      if (delivery !== undefined) await meter(delivery, deadline);
      return { batchItemFailures: [] };
    });

  async function meter({ slices, ...source }: Delivery, deadline: EpochMs): Promise<void> {
    checkLogGroup(source);
    let written = false;
    const unkept: unknown[] = [];
    for await (const batch of batchesOf(slices)) {
      try {
        await within(deadline - now(), keep(source, batch));
        written = true;
      } catch (error) {
        logger.error("a batch is unwritten, and kept for replay", { batch: batch.batch, cause: loggedError(error) });
        // One that cannot even be kept must not take the others with it.
        await parts.replayQueue.put(pointerTo(source, batch)).then(
          () => count("KeptBatches", 1),
          (why: unknown) => unkept.push(why),
        );
      }
    }
    if (written) await wakeReconciler();
    if (unkept.length > 0) throw unkept[0];
  }

  /** One failure does not make the others come again. */
  async function replay(messages: readonly ReplayMessage[], deadline: EpochMs): Promise<MeterAnswer> {
    const batchItemFailures: { readonly itemIdentifier: string }[] = [];
    for (const { messageId, body } of messages) {
      try {
        await within(deadline - now(), replayOne(readPointer(body)));
      } catch (error) {
        logger.error("a batch is not replayed yet", { messageId, cause: loggedError(error) });
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
    const replayed = messages.length - batchItemFailures.length;
    count("ReplayedBatches", replayed);
    if (replayed > 0) await wakeReconciler();
    return { batchItemFailures };
  }

  async function replayOne(pointer: ReplayPointer): Promise<void> {
    if (await writer.giveUp(pointer)) return await tellGivenUp(pointer);
    checkLogGroup(pointer);
    const batch = batchOf(await logEvents.read(pointer));
    // Its name decides whether the batch counts: it must be that of these events.
    if (batch.batch !== pointer.batch) throw new Error("a pointer does not name its log events");
    await keep(pointer, batch);
  }

  async function tellGivenUp({ batch, from, to, ...source }: ReplayPointer): Promise<void> {
    const reason = "not counted within two days";
    await setAside.put([{ ...placeOf(source), id: `batch#${batch}`, at: from, reason }]);
    count("RefusedUsage", 1);
    const time = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
    logger.error("a batch is given up: usage of its time is unknown", { batch, ...time });
  }

  /** Writes what a batch says. Rejects if any of it may be unwritten. */
  async function keep(source: Source, { batch, events }: EventBatch): Promise<void> {
    const { account, reference } = parts;
    const metered = meterEvents(events, { ...(await reference()), account, logStream: source.logStream });
    const usage = metered.usage.filter(isCountable);
    const refused = await writer.write({ batch, usage });
    const beyond = metered.usage.length - usage.length;
    const reasons = [
      ...refused.map(({ why }) => why),
      ...Array.from({ length: beyond }, () => "adds up to more than can be counted"),
    ];
    const at = events[0]?.timestamp ?? now();
    const pointers = [
      ...metered.rejected.map(({ event, reason }) => ({ id: event.id, at: event.timestamp, reason })),
      ...reasons.slice(0, 1).map((reason) => ({ id: `batch#${batch}`, at, reason })),
    ];
    await setAside.put(pointers.slice(0, MOST_SET_ASIDE).map((one) => ({ ...placeOf(source), ...one })));
    tell(batch, metered, reasons);
    const newest = events.reduce((latest, { timestamp }) => Math.max(latest, timestamp), 0);
    if (metered.calls > 0) metrics.addMetric("MeterDelay", MetricUnit.Seconds, Math.max(0, now() - newest) / 1_000);
  }

  function tell(
    batch: string,
    { calls, unpriced, uncounted, unpricedModels, rejected }: MeteredEvents,
    refused: readonly string[],
  ) {
    count("MeteredCalls", calls);
    count("RejectedRecords", rejected.length);
    count("UnpricedCalls", unpriced);
    count("UncountedCalls", uncounted);
    count("RefusedUsage", refused.length);
    if (rejected.length > 0)
      logger.warn("records rejected", { batch, reasons: tally(rejected.map(({ reason }) => reason)) });
    if (uncounted > 0) {
      const checked = "a guardrail's stop has none; if others do, the hourly check tells";
      logger.warn("calls without counts of tokens: they count as calls only", { batch, calls: uncounted, checked });
    }
    if (refused.length > 0) logger.warn("usage refused", { batch, reasons: tally(refused) });
    if (unpriced > 0) {
      const models = unpricedModels.slice(0, MOST_IN_A_LINE).map((model) => model.slice(0, LONGEST_NAME));
      logger.warn("calls without a known price: add a rule to /prices", { batch, calls: unpriced, models });
    }
  }

  /** What is written is seen by the next scheduled run at the latest, so that a wake that fails loses nothing but time. */
  async function wakeReconciler(): Promise<void> {
    try {
      const after = await parts.wakeMark.claim();
      if (after === undefined) return;
      if (after > 0) await parts.wait(after);
      await parts.wake();
    } catch (error) {
      count("FailedWakes", 1);
      logger.error("the reconciler is not woken", { cause: loggedError(error) });
    }
  }

  function checkLogGroup({ logGroup }: Source): void {
    if (logGroup !== parts.logGroup) throw new Error(`log group ${logGroup} is not the one that is metered here`);
  }
}

const placeOf = ({ logGroup, logStream }: Source): Source => ({ logGroup, logStream });

function pointerTo(source: Source, { batch, events }: EventBatch): ReplayPointer {
  const times = events.map(({ timestamp }) => timestamp);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  return { ...placeOf(source), batch, ids: events.map(({ id }) => id), from, to };
}

/** How often each reason was given, the most frequent first. */
function tally(reasons: readonly string[]): Readonly<Record<string, number>> {
  const counted = [...Map.groupBy(reasons, (reason) => reason)].map(([reason, all]) => [reason, all.length] as const);
  return Object.fromEntries(counted.sort(([, a], [, b]) => b - a).slice(0, MOST_IN_A_LINE));
}
