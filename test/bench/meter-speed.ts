import { gunzipSync } from "node:zlib";
import type { LogShape } from "./invocation-log.ts";
import { median } from "./measure.ts";
import { deliveryOf, memoryDynamodb, meterOn } from "./meter-scene.ts";
import { plainMeter } from "./plain-meter.ts";

export const RECORDS = 1_500;
/** Each calls one of the four models only. */
const PAIRS = 40;
const DELIVERIES = 8;
/** Deliveries in a turn: so many that each way of reading them pays for collecting what it leaves behind. */
const TURN = { plain: 96, withBodies: 24 };
/** By then everything is compiled, as in a process that lives on. */
const WARM_UP = 2;
const ROUNDS = 9;

type Event = ReturnType<typeof deliveryOf>;

/** CPU time in ms per record, in turns within one run. */
export interface MeterSpeed {
  /** Of unpacking and parsing alone. */
  readonly limit: number;
  readonly ours: number;
  /** Of one write per record. */
  readonly plain: number;
  /** To DynamoDB, a delivery. */
  readonly requests: number;
}

export const shapeOf = (bodyBytes: number): LogShape => ({ records: RECORDS, bodyBytes, principals: PAIRS });

export async function meterSpeed(bodyBytes: number): Promise<MeterSpeed> {
  const distinct = Array.from({ length: DELIVERIES }, (_, number) => deliveryOf(shapeOf(bodyBytes), number));
  const length = bodyBytes === 0 ? TURN.plain : TURN.withBodies;
  const events = Array.from({ length: length / DELIVERIES }, () => distinct).flat();
  const times = { limit: [] as number[], ours: [] as number[], plain: [] as number[] };
  const table = memoryDynamodb();
  const { meter } = meterOn(table.dynamodb);
  const plain = plainMeter(memoryDynamodb().dynamodb);
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const limit = await cpuMs(events, unpackAndParse);
    const ours = await cpuMs(events, meter);
    if (round < WARM_UP) continue;
    times.limit.push(limit);
    times.ours.push(ours);
  }
  for (let time = 0; time < 3; time++) times.plain.push(await cpuMs(events.slice(0, 1), plain));
  const requests = table.requests() / ((WARM_UP + ROUNDS) * events.length);
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
