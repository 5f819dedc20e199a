import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));

export interface GovernorRun {
  readonly code: number | null;
  readonly out: string;
  /** Lines on stderr. */
  readonly err: readonly string[];
}

export interface GovernorOptions {
  readonly cwd?: string;
  /** False closes stdout at once, as `| head` does when it has seen enough. */
  readonly readsOutput?: boolean;
  /** Called with all of stdout so far. */
  readonly watch?: (out: string, child: ChildProcess) => void;
}

/** Runs `governor` as an operator does, offline: nothing of this machine's environment but the path. */
export function governor(args: readonly string[], options: GovernorOptions = {}): Promise<GovernorRun> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: { PATH: process.env.PATH },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8");
  if (options.readsOutput === false) child.stdout.destroy();
  else {
    child.stdout.on("data", (data) => {
      out += data;
      options.watch?.(out, child);
    });
  }
  child.stderr.setEncoding("utf8").on("data", (data) => {
    err += data;
  });
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ code, out, err: err.split("\n").filter((line) => line !== "") }));
  });
}
