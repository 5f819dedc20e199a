import { existsSync, readFileSync } from "node:fs";
import { memoryDynamodb, meterOn, silenced } from "./meter-scene.ts";

/** A meter's memory for one event: `node meter-process.mjs FILE BEGIN`. */
const [file = "", begin] = process.argv.slice(2);
const { dynamodb, items } = memoryDynamodb();
const { meter } = meterOn(dynamodb, async () => {}, Number(begin));
await silenced(() => meter(JSON.parse(readFileSync(file, "utf8"))));
if (items.size === 0) throw new Error("nothing was metered");
process.stdout.write(JSON.stringify({ maxRssMb: mostMemoryMb() }));

/** Of this process: `process.resourceUsage()`, all there is without Linux, begins with what the one that started it had taken. */
function mostMemoryMb(): number {
  const status = "/proc/self/status";
  const [, kb] = (existsSync(status) && /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(status, "utf8"))) || [];
  return Number(kb ?? process.resourceUsage().maxRSS) / 1024;
}
