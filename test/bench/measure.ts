import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";

const RUNS = 5;

/** The middle one of an odd number of values. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Median CPU time of five runs, after one that does not count. */
export function medianCpuMs(run: () => unknown): number {
  run();
  return median(
    Array.from({ length: RUNS }, () => {
      const before = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    }),
  );
}

export interface ReplayRun {
  readonly trace: string;
  readonly kind: "logs" | "metrics";
  readonly seed: number;
}

export interface ReplayMeasure {
  readonly rows: number;
  readonly cpuMs: number;
  readonly maxRssMb: number;
  readonly limits: readonly { readonly threshold: number; readonly overshoot: number; readonly floor: number }[];
}

/** Replays in a process of its own, whose CPU time and memory are counted from its start. */
export async function inProcess({ trace, kind, seed }: ReplayRun): Promise<ReplayMeasure> {
  return run<ReplayMeasure>("replay-process.ts", [trace, kind, String(seed)]);
}

export interface MonthMeasure {
  /** After each of four weeks. */
  readonly heapMb: readonly number[];
  readonly rssMb: number;
}

/** Four weeks of `governor start`. */
export const month = (): Promise<MonthMeasure> => run<MonthMeasure>("month-process.ts", []);

export interface LogFileMeasure {
  readonly calls: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly maxRssMb: number;
}

/** `governor usage` of one file. */
export const usageOf = (file: string): Promise<LogFileMeasure> => run<LogFileMeasure>("usage-process.ts", [file]);

const run = <T>(script: string, args: readonly string[]): Promise<T> =>
  processed<T>(path.join(import.meta.dirname, script), args);

/** What a script tells as JSON, in a process of its own. */
async function processed<T>(script: string, args: readonly string[]): Promise<T> {
  const command = ["--expose-gc", script, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command, { maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout) as T;
}
