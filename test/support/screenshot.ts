import { mkdirSync } from "node:fs";
import path from "node:path";
import { chromiumPath, launchChromium } from "./chromium.ts";
import { startLivePage } from "./live-page.ts";

/**
 * Takes README's picture from the real page: `npm run screenshot`. The generator's Monday, in the
 * afternoon of the day on which the agent was stopped.
 */
const file = path.join(import.meta.dirname, "../../docs/images/console.png");
const AFTERNOON = Date.UTC(2026, 0, 5, 14, 30);

if (chromiumPath === undefined) {
  console.error("No Chromium on this machine; on Debian: apt-get install chromium.");
  process.exit(1);
}
const shown = await startLivePage();
await shown.playTo(AFTERNOON);
const browser = await launchChromium();
const context = await browser.context({ viewport: { width: 1400, height: 1240 }, colorScheme: "light" });
const page = await context.newPage();
await page.goto(shown.server.url);
await page.locator("#bg-denied", { hasText: "role/coding" }).waitFor();
mkdirSync(path.dirname(file), { recursive: true });
await page.screenshot({ path: file });
await browser.close();
await shown.server.close();
console.log(`${path.relative(process.cwd(), file)} is taken.`);
