import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { median } from "./measure.ts";

interface LargeMeasure {
  /** CPU of a run of a new process, and of those after it. */
  readonly runs: readonly number[];
  /** Principals changed by the first run. */
  readonly changed: number;
  readonly maxRssMb: number;
}

const TIMES = 5;

/** As Node limits its heap in 512 MB, the function's memory. With more, it would sooner let it grow than collect. */
const HEAP = ["--max-old-space-size=256", "--max-semi-space-size=2"];

/** A run of a large account, each time in a process of its own: bundled, as a function is. */
export async function largeAccount(): Promise<void> {
  console.log(
    "\nRun of 3,000 roles × 200 limits × 60 models on the simulator, all pairs in use: 30 % of the roles are denied, 2 % go over every limit",
  );
  const folder = mkdtempSync(path.join(tmpdir(), "governor-large-"));
  try {
    const script = await bundled(folder);
    for (const whom of ["teams", "everyone"]) await measureAll(script, whom);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function bundled(folder: string): Promise<string> {
  const outfile = path.join(folder, "large-process.mjs");
  const entry = path.join(import.meta.dirname, "large-process.ts");
  await build({ entryPoints: [entry], outfile, bundle: true, minify: true, platform: "node", format: "esm" });
  return outfile;
}

async function measureAll(script: string, whom: string): Promise<void> {
  const measures: LargeMeasure[] = [];
  for (let time = 0; time < TIMES; time++) measures.push(await measure(script, whom));
  const first = median(measures.map(({ runs }) => runs[0] ?? Number.NaN));
  const next = median(measures.map(({ runs }) => runs[1] ?? Number.NaN));
  const memory = median(measures.map(({ maxRssMb }) => maxRssMb));
  const what = whom === "teams" ? "9 of 10 limits for a team" : "every limit for every role";
  console.log(
    `  ${what.padEnd(27)} ${first.toFixed(0).padStart(5)} ms CPU for the first run (${measures[0]?.changed} principals changed), ${next.toFixed(0)} ms for the next, ${memory.toFixed(0)} MB at most`,
  );
}

async function measure(script: string, whom: string): Promise<LargeMeasure> {
  const { stdout } = await promisify(execFile)(process.execPath, [...HEAP, script, whom]);
  return JSON.parse(stdout) as LargeMeasure;
}
