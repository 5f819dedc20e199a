import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bundle, bundle, FUNCTIONS } from "../support/bundle.ts";

const MB = 1_000_000;
/** Only the reconciler and the meter need prices. */
const LARGEST = {
  reconcile: 2 * MB,
  "publish-deny-policies": 1.3 * MB,
  remove: 1.3 * MB,
  meter: 1.2 * MB,
  "roll-up": 1.3 * MB,
  "invocation-logging": 1.3 * MB,
  notify: 1 * MB,
};

describe("the bundle of a function", () => {
  const bundles = new Map<string, Bundle>();
  let folder = "";
  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "governor-bundles-"));
    for (const name of FUNCTIONS) bundles.set(name, await bundle(name, folder));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(FUNCTIONS)("%s is small", (name) => {
    expect(bundles.get(name)?.bytes).toBeLessThan(LARGEST[name]);
  });

  /** What is in it of packages of these names. */
  function heldBy(name: string, packages: RegExp): readonly string[] {
    const inputs = [...(bundles.get(name)?.inputs ?? [])].filter(([, bytes]) => bytes > 0).map(([input]) => input);
    expect(inputs.length).toBeGreaterThan(0);
    return inputs.filter((input) => packages.test(input));
  }

  it.each(["publish-deny-policies", "remove", "roll-up", "invocation-logging", "notify"])(
    "%s holds neither prices nor validation of limits",
    (name) => {
      expect(heldBy(name, /genai-prices|node_modules\/zod/)).toEqual([]);
    },
  );

  it("meter holds only what a cold start at each log delivery needs", () => {
    const tooMuch =
      /node_modules\/(zod|temporal|aws-xray|@aws-sdk\/client-(iam|cloudwatch|ssm|bedrock|lambda))\b(?!-logs)/;
    expect(heldBy("meter", tooMuch)).toEqual([]);
  });
});
