import { createMetering, MINUTE_MS } from "../../packages/core/src/metering/metering.ts";
import { createPriceBook } from "../../packages/core/src/usage/price.ts";
import { type LogShape, logMessages } from "./invocation-log.ts";
import { medianCpuMs } from "./measure.ts";

const BATCHES = 40;
const RECORDS = 1500;
const PRINCIPALS = 10;

/** What reading a record costs, in words. */
export function meteringSpeeds(): string {
  const lines = [0, 2048].map((bodyBytes) => {
    const { bytesPerRecord, meteredUs, parsedUs } = meteringSpeed(bodyBytes);
    const what = bodyBytes === 0 ? "without bodies" : `with ${bodyBytes} bytes of bodies`;
    return `  ${what} (${bytesPerRecord.toFixed(0)} bytes): ${meteredUs.toFixed(2)} µs CPU a record, JSON.parse alone ${parsedUs.toFixed(2)} µs`;
  });
  return ["\nMetering: records read, attributed, priced and added up, 1,500 a batch", ...lines].join("\n");
}

/** CPU time per record of reading, attributing and adding up, beside that of JSON.parse alone. */
interface MeteringSpeed {
  readonly bodyBytes: number;
  readonly bytesPerRecord: number;
  readonly meteredUs: number;
  readonly parsedUs: number;
}

/** Batches as the meter gets them, each added up on its own. */
function meteringSpeed(bodyBytes: number): MeteringSpeed {
  const shape: LogShape = { records: RECORDS, bodyBytes, principals: PRINCIPALS };
  const messages = [...logMessages(shape)];
  const prices = createPriceBook([]);
  const perRecord = (batch: () => unknown) =>
    (medianCpuMs(() => {
      for (let i = 0; i < BATCHES; i++) batch();
    }) *
      1000) /
    (BATCHES * RECORDS);
  return {
    bodyBytes,
    bytesPerRecord: messages.reduce((sum, message) => sum + Buffer.byteLength(message), 0) / RECORDS,
    meteredUs: perRecord(() => {
      const metering = createMetering({ prices, bucketMs: MINUTE_MS });
      for (const message of messages) metering.take(message);
      return metering.rows();
    }),
    parsedUs: perRecord(() => {
      for (const message of messages) JSON.parse(message);
    }),
  };
}
