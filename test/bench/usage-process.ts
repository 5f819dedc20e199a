import { sumLogFiles } from "@bedrock-governor/cli/usage/sum-log-files";
import type { LogFileMeasure } from "./measure.ts";

/** What `governor usage` does with one file: `node usage-process.ts FILE`. */
const [file = ""] = process.argv.slice(2);

const { totals } = await sumLogFiles([file], () => {});
const { user, system } = process.cpuUsage();
const measure: LogFileMeasure = {
  calls: totals.reduce((sum, { sums }) => sum + sums.invocations, 0),
  wallMs: process.uptime() * 1000,
  cpuMs: (user + system) / 1000,
  maxRssMb: process.resourceUsage().maxRSS / 1024,
};
process.stdout.write(JSON.stringify(measure));
