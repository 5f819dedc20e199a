import type { MeteredUsage } from "@bedrock-governor/aws/dynamodb/usage/metered-usage";
import { createRandom } from "@bedrock-governor/simulator/random";
import { logCostAccount, type Spent } from "./log-cost-account.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAYS = 30;
const START = Date.UTC(2026, 10, 20, 9);
/** What is simulated, after as much that only fills the table; the month is so many times as much. */
const STRETCH = HOUR / 2;
const PER_MONTH = (DAYS * 24 * HOUR) / STRETCH;
const ROLL_UP_EVERY = 5 * MINUTE;
const ROLL_UPS = STRETCH / ROLL_UP_EVERY;
/** How long a Lambda process lives, which AWS does not say; a new one reads everything anew. */
const PROCESS_MS = 4 * HOUR;

const PRINCIPALS = 20;
const MODELS = 5;
/** Of a deployed function: a request to DynamoDB in its region, and to EventBridge. */
const REQUEST_MS = 5;
const RECORD_CPU_MS = 0.005;
const FRAME_MS = 2;
const RECORD_BYTES = 500;
/** CloudWatch Logs charges for each event besides. */
const EVENT_BYTES = 26;
/** START, END and REPORT, and one line of embedded metrics. */
const OWN_LOG_BYTES = 350 + 650;

/** List prices of us-east-1, in dollars. */
const PRICE = {
  ingestedGb: 0.5,
  lambdaRequest: 0.2e-6,
  lambdaGbSecond: 0.0000133334,
  writeUnit: 0.625e-6,
  readUnit: 0.125e-6,
  event: 1e-6,
  sqsRequest: 0.4e-6,
  metricRead: 0.01e-3,
  alarm: 0.1,
  metric: 0.3,
};
const LAMBDA_GB = 0.5;
/** Lambda asks an empty queue all the time, each time for as long as SQS lets it wait. */
const POLLERS = 2;
const POLL_MS = 20 * SECOND;

/** The log road of two accounts by the month, printed with what it is made of. */
export async function logCost(): Promise<void> {
  console.log(
    `\nA month of the log road, one region, ${PRINCIPALS} principals × ${MODELS} models, limits per day and month: list prices before any free tier`,
  );
  console.log(await monthOf(1e6, { delivered: "each call by itself", withinMs: 0 }));
  for (const calls of [1e6, 100e6]) console.log(await monthOf(calls, BY_THE_SECOND));
  const fixed = 12 * PRICE.metric + 12 * PRICE.alarm;
  // The metrics of 49 hours cost as much as those of one.
  const check = DAYS * 24 * MODELS * 3 * (5 + 3) * PRICE.metricRead;
  const checkedRows = DAYS * 24 * CHECKED_DAYS * QUARTERS_READ_UNITS * PRICE.readUnit;
  console.log(
    `  Besides, whatever the traffic: 12 custom metrics and 10 alarms on 12 metrics $${fixed.toFixed(2)}; the hourly check of two days' hours, ${MODELS} models × 3 spellings: $${check.toFixed(2)} of metrics (${TRIES} times as much while CloudWatch does not tell all) and $${checkedRows.toFixed(2)} of table reads; alarms read once a minute $${(DAYS * 24 * 60 * PRICE.metricRead).toFixed(2)}`,
  );
}

/** Two days reach into three: all of two, and half of the third on the average. */
const CHECKED_DAYS = 2.5;
/** 620 KB a day, as docs/adr/0008 has it for that many principals and models. */
const QUARTERS_READ_UNITS = 620 / 4;
/** In an hour, at most. */
const TRIES = 3;

/** How CloudWatch Logs hands calls to the meter, which it does not say. */
interface Delivery {
  readonly delivered: string;
  readonly withinMs: number;
}
const BY_THE_SECOND: Delivery = { delivered: "what is logged within a second together", withinMs: SECOND };

