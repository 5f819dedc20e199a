import { keepMemorySmall } from "@bedrock-governor/cli/live/memory";
import { startLivePage } from "../support/live-page.ts";

/** Four weeks of what `governor start` shows, at full speed, its page asked for every day. */
const DAY = 24 * 3_600_000;
const START = Date.UTC(2026, 0, 5);

keepMemorySmall();
const shown = await startLivePage();
const heapMb: number[] = [];
for (let day = 1; day <= 28; day++) {
  await shown.playTo(START + day * DAY);
  await (await fetch(shown.server.url)).text();
  if (day % 7 !== 0) continue;
  globalThis.gc?.();
  heapMb.push(process.memoryUsage().heapUsed / 1e6);
}
await shown.server.close();
process.stdout.write(JSON.stringify({ heapMb, rssMb: process.resourceUsage().maxRSS / 1024 }));
