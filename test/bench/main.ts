import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { page } from "@bedrock-governor/console/page";
import { view } from "@bedrock-governor/console/view";
import { largeState } from "../console/fixtures/state.ts";
import { bundles } from "./bundles.ts";
import { cost } from "./cost.ts";
import { largeAccount } from "./large.ts";
import { logCost } from "./log-cost.ts";
import { inProcess, median, medianCpuMs, month } from "./measure.ts";
import { meterSpeeds } from "./meter.ts";
import { meteringSpeeds } from "./metering.ts";
import { overshootOf } from "./overshoot.ts";
import { planningRun } from "./planning.ts";
import { usageOfLargeLog } from "./usage-files.ts";
import { writeWorkload } from "./workload-trace.ts";

const HELP = `npm run bench [-- TRACE…]

Measures planning, what a month on AWS costs, metering, the speed of replays, and overshoot over floor. Traces are
CSV, plain or gzip; without one, days of the generator's company are measured. CPU times are medians of five on this machine.`;

const SEEDS = [1, 2, 3, 4, 5];

const args = process.argv.slice(2);
if (args.includes("--help") || args.includes("-h")) {
  console.log(HELP);
  process.exit();
}
const folder = mkdtempSync(path.join(tmpdir(), "governor-bench-"));
try {
  planning();
  rendering();
  await largeAccount();
  await cost();
  await logCost();
  await bundles();
  console.log(meteringSpeeds());
  console.log(await meterSpeeds());
  console.log(await usageOfLargeLog(folder));
  await fourWeeks();
  await linearity(folder);
  const traces = args.length > 0 ? args : [writeWorkload(path.join(folder, "company-day.csv.gz"), 1)];
  for (const trace of traces) await overshoot(trace);
} finally {
  rmSync(folder, { recursive: true });
}

function planning(): void {
  console.log(
    "Planning: 1,000 principals × 50 models × 100 limits, all pairs in use, 2 % of the principals over every limit",
  );
  for (const perModel of [false, true]) {
    const run = planningRun({ principals: 1000, models: 50, limits: 100, perModel, over: 0.02 });
    const per = perModel ? '["principal","model"]' : '["principal"]';
    console.log(`  per ${per.padEnd(21)} ${medianCpuMs(run).toFixed(0).padStart(5)} ms CPU`);
  }
}

function rendering(): void {
  const state = largeState(40, 60);
  const size = Buffer.byteLength(page(state, { nonce: "" }));
  console.log(
    `\nPage of 40 limits × 60 principals: ${medianCpuMs(() => view(state)).toFixed(0)} ms CPU to render, ${(size / 1e6).toFixed(2)} MB`,
  );
}

async function fourWeeks(): Promise<void> {
  const { heapMb, rssMb } = await month();
  const weeks = heapMb.map((mb) => mb.toFixed(0)).join(", ");
  console.log(
    `Four weeks of governor start at full speed: heap ${weeks} MB after each, ${rssMb.toFixed(0)} MB at most`,
  );
}

async function linearity(where: string): Promise<void> {
  console.log("\nReplay of the company's days, one limit per principal: whole process, node's start included");
  for (const days of [5, 10, 20]) {
    const trace = writeWorkload(path.join(where, `company-${days}.csv.gz`), days);
    const runs = [];
    for (let time = 0; time < 5; time++) runs.push(await inProcess({ trace, kind: "logs", seed: 1 }));
    const cpu = median(runs.map(({ cpuMs }) => cpuMs));
    const rows = runs[0]?.rows ?? Number.NaN;
    const memory = median(runs.map(({ maxRssMb }) => maxRssMb));
    console.log(
      `  ${rows.toLocaleString("en-US").padStart(9)} rows: ${(cpu / 1000).toFixed(2)} s CPU, ${((cpu * 1000) / rows).toFixed(1)} µs a row, ${memory.toFixed(0)} MB`,
    );
  }
}

async function overshoot(trace: string): Promise<void> {
  console.log(`\nOvershoot, ${path.basename(trace)}: thresholds at a quarter of the tokens, seeds ${SEEDS.join(", ")}`);
  for (const kind of ["logs", "metrics"] as const) {
    const runs = [];
    for (const seed of SEEDS) runs.push(await inProcess({ trace, kind, seed }));
    const cpu = median(runs.map(({ cpuMs }) => cpuMs));
    const memory = Math.max(...runs.map(({ maxRssMb }) => maxRssMb));
    const { mean, worst, ratio, limits } = overshootOf(runs);
    const what = kind === "logs" ? "logs, a limit per principal" : "metrics, a limit per model";
    console.log(
      `  ${what} (${limits}): overshoot mean ${mean.toFixed(1)} %, worst ${worst.toFixed(1)} % of the threshold; ${ratio.toFixed(3)} × floor; ${(cpu / 1000).toFixed(2)} s CPU, ${memory.toFixed(0)} MB`,
    );
  }
}
