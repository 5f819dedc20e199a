import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import type { LogShape } from "./invocation-log.ts";
import { largestDelivery } from "./large-delivery.ts";
import { median } from "./measure.ts";
import { deliveryOf, memoryDynamodb, meterOn, silenced } from "./meter-scene.ts";
import { plainMeter } from "./plain-meter.ts";

const RECORDS = 1_500;
/** Each calls one of the four models only. */
const PAIRS = 40;
const DELIVERIES = 8;
/** By then everything is compiled, as in a process that lives on. */
const WARM_UP = 5;
const ROUNDS = 15;
const LATENCY_MS = 5;
/** One of them at a time waits for the end of a second, to wake the reconciler. */
const METERS = 4;
const THROUGHPUT_MS = 8_000;

type Event = ReturnType<typeof deliveryOf>;

/** What a delivery costs from the event to what is written, beside unpacking and parsing it, in words. */
export async function meterSpeeds(): Promise<string> {
  const lines = ["\nMeter: deliveries of 1,500 records, 40 principal × model pairs; CPU, DynamoDB's client included"];
  for (const bodyBytes of [0, 2_048]) {
    const { limit, ours, plain, requests } = await silenced(() => handlerSpeed(bodyBytes));
    const what = bodyBytes === 0 ? "without bodies" : "with 2 KB of bodies";
    lines.push(
      `  ${what}: ${perSecond(ours)} records/s, ${((100 * limit) / ours).toFixed(0)} % of base64 + gunzip + JSON.parse alone (${perSecond(limit)}); ${requests.toFixed(1)} requests a delivery; one write per record ${perSecond(plain)}`,
    );
  }
  const { ours, plain } = await silenced(throughput);
  lines.push(
    `  with ${LATENCY_MS} ms a request, ${METERS} meters on one core: ${perSecond(ours)} records/s; one write per record ${perSecond(plain)}`,
  );
  for (const bodyBytes of [2_048, 0]) {
    const { payloadMb, unpackedMb, maxRssMb } = await largestDelivery(bodyBytes);
    lines.push(
      `  a payload of ${payloadMb.toFixed(1)} MB ${bodyBytes === 0 ? "without" : "with"} bodies (${unpackedMb.toFixed(0)} MB unpacked): ${maxRssMb.toFixed(0)} MB at most`,
    );
  }
  return lines.join("\n");
}

/** @param ms per record */
const perSecond = (ms: number): string => Math.round(1_000 / ms).toLocaleString("en-US");

const shapeOf = (bodyBytes: number): LogShape => ({ records: RECORDS, bodyBytes, principals: PAIRS });

/** CPU time in ms per record, in turns within one run. */
async function handlerSpeed(bodyBytes: number) {
  const events = Array.from({ length: DELIVERIES }, (_, number) => deliveryOf(shapeOf(bodyBytes), number));
  const times = { limit: [] as number[], ours: [] as number[], plain: [] as number[] };
  const table = memoryDynamodb();
  const { meter } = meterOn(table.dynamodb);
  const plain = plainMeter(memoryDynamodb().dynamodb);
  let metered = 0;
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const limit = await cpuMs(events, unpackAndParse);
    const ours = await cpuMs(events, meter);
    metered += events.length;
    if (round < WARM_UP) continue;
    times.limit.push(limit);
    times.ours.push(ours);
  }
  for (let time = 0; time < 3; time++) times.plain.push(await cpuMs(events.slice(0, 1), plain));
  const requests = table.requests() / metered;
  return { limit: median(times.limit), ours: median(times.ours), plain: median(times.plain), requests };
}

async function cpuMs(events: readonly Event[], run: (event: Event) => unknown): Promise<number> {
  const before = process.cpuUsage();
  for (const event of events) await run(event);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / (events.length * RECORDS);
}

/** Nobody who meters a delivery can do less. */
function unpackAndParse({ awslogs }: Event): void {
  const text = gunzipSync(Buffer.from(awslogs.data, "base64")).toString();
  const { logEvents }: { logEvents: readonly { readonly message: string }[] } = JSON.parse(text);
  for (const { message } of logEvents) JSON.parse(message);
}

/** Time on the clock in ms per record. */
async function throughput() {
  const pause = () => sleep(LATENCY_MS);
  const table = memoryDynamodb(pause);
  const event = Array.from({ length: METERS }, (_, number) => deliveryOf(shapeOf(0), number));
  const meters = event.map(() => meterOn(table.dynamodb, sleep));
  const warm = () => Promise.all(meters.map(({ meter }, index) => meter(event[index])));
  await warm();
  const begun = performance.now();
  let metered = 0;
  await Promise.all(
    meters.map(async ({ meter }, index) => {
      while (performance.now() < begun + THROUGHPUT_MS) {
        await meter(event[index]);
        metered++;
      }
    }),
  );
  const ours = (performance.now() - begun) / (metered * RECORDS);
  const few = deliveryOf({ ...shapeOf(0), records: 200 }, 0);
  const from = performance.now();
  await plainMeter(memoryDynamodb(pause).dynamodb)(few);
  return { ours, plain: (performance.now() - from) / 200 };
}
