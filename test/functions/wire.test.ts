import { readFileSync } from "node:fs";
import path from "node:path";
import { wirePublisher, wireReconciler, wireRemover } from "@bedrock-governor/functions/wire";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ENVIRONMENT } from "./variables.ts";

const { GOVERNOR_STAGE, GOVERNOR_ACCOUNT, GOVERNOR_PARTITION, AWS_REGION } = ENVIRONMENT;
const SMALL = { GOVERNOR_STAGE, GOVERNOR_ACCOUNT, GOVERNOR_PARTITION, AWS_REGION };

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("wiring", () => {
  it.each([
    ["reconciler", () => wireReconciler(ENVIRONMENT)],
    ["reconciler without enforcement", () => wireReconciler({ ...ENVIRONMENT, GOVERNOR_ENFORCEMENT: "none" })],
    ["publisher", () => wirePublisher(SMALL).publisher(0)],
    ["remover", () => wireRemover(SMALL).removal({ deadline: () => 0 })],
  ])("makes the %s at once, without asking AWS anything", (_, wire) => {
    expect(wire()).toBeDefined();
  });

  it.each([
    ["reconciler", () => wireReconciler({})],
    ["publisher", () => wirePublisher({})],
    ["remover", () => wireRemover({})],
  ])("refuses an environment that the %s was not deployed with", (_, wire) => {
    expect(wire).toThrow("GOVERNOR_STAGE is not set");
  });

  it("gives up a run within its time when nothing answers, and names what could not be read", async () => {
    // Port 9 of this machine discards, or refuses at once: either is an AWS that cannot be reached.
    vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    vi.stubEnv("POWERTOOLS_LOG_LEVEL", "SILENT");
    const { reconcile, unreadLists } = wireReconciler(ENVIRONMENT, { random: () => 0, patienceMs: 500 });
    expect(unreadLists?.()).toBe(0);
    await expect(reconcile(Date.now() + 1_000, { gently: false })).rejects.toThrow(/ECONNREFUSED|timed out/i);
  });

  it.each(["reconcile", "publish-deny-policies", "remove"])("has one line of its own in %s", (entry) => {
    const file = path.resolve(import.meta.dirname, `../../packages/functions/src/${entry}.ts`);
    const statements = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("export"));
    expect(statements).toEqual([
      expect.stringMatching(/^export const handler = create\w+Handler\(wire\w+\(process\.env\)\);$/),
    ]);
  });
});
