import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";

const BINARY = path.join(import.meta.dirname, "../../.venv/bin/moto_server");

/** The emulator of AWS's own protocols; undefined if it is not installed (`.ci/run` does that). */
export const motoServer: string | undefined = existsSync(BINARY) ? BINARY : undefined;

export interface Moto {
  /** What every client of a test is made with: nothing leaves this machine. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
  readonly account: string;
  /** Empties it. */
  reset(): Promise<void>;
  /** Lets the next `calls` calls through unchecked; every one after them needs permission. */
  checkPermissionsAfter(calls: number): Promise<void>;
  stop(): Promise<void>;
}

const STARTS_WITHIN_MS = 30_000;

/** Starts an emulator on a free port of loopback. */
export async function startMoto(): Promise<Moto> {
  if (motoServer === undefined)
    throw new Error("moto is not installed: python3 -m venv .venv && .venv/bin/pip install 'moto[server]==5.2.4'");
  const port = await freePort();
  const child = spawn(motoServer, ["-H", "127.0.0.1", "-p", String(port)], {
    stdio: "ignore",
    env: { PATH: process.env.PATH },
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const post = async (what: string, body?: string) => {
    const response = await fetch(`${endpoint}/moto-api/${what}`, {
      method: "POST",
      ...(body !== undefined && { body }),
    });
    if (!response.ok) throw new Error(`moto answered ${response.status} to ${what}`);
  };
  await untilUp(endpoint, child);
  return {
    client: { endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } },
    account: "123456789012",
    reset: () => post("reset"),
    checkPermissionsAfter: (calls) => post("reset-auth", String(calls)),
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.kill();
      }),
  };
}

async function untilUp(endpoint: string, child: ChildProcess): Promise<void> {
  const since = Date.now();
  for (;;) {
    if (child.exitCode !== null) throw new Error(`moto ended with ${child.exitCode}`);
    const up = await fetch(`${endpoint}/moto-api/data.json`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) return;
    if (Date.now() - since > STARTS_WITHIN_MS) throw new Error("moto did not start");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
