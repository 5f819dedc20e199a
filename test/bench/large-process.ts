import { createGovernor } from "@bedrock-governor/core/reconcile/reconcile";
import { createLargeAccount } from "./large-account.ts";

/** One measured account: `node large-process.ts everyone|teams`. */
const account = createLargeAccount({ roles: 3_000, limits: 200, models: 60, everyone: process.argv[2] === "everyone" });
const cpuMs = async (run: () => Promise<unknown>): Promise<number> => {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};

// As it was found: 30 % are denied, each for two models.
account.overspend(0, 900, 2);
await createGovernor(account.deployment, account.ports).reconcile();
await account.clock.runUntil(account.clock.now() + 120_000);
account.overspend(900, 960, 60);

const governor = createGovernor(account.deployment, account.ports);
let changed = 0;
const runs: number[] = [];
for (let run = 0; run < 4; run++) {
  runs.push(
    await cpuMs(async () => {
      const report = await governor.reconcile();
      changed += report.changed.length;
    }),
  );
  await account.clock.runUntil(account.clock.now() + 60_000);
}
process.stdout.write(JSON.stringify({ runs, changed, maxRssMb: process.resourceUsage().maxRSS / 1024 }));
