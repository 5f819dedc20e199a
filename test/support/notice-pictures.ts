import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { slackLetters } from "@bedrock-governor/notices/slack";
import { EXAMPLES, MANY } from "../notices/examples.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";
import { noticePage } from "./notice-picture.ts";

/** Where docs/notifications.md has its pictures, and a file with what each was made of. */
export const PICTURES = path.join(import.meta.dirname, "../../docs/images/notices");
export const SOURCES = path.join(PICTURES, "sources.json");

/** The page that each picture is taken of, by the picture's name. */
export function picturePages(): ReadonlyMap<string, string> {
  const messages = [
    ...Object.entries(EXAMPLES).map(([name, event]) => [name, [event]] as const),
    ["digest", MANY] as const,
  ];
  return new Map(
    messages.flatMap(([name, events]) => slackLetters(events).map(({ message }) => [name, noticePage(message)])),
  );
}

/** Tells whether a picture is of what the notices say now. */
export const sourcesNow = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...picturePages()].map(([name, page]) => [name, createHash("sha256").update(page).digest("hex")]),
  );

/** Takes them all: `npm run notice-pictures`. */
async function takePictures(): Promise<void> {
  rmSync(PICTURES, { recursive: true, force: true });
  mkdirSync(PICTURES, { recursive: true });
  const browser = await launchChromium();
  const context = await browser.context({
    viewport: { width: 640, height: 400 },
    deviceScaleFactor: 1.2,
    colorScheme: "light",
  });
  const page = await context.newPage();
  for (const [name, content] of picturePages()) {
    await page.setContent(content);
    await page.locator("article").screenshot({ path: path.join(PICTURES, `${name}.png`) });
  }
  await browser.close();
  writeFileSync(SOURCES, `${JSON.stringify(sourcesNow(), null, 2)}\n`);
  console.log(`${picturePages().size} pictures are taken.`);
}

if (import.meta.main) {
  if (chromiumPath === undefined) {
    console.error("No Chromium on this machine; on Debian: apt-get install chromium.");
    process.exit(1);
  }
  await takePictures();
}
