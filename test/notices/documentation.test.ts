import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { denySet } from "@bedrock-governor/core/enforcement/deny-set";
import { policyName } from "@bedrock-governor/core/policy/policy-name";
import { EVENT_TYPES } from "@bedrock-governor/core/reconcile/event";
import { LOOKS } from "@bedrock-governor/notices/look";
import { snsMessages } from "@bedrock-governor/notices/sns";
import { describe, expect, it } from "vitest";
import { PICTURES, SOURCES, sourcesNow } from "../support/notice-pictures.ts";
import { EXAMPLES } from "./examples.ts";

const DOCS = path.join(import.meta.dirname, "../../docs");
const page = readFileSync(path.join(DOCS, "notifications.md"), "utf8");

const pictures = readdirSync(PICTURES).filter((file) => file.endsWith(".png"));

describe("docs/notifications.md", () => {
  it.each(EVENT_TYPES)("has a section with a picture on %s", (type) => {
    const section = page.split(/^### /m).find((part) => part.startsWith(`${type}\n`)) ?? "";
    const shown = Object.entries(EXAMPLES).filter(([name]) => section.includes(`images/notices/${name}.png`));
    expect(shown.map(([, event]) => event.type)).toContain(type);
  });

  it("shows every picture there is, and no others", () => {
    const shown = [...page.matchAll(/!\[[^\]]+\]\(images\/notices\/([\w-]+\.png)\)/g)].map(([, file]) => file);
    expect(shown.toSorted()).toEqual(pictures.toSorted());
  });

  it("has pictures of what the notices say now; if not: npm run notice-pictures", () => {
    expect(JSON.parse(readFileSync(SOURCES, "utf8"))).toEqual(sourcesNow());
    expect(pictures.map((file) => file.replace(/\.png$/, "")).toSorted()).toEqual(Object.keys(sourcesNow()).toSorted());
  });

  it("shows the mail as it is", () => {
    const [mail] = snsMessages([EXAMPLES.denied]);
    expect(page).toContain(`Subject: ${mail?.subject}`);
    expect(page).toContain(mail?.text.slice(0, mail.text.lastIndexOf("\n\n")));
  });

  it("tells each type's severity", () => {
    for (const severity of ["high", "medium", "low"]) {
      const types = EVENT_TYPES.filter((type) => LOOKS[type].severity === severity).map((type) => `\`${type}\``);
      expect(page).toContain(`| ${severity} | `);
      const row = page.split("\n").find((line) => line.startsWith(`| ${severity} | `)) ?? "";
      expect(row.match(/`[^`]+`/g)?.toSorted()).toEqual(types.toSorted());
    }
  });
});

describe("docs/denied.md", () => {
  const denied = readFileSync(path.join(DOCS, "denied.md"), "utf8");

  it("shows a policy's name as the governor makes it", () => {
    const name = /policy\/bedrock-governor\/production\/deny\/(\S+)/.exec(denied)?.[1];
    const made = policyName(denySet(["anthropic.claude-opus-*"]), "any text", "ask-ml-platform");
    expect(name?.replace(/\w{20}$/, "")).toBe(made.replace(/\w{20}$/, ""));
  });

  it.each([
    "lifts at 00:00 Europe/Berlin",
    "lifts when usage is known and below the limit",
    "lifts when an operator resets it",
  ])("explains what a notice says: %s", (ends) => {
    expect(denied).toContain(`| ${ends} |`);
  });

  it("shows a picture that there is", () => {
    const shown = [...denied.matchAll(/images\/notices\/([\w-]+\.png)/g)].map(([, file]) => file);
    expect(shown).not.toEqual([]);
    expect(pictures).toEqual(expect.arrayContaining(shown));
  });
});