async function monthOf(calls: number, { delivered, withinMs }: Delivery): Promise<string> {
  const { batches, wakes, waitedMs, spent } = await stretchOf(calls / PER_MONTH, withinMs);
  const gb = (bytes: number) => bytes / 1e9;
  const perMonth = (amount: number) => amount * PER_MONTH;
  const units = ({ writeUnits, readUnits }: Spent) => writeUnits * PRICE.writeUnit + readUnits * PRICE.readUnit;
  const lambda = (runs: number, ms: number) =>
    runs * PRICE.lambdaRequest + (ms / SECOND) * LAMBDA_GB * PRICE.lambdaGbSecond;
  const busyMs = (who: Spent, trips: number, runs: number) => who.cpuMs + runs * (FRAME_MS + trips * REQUEST_MS);

  const meterMs = busyMs(spent.meter, 2, batches) + spent.wakeMark.cpuMs + (calls / PER_MONTH) * RECORD_CPU_MS;
  const parts: Readonly<Record<string, number>> = {
    "log ingestion": gb(calls * (RECORD_BYTES + EVENT_BYTES)) * PRICE.ingestedGb,
    "meter's Lambda": perMonth(lambda(batches, meterMs + wakes * REQUEST_MS)),
    "waiting to wake": perMonth(lambda(0, waitedMs)),
    "usage written": perMonth(units(spent.meter)),
    "wake marks": perMonth(units(spent.wakeMark)),
    "wake events": perMonth(wakes * PRICE.event),
    "gentle runs' Lambda": perMonth(lambda(wakes, busyMs(spent.gently, 2, wakes))),
    "gentle runs' reads": perMonth(units(spent.gently)),
    "new processes' reads": (perMonth(units(spent.cold)) * STRETCH) / PROCESS_MS,
    "roll-ups": perMonth(units(spent.rollUp) + lambda(ROLL_UPS, busyMs(spent.rollUp, 20, ROLL_UPS))),
    "functions' own logs": perMonth(gb((batches + wakes + ROLL_UPS) * OWN_LOG_BYTES) * PRICE.ingestedGb),
    "replay queue polled": perMonth((POLLERS * STRETCH * PRICE.sqsRequest) / POLL_MS),
  };
  const total = Object.values(parts).reduce((sum, one) => sum + one, 0);
  const listed = Object.entries(parts).map(([name, dollars]) => `${name} $${dollars.toFixed(2)}`);
  const count = (n: number) => `${(perMonth(n) / 1e6).toFixed(2)} M`;
  return [
    `  ${calls / 1e6} M calls: $${total.toFixed(2)} = ${listed.join(" + ")}`,
    `    assumed: calls at random over the whole month, delivered ${delivered}: ${count(batches)} batches, ${count(wakes)} wakes; ${REQUEST_MS} ms a request; CPU measured; ${RECORD_BYTES} bytes a record`,
  ].join("\n");
}

interface StretchOfLog {
  readonly batches: number;
  readonly wakes: number;
  /** By meters, for the end of the second in which another wake was. */
  readonly waitedMs: number;
  readonly spent: Readonly<Record<Who, Spent>>;
}
type Who = "meter" | "wakeMark" | "gently" | "cold" | "rollUp";

/** Calls at random moments; everyone wakes and reads as deployed. */
async function stretchOf(callsAStretch: number, withinMs: number): Promise<StretchOfLog> {
  const account = logCostAccount(START);
  const { clock, spent } = account;
  const random = createRandom(1, "log-cost");
  const gap = () => (-Math.log(1 - random.uniform(0, 1)) * STRETCH) / callsAStretch;
  const counts = { batches: 0, wakes: 0, waitedMs: 0 };
  let wakeAt = Number.POSITIVE_INFINITY;
  let rollUpAt = START;

  async function wake(): Promise<void> {
    clock.at = wakeAt;
    wakeAt = Number.POSITIVE_INFINITY;
    counts.wakes++;
    await account.read(SPANS);
  }
  async function liveUntil(end: number): Promise<void> {
    for (let at = clock.at + gap(); at < end; ) {
      if (wakeAt <= at) await wake();
      for (; rollUpAt <= at; rollUpAt += ROLL_UP_EVERY) await account.rollUp();
      clock.at = at;
      const usage: MeteredUsage[] = [];
      do {
        usage.push(callAt(clock.at, random.uniform(0, 1)));
        at += gap();
      } while (at < clock.at + withinMs);
      await account.meter(`batch${++counts.batches}`, usage);
      const after = await account.claim();
      if (after === undefined) continue;
      counts.waitedMs += after;
      wakeAt = clock.at + after;
    }
  }

  await liveUntil(START + STRETCH);
  const before = structuredClone(spent);
  const counted = { ...counts };
  await liveUntil(START + 2 * STRETCH);
  await account.readInNewProcess(SPANS);
  return {
    batches: counts.batches - counted.batches,
    wakes: counts.wakes - counted.wakes,
    waitedMs: counts.waitedMs - counted.waitedMs,
    spent: {
      meter: less(spent.meter, before.meter),
      wakeMark: less(spent.wakeMark, before.wakeMark),
      gently: less(spent.gently, before.gently),
      cold: spent.cold,
      rollUp: less(spent.rollUp, before.rollUp),
    },
  };
}

const less = (now: Spent, before: Spent): Spent => ({
  writeUnits: now.writeUnits - before.writeUnits,
  readUnits: now.readUnits - before.readUnits,
  cpuMs: now.cpuMs - before.cpuMs,
});

/** Those of limits per day and per month. */
const TODAY = START - (START % (24 * HOUR));
const SPANS = [
  { start: TODAY, end: TODAY + 24 * HOUR },
  { start: Date.UTC(2026, 10), end: Date.UTC(2026, 11) },
];

function callAt(at: number, random: number): MeteredUsage {
  const pair = Math.floor(random * PRINCIPALS * MODELS);
  return {
    minute: Math.floor(at / MINUTE) * MINUTE,
    principal: `role/service-${pair % PRINCIPALS}`,
    model: `anthropic.claude-model-${Math.floor(pair / PRINCIPALS)}-20260101-v1:0`,
    invocations: 1,
    inputTokens: 2_000,
    outputTokens: 300,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    images: 0,
    usd: 0.0105,
    unpriced: 0,
  };
}
