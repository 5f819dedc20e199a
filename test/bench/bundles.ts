import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { ENVIRONMENT } from "../functions/variables.ts";
import { bundle, FUNCTIONS } from "../support/bundle.ts";
import { median } from "./measure.ts";

/** Imports of one bundle, one after the other: a cold start each. */
const RUNS = 5;

/** Prints how large the functions are, and what importing them costs before the first run. */
export async function bundles(): Promise<void> {
  console.log(`\nFunctions, bundled and minified as for Lambda; import in a new process on Node ${process.version}`);
  const folder = mkdtempSync(path.join(tmpdir(), "governor-bundles-"));
  try {
    for (const name of FUNCTIONS) {
      const { file, bytes } = await bundle(name, folder);
      const cpu: number[] = [];
      for (let run = 0; run < RUNS; run++) cpu.push(await importCpuMs(file));
      const [size, ms] = [(bytes / 1e6).toFixed(2), median(cpu).toFixed(0).padStart(4)];
      console.log(
        `  ${name.padEnd(22)} ${size} MB  ${ms} ms CPU (${Math.min(...cpu).toFixed(0)}–${Math.max(...cpu).toFixed(0)})`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Without Node's own start, as Lambda's runtime is running by then. */
async function importCpuMs(file: string): Promise<number> {
  const script = `const before = process.cpuUsage();
    await import(${JSON.stringify(file)});
    const { user, system } = process.cpuUsage(before);
    console.log((user + system) / 1000);`;
  const command = ["--input-type=module", "--eval", script];
  const { stdout } = await promisify(execFile)(process.execPath, command, { env: { ...process.env, ...ENVIRONMENT } });
  return Number(stdout);
}
