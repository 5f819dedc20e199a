import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { asDeployed } from "./as-deployed.ts";
import { largestDelivery } from "./large-delivery.ts";
import { deliveryOf, memoryDynamodb, meterOn, silenced } from "./meter-scene.ts";
import { type MeterSpeed, RECORDS, shapeOf } from "./meter-speed.ts";
import { plainMeter } from "./plain-meter.ts";

const SPEED = path.join(import.meta.dirname, "meter-speed-process.ts");
const LATENCY_MS = 5;
/** One of them at a time waits for the end of a second, to wake the reconciler. */
const METERS = 4;
const THROUGHPUT_MS = 8_000;

/** What a delivery costs from the event to what is written, beside unpacking and parsing it, in words. */
export async function meterSpeeds(): Promise<string> {
  const lines = ["\nMeter: deliveries of 1,500 records, 40 principal × model pairs; CPU, DynamoDB's client included"];
  for (const bodyBytes of [0, 2_048]) {
    const { limit, ours, plain, requests } = await asDeployed<MeterSpeed>(SPEED, [String(bodyBytes)]);
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
