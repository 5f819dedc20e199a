import { readFileSync } from "node:fs";
import { memoryDynamodb, meterOn, silenced } from "./meter-scene.ts";

/** A meter's memory for one event: `node meter-process.mjs FILE BEGIN`. */
const [file = "", begin] = process.argv.slice(2);
const { dynamodb, items } = memoryDynamodb();
const { meter } = meterOn(dynamodb, async () => {}, Number(begin));
await silenced(() => meter(JSON.parse(readFileSync(file, "utf8"))));
if (items.size === 0) throw new Error("nothing was metered");
process.stdout.write(JSON.stringify({ maxRssMb: mostMemoryMb() }));

/** Of this process: `process.resourceUsage()` begins with what the one that started it had taken. */
function mostMemoryMb(): number {
  const [, kb] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  return Number(kb) / 1024;
}
