import { createWriteStream, rmSync, statSync } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type LogShape, logMessages } from "./invocation-log.ts";
import { usageOf } from "./measure.ts";

/** About 1 GB each. */
const LOGS: readonly (readonly [what: string, shape: LogShape])[] = [
  ["no bodies", { records: 1_800_000, bodyBytes: 0, principals: 10 }],
  ["half with bodies", { records: 560_000, bodyBytes: 2048, everySecond: true, principals: 10 }],
];

/** The speed and memory of `governor usage`, in words. The files are deleted afterwards. */
export async function usageOfLargeLog(folder: string): Promise<string> {
  const lines = ["\ngovernor usage, whole process, node's start included"];
  for (const [what, shape] of LOGS) {
    const file = path.join(folder, "invocations.jsonl");
    await pipeline(Readable.from(pieces(shape)), createWriteStream(file));
    const megabytes = statSync(file).size / 1e6;
    const { calls, wallMs, cpuMs, maxRssMb } = await usageOf(file);
    rmSync(file);
    if (calls !== shape.records) throw new Error(`${calls} of ${shape.records} calls were counted`);
    lines.push(
      `  ${megabytes.toFixed(0)} MB, ${calls.toLocaleString("en-US")} records, ${what}: ${(megabytes / (wallMs / 1000)).toFixed(0)} MB/s, ${(cpuMs / 1000).toFixed(1)} s CPU, ${maxRssMb.toFixed(0)} MB`,
    );
  }
  return lines.join("\n");
}

function* pieces(shape: LogShape): Generator<string> {
  let piece = "";
  for (const message of logMessages(shape)) {
    piece += `${message}\n`;
    if (piece.length < 1_000_000) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}
