import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";

interface Package {
  version?: string;
  license?: string;
  /** A workspace, seen from node_modules. */
  link?: boolean;
}

/** Licences that ask nothing of a product that only uses the package. */
const permissive = [
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
  "ISC",
  "MIT",
  "MIT-0",
  "MPL-2.0",
];

const root = path.resolve(import.meta.dirname, "../..");

const readPackage = (file: string): Package => JSON.parse(readFileSync(path.join(root, file), "utf8"));

/** An SPDX expression is fine if one of its alternatives is, and an alternative if all its parts are. */
function isPermissive(licence: string): boolean {
  const alternatives = licence.replace(/^\((.*)\)$/, "$1").split(" OR ");
  return alternatives.some((alternative) => alternative.split(" AND ").every((part) => permissive.includes(part)));
}

/** Every package of the lockfile, and what licence it or else its own package.json states. */
function* lockedPackages() {
  const { packages }: { packages: Record<string, Package> } = JSON.parse(
    readFileSync(path.join(root, "package-lock.json"), "utf8"),
  );
  for (const [folder, { license, link }] of Object.entries(packages)) {
    const manifest = path.join(folder, "package.json");
    const stated = license ?? (existsSync(path.join(root, manifest)) ? readPackage(manifest).license : undefined);
    if (!link) yield { folder, licence: stated ?? "none" };
  }
}

describe("licences", () => {
  it("of every package installed are permissive", () => {
    const all = [...lockedPackages()];
    expect(all.length).toBeGreaterThan(100);
    expect(all.filter(({ licence }) => !isPermissive(licence))).toEqual([]);
  });

  it.each(["MIT", "(MIT OR GPL-3.0-only)", "MIT AND ISC"])("%s is permissive", (licence) => {
    expect(isPermissive(licence)).toBe(true);
  });

  it.each(["GPL-3.0-or-later", "LGPL-2.1", "AGPL-3.0", "MIT AND GPL-2.0", "UNLICENSED", "SEE LICENSE IN X", "none"])(
    "%s is not",
    (licence) => {
      expect(isPermissive(licence)).toBe(false);
    },
  );
});
