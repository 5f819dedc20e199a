import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Bundle, bundle, FUNCTIONS } from "../support/bundle.ts";

const MB = 1_000_000;
/** Only the reconciler needs prices. */
const LARGEST = { reconcile: 2 * MB, "publish-deny-policies": 1.3 * MB, remove: 1.3 * MB };

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

  it.each(["publish-deny-policies", "remove"])("%s holds neither prices nor validation of limits", (name) => {
    const inputs = [...(bundles.get(name)?.inputs ?? [])].filter(([, bytes]) => bytes > 0).map(([input]) => input);
    expect(inputs.length).toBeGreaterThan(0);
    expect(inputs.filter((input) => /genai-prices|node_modules\/zod/.test(input))).toEqual([]);
  });
});
