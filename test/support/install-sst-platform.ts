/**
 * Writes the sources of SST's components to .sst/platform, where `tsc` and the infra tests read them.
 * Needs the npm registry and no AWS account; does nothing when they are there.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import sst from "../../node_modules/sst/package.json" with { type: "json" };

const root = path.resolve(import.meta.dirname, "../..");
const platform = path.join(root, ".sst/platform");
/** Written last: an interrupted installation leaves none, and is done again from the start. */
const stamp = path.join(platform, "node_modules/.made-by");

const sstRelease = `sst ${sst.version}`;
const config = createHash("sha256").update(readFileSync(path.join(root, "sst.config.ts")));
const wanted = `${sstRelease}, sst.config.ts ${config.digest("hex")}`;
const found = existsSync(stamp) ? readFileSync(stamp, "utf8") : "nothing";

if (found !== wanted) {
  // After a change of sst.config.ts alone, SST only brings its platform up to date.
  const updating = found.startsWith(`${sstRelease},`);
  rmSync(updating ? stamp : platform, { recursive: true, force: true });
  install(updating ? "a few seconds" : "about 40 s, once");
  writeFileSync(stamp, wanted);
}

function install(duration: string): void {
  console.log(`Installing the component sources of ${sstRelease} into .sst/platform (${duration}).`);
  const sstCommand = path.join(root, "node_modules/sst/bin/sst.mjs");
  const result = spawnSync(process.execPath, [sstCommand, "install", "--stage", "test", "--print-logs"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      // Without these SST fetches Pulumi and Bun from hosts other than the npm registry.
      SST_SKIP_DEPENDENCY_CHECK: "1",
      SST_NO_BUN: "1",
      DO_NOT_TRACK: "1",
      // npm waits 70 s for each of many packages by default: a registry out of reach would look like a hang.
      npm_config_fetch_retry_mintimeout: "1000",
      npm_config_fetch_retry_maxtimeout: "1000",
    },
  });
  if (result.status === 0) return;
  console.error(`${result.stdout}${result.stderr}`);
  console.error(
    `SST's component sources could not be installed (${result.error?.message ?? "above is what SST says"}): is the npm registry reachable? The next run tries again.`,
  );
  process.exit(1);
}
