import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { METER_NODE_OPTIONS } from "../../infra/meter-memory.ts";

/** What a script tells as JSON, in a process of its own, with Node's options of a deployed meter. */
export async function asDeployed<T>(script: string, args: readonly string[]): Promise<T> {
  const env = { ...process.env, NODE_OPTIONS: METER_NODE_OPTIONS };
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args], { env });
  return JSON.parse(stdout) as T;
}
