import { replay } from "@bedrock-governor/simulator/replay/replay";
import { readTrace } from "@bedrock-governor/simulator/trace/read-trace";
import { limit } from "../support/limit.ts";
import type { ReplayMeasure } from "./measure.ts";

/** One measured replay: `node replay-process.ts TRACE logs|metrics SEED`. Thresholds are a quarter of what each key uses. */
const [trace = "", kind = "logs", seed = "1"] = process.argv.slice(2);

const totals = new Map<string, number>();
for await (const requests of readTrace(trace)) {
  for (const { principal, model, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } of requests) {
    const key = kind === "logs" ? principal : model;
    const tokens = inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
    totals.set(key, (totals.get(key) ?? 0) + tokens);
  }
}
const limits = [...totals].map(([key, tokens], index) => {
  const perPrincipal = kind === "logs";
  return limit(`quarter-${index}`, {
    models: [perPrincipal ? "*" : key],
    principals: [perPrincipal ? key : "*"],
    source: perPrincipal ? "logs" : "metrics",
    measure: "totalTokens",
    per: { principal: perPrincipal, model: !perPrincipal },
    period: { kind: "calendar", unit: "month", timeZone: "UTC" },
    threshold: Math.max(1, Math.floor(tokens / 4)),
  });
});
const result = await replay({ trace: readTrace(trace), limits, seed: Number(seed) });
const { user, system } = process.cpuUsage();
const measure: ReplayMeasure = {
  rows: result.rows,
  cpuMs: (user + system) / 1000,
  maxRssMb: process.resourceUsage().maxRSS / 1024,
  limits: result.limits.map(({ threshold, overshoot, floor }) => ({
    threshold,
    overshoot,
    floor: floor ?? Number.NaN,
  })),
};
process.stdout.write(JSON.stringify(measure));
