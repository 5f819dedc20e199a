import { traceTraffic } from "@bedrock-governor/simulator/live/live-traffic";
import axe from "axe-core";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Browser, chromiumPath, launchChromium } from "../support/chromium.ts";
import { type LivePage, startLivePage } from "../support/live-page.ts";

const at = (hour: number, minute = 0) => Date.UTC(2026, 0, 5, hour, minute);
const MORNING = at(8);
const AGENT_STOPPED = at(12);
const AFTER_MIDNIGHT = at(23, 5);

if (chromiumPath === undefined) {
  it("the page in a browser is left out: no Chromium on this machine (Debian: apt-get install chromium)", () => {
    expect(process.env.CI, "CI must have a browser").toBeUndefined();
  });
} else describe("the page in a browser", { timeout: 60_000 }, inBrowser);

function inBrowser() {
  let browser: Browser;
  let shown: LivePage;
  const errors: string[] = [];
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser.close());
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    expect(errors.splice(0)).toEqual([]);
  });

  async function open(until: number, options: BrowserContextOptions = {}): Promise<Page> {
    shown = await startLivePage();
    closing.push(shown.server.close);
    await shown.playTo(until);
    return visit(shown.server.url, options);
  }

  async function visit(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.context(options);
    closing.push(() => context.close());
    const page = await context.newPage();
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(url);
    return page;
  }

  const text = (page: Page, id: string) => page.locator(`#${id}`).innerText();
  const denied = (page: Page) => text(page, "bg-denied");
  const dailySpend = (page: Page) =>
    page.locator("article", { has: page.getByRole("heading", { name: "daily-spend" }) });

  it("shows a deny appear with its reason, refused calls, and the cheap model still in use", async () => {
    const page = await open(MORNING);
    expect(await denied(page)).not.toContain("role/coding");
    await shown.playTo(AGENT_STOPPED);
    await page.locator("#bg-denied", { hasText: "role/coding" }).waitFor();
    const row = await denied(page);
    expect(row).toContain("anthropic.claude-opus-*");
    expect(row).toMatch(/reached 80 %: \$100\.\d+ of \$100 today for role\/coding/);
    expect(row).toContain("lifts at 00:00 Europe/Berlin");
    const charts = await text(page, "bg-charts");
    expect(charts).toMatch(/\d+ calls refused/);
    expect(charts).toContain("anthropic.claude-haiku-4-5-20251001-v1:0");
    const used = haikuCalls();
    await shown.playTo(at(15));
    expect(haikuCalls()).toBeGreaterThan(used);
    expect(shown.live.account.isDenied("role/coding", "global.anthropic.claude-haiku-4-5-20251001-v1:0")).toBe(false);
  });

  const haikuCalls = () =>
    shown.live.account.used.total("invocations", { start: at(0), end: at(24) }, ["anthropic.claude-haiku-*"]);

  it("shows the lift at reset", async () => {
    const page = await open(AGENT_STOPPED);
    expect(await denied(page)).toContain("role/coding");
    await shown.playTo(AFTER_MIDNIGHT);
    await page.locator("#bg-events", { hasText: "a new period of limit daily-spend began" }).waitFor();
    expect(await denied(page)).not.toContain("role/coding");
  });

  it("lifts at once when a threshold is raised by hand, and says who did it", async () => {
    const page = await open(AGENT_STOPPED);
    const card = dailySpend(page);
    await card.locator("summary", { hasText: "Set threshold" }).click();
    await card.getByLabel("Threshold in dollars").fill("350");
    await card.getByRole("button", { name: "Set threshold" }).click();
    await page.locator("#bg-events", { hasText: "Access Lifted" }).waitFor();
    expect(await denied(page)).not.toContain("role/coding");
    expect(await text(page, "bg-events")).toContain("limits/daily-spend/threshold");
    expect(await card.innerText()).toContain("of $350");
  });

  it("refuses a bad threshold in place, keeps what was typed and goes to the field", async () => {
    const page = await open(AGENT_STOPPED);
    const card = dailySpend(page);
    await card.locator("summary", { hasText: "Set threshold" }).click();
    const field = card.getByLabel("Threshold in dollars");
    for (const [typed, sentence] of [
      ["5000", "must be a number from 20 to 400"],
      ["a lot", "must be a number from 20 to 400"],
    ] as const) {
      await field.fill(typed);
      await card.getByRole("button", { name: "Set threshold" }).click();
      await card.locator(".answer", { hasText: sentence }).first().waitFor();
      expect(await field.inputValue()).toBe(typed);
      expect(await field.getAttribute("aria-invalid")).toBe("true");
      expect(await field.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
    }
    expect(await denied(page)).toContain("role/coding");
  });

  it("refuses in place without any script too", async () => {
    const page = await open(AGENT_STOPPED, { javaScriptEnabled: false });
    const card = dailySpend(page);
    await card.locator("summary", { hasText: "Set threshold" }).click();
    await card.getByLabel("Threshold in dollars").fill("5000");
    await card.getByRole("button", { name: "Set threshold" }).click();
    expect(await card.innerText()).toContain("must be a number from 20 to 400");
    expect(await card.getByLabel("Threshold in dollars").inputValue()).toBe("5000");
  });

  it("says would in mode observe, where nothing is denied", async () => {
    const page = await open(AGENT_STOPPED);
    await page.locator("#bg-status summary", { hasText: "Change mode" }).click();
    await page.getByRole("radio", { name: "observe" }).check();
    await page.locator("#bg-status").getByRole("button", { name: "Change mode" }).click();
    await page.locator("#bg-events", { hasText: "Would Deny" }).waitFor();
    expect((await denied(page)).toLowerCase()).toContain("would");
    expect(shown.live.latest?.denied.size).toBe(0);
  });

  it("lifts, exempts and denies by hand", async () => {
    const page = await open(AGENT_STOPPED);
    await page.locator("summary", { hasText: "Deny someone models" }).click();
    const deny = page.locator("#bg-form-deny-act");
    await deny.getByLabel("Principal").fill("role/support-chat");
    await deny.getByLabel("Models").fill("anthropic.claude-haiku-*");
    await deny.getByLabel("Why").fill("a leaked key");
    await deny.getByRole("button", { name: "Deny" }).click();
    await page.locator("#bg-denied", { hasText: "a leaked key" }).waitFor();

    await page.locator("summary", { hasText: "Exempt someone from limits" }).click();
    const exempt = page.locator("#bg-form-exempt-act");
    await exempt.getByLabel("Principal").fill("role/coding");
    await exempt.getByLabel("Why").fill("the demo is today");
    await exempt.getByRole("button", { name: "Exempt" }).click();
    await page.locator("#bg-events", { hasText: "the demo is today" }).waitFor();
    expect(await denied(page)).not.toContain("role/coding");
    expect(await denied(page)).toContain("role/support-chat");

    const leak = page.locator("#bg-by-hand-list li", { hasText: "a leaked key" });
    expect(await leak.innerText()).toContain("role/support-chat denied anthropic.claude-haiku-*");
    await leak.getByRole("button", { name: "End now" }).click();
    await page.locator("#bg-events", { hasText: "the deny by hand page-1 ended" }).waitFor();
    expect(await denied(page)).not.toContain("role/support-chat");
  });

  it("lets somebody speed up, pause and step the clock", async () => {
    const page = await open(MORNING);
    const before = shown.live.clock.now();
    await page.getByRole("button", { name: "+ 15 min" }).click();
    await expect.poll(() => shown.live.clock.now() - before).toBe(15 * 60_000);
    await page.getByLabel("Speed").selectOption("3600");
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await expect.poll(() => shown.player.speed).toBe(3_600);
  });

  it("keeps what somebody is typing while the page goes on", async () => {
    const page = await open(MORNING);
    await page.locator("summary", { hasText: "Deny someone models" }).click();
    const reason = page.locator("#bg-form-deny-act").getByLabel("Why");
    await reason.fill("half a sen");
    for (let hour = 9; hour < 13; hour++) {
      await shown.playTo(at(hour));
      await page.locator("#bg-status", { hasText: `${hour + 1}:00 Europe/Berlin` }).waitFor();
    }
    expect(await reason.inputValue()).toBe("half a sen");
    expect(await reason.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
  });

  it("keeps an open form, what is typed in it and the focus when a limit passes its first step", async () => {
    const page = await open(at(10, 5));
    const card = page.locator("article", { has: page.getByRole("heading", { name: "data-science-output" }) });
    await card.locator("summary", { hasText: "Set threshold" }).click();
    const field = card.getByLabel("Threshold");
    await field.fill("55000000");
    await shown.playTo(at(10, 20));
    await page.locator("#bg-limits-way").waitFor();
    expect(await field.inputValue()).toBe("55000000");
    expect(await field.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
  });

  it("loads itself again when the governor was restarted, so that its forms go on working", async () => {
    const page = await open(MORNING);
    const token = () => page.locator("#bg-clock [name=token]").first().inputValue();
    const before = await token();
    const port = Number(new URL(shown.server.url).port);
    await page.waitForTimeout(3_100);
    await shown.server.close();
    shown = await startLivePage(undefined, undefined, port);
    closing.push(shown.server.close);
    await expect.poll(() => token().catch(() => before), { timeout: 30_000, interval: 250 }).not.toBe(before);
    await page.getByRole("button", { name: "+ 15 min" }).click();
    await expect.poll(() => shown.live.clock.now()).toBe(at(0, 15));
    // While nobody answered, the browser said so; nothing else went wrong.
    expect(errors.splice(0).filter((text) => !text.includes("ERR_"))).toEqual([]);
  });

  it("shows names that try to break out as the text they are", async () => {
    const hostile = [
      '<img src=x onerror=alert(1)>"',
      "\u202Erole\u202C",
      "x".repeat(150),
      "</title><script>alert(1)</script>'",
    ];
    async function* requests() {
      yield hostile.map((name, index) => ({
        atMs: index,
        model: name,
        principal: `role/${name.replaceAll("/", "_")}`,
        inputTokens: 900,
        outputTokens: 100,
        cacheReadTokens: 0,
        cacheWriteTokens: 0,
      }));
    }
    const limit = {
      description: hostile.join(" "),
      owner: hostile[0],
      models: ["*"],
      principals: ["*"],
      source: "logs",
      measure: "totalTokens",
      per: ["principal"],
      period: "day",
      threshold: 500,
    };
    shown = await startLivePage(new Map([["limits/hostile", JSON.stringify(limit)]]), await traceTraffic(requests()));
    closing.push(shown.server.close);
    await shown.playTo(at(1));
    shown.live.account.parameters.put(
      "denies/hostile",
      JSON.stringify({ principals: ["*"], models: ["acme.*"], reason: hostile[3] }),
    );
    await shown.playTo(at(2));
    const page = await visit(shown.server.url, { viewport: { width: 390, height: 900 } });
    const dialogs: string[] = [];
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    await page.reload();
    const body = await page.locator("body").innerText();
    expect(body).toContain("<img src=x onerror=alert(1)>");
    expect(body).toContain("<script>alert(1)</script>");
    expect(await page.locator("#view img, #view script").count()).toBe(0);
    expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
    expect(dialogs).toEqual([]);
  });

  it.each(["light", "dark"] as const)("has no serious accessibility problem when it is %s", async (colorScheme) => {
    const page = await open(AGENT_STOPPED, { colorScheme });
    for (const summary of await page.locator("summary").all()) await summary.click();
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<axe.AxeResults>("axe.run()");
    const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    expect(serious.map(({ id, nodes }) => [id, nodes[0]?.html, nodes[0]?.failureSummary])).toEqual([]);
  });

  it.each([390, 1600])("fits a window %i pixels wide, with every fold open", async (width) => {
    const page = await open(AGENT_STOPPED, { viewport: { width, height: 900 } });
    for (const summary of await page.locator("summary").all()) await summary.click();
    const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
    expect(wide).toBeLessThanOrEqual(width);
    expect(await page.evaluate<string[]>(OVERLAPS)).toEqual([]);
  });
}

/** Pairs of texts that are drawn over each other, as the browser laid them out; what scrolls out of sight is not drawn. */
const OVERLAPS = `(() => {
  const boxOf = (element) => {
    let { left, top, right, bottom } = element.getBoundingClientRect();
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.visibility === "hidden" || style.clip !== "auto" || style.clipPath !== "none") return undefined;
      if (at === element || style.overflow === "visible") continue;
      const around = at.getBoundingClientRect();
      left = Math.max(left, around.left); right = Math.min(right, around.right);
      top = Math.max(top, around.top); bottom = Math.min(bottom, around.bottom);
    }
    return right - left > 1 && bottom - top > 1 ? { left, top, right, bottom } : undefined;
  };
  const texts = [...document.querySelectorAll("#view :is(h1, h2, h3, p, td, th, label, button, summary, text, dt, dd)")]
    .filter((element) => element.textContent.trim() !== "")
    .map((element) => ({ element, box: boxOf(element) }))
    .filter(({ box }) => box !== undefined);
  const found = [];
  for (const [index, a] of texts.entries()) for (const b of texts.slice(index + 1)) {
    if (a.element.contains(b.element) || b.element.contains(a.element)) continue;
    const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
    const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
    if (width > 2 && height > 3) found.push(a.element.textContent.slice(0, 40) + " | " + b.element.textContent.slice(0, 40));
  }
  return found;
})()`;
