import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { type ChatNotification, chatMessages } from "@bedrock-governor/notices/chat";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryEvent, arbitraryEvents } from "./arbitrary-event.ts";
import { EXAMPLES, MANY } from "./examples.ts";

function one(events: readonly GovernorEvent[]): ChatNotification {
  const [message, ...others] = chatMessages(events);
  if (message === undefined || others.length > 0) throw new Error("not one notification");
  return message;
}

const threadOf = (event: GovernorEvent): string | undefined => one([event]).metadata.threadId;

describe("a notification for Amazon Q Developer", () => {
  it("is in its own format, with what to do as next steps", () => {
    expect(one([EXAMPLES["limit-invalid"]])).toEqual({
      version: "1.0",
      source: "custom",
      id: EXAMPLES["limit-invalid"].id,
      content: {
        textType: "client-markdown",
        title: "❌ Not valid: limit daily-spend",
        description: expect.stringContaining("What: limits/daily-spend: threshold: must be a number above 0"),
        nextSteps: ["write 100 without the quotes"],
        keywords: ["Limit Invalid", "daily-spend", "high", "production"],
      },
      metadata: { summary: "Not valid: limit daily-spend" },
    });
  });

  it("of a lift is in the thread of its deny, and the next deny begins another", () => {
    const { denied, lifted } = EXAMPLES;
    expect(threadOf(denied)).toBeDefined();
    expect(threadOf(lifted)).toBe(threadOf(denied));
    expect(threadOf({ ...denied, time: lifted.time })).not.toBe(threadOf(denied));
    expect(threadOf({ ...denied, time: lifted.time - 1, since: denied.time })).toBe(threadOf(denied));
    expect(threadOf({ ...denied, type: "Would Deny" })).not.toBe(threadOf(denied));
    expect(threadOf({ ...denied, principal: "role/other" })).not.toBe(threadOf(denied));
  });

  it("of an end of a failure is in the failure's thread", () => {
    const { failed, recovered } = EXAMPLES;
    expect(threadOf({ ...recovered, since: failed.time })).toBe(threadOf(failed));
    expect(threadOf(EXAMPLES["drift-over"])).toBe(threadOf(EXAMPLES.drift));
    expect(threadOf(EXAMPLES["bill-agrees"])).toBe(threadOf(EXAMPLES["bill-drift"]));
    expect(threadOf(EXAMPLES["usage-known"])).toBe(threadOf(EXAMPLES["usage-unknown"]));
  });

  it("of several events is one digest that counts all of them", () => {
    const { content, metadata } = one(MANY);
    expect(content.title).toBe("🗂️ 247 changes in stage production");
    expect(content.description).toContain(
      "⛔ 214 × Denied · limit `daily-spend` · `anthropic.claude-opus-*, anthropic.claude-sonnet-*` · such as",
    );
    expect(content.description).toMatch(/`role\/team-001, .* and \d+ more`/);
    expect(metadata.threadId).toBeUndefined();
  });

  it("is within the format's limits, whatever the events hold", () => {
    fc.assert(
      fc.property(arbitraryEvents, (events) => {
        for (const message of [...chatMessages(events), ...chatMessages(events.slice(0, 1))]) {
          expect(faultsOf(message)).toEqual([]);
        }
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });

  it("calls nobody and formats nothing that others wrote", () => {
    fc.assert(
      fc.property(arbitraryEvent, (event) => {
        const { content, metadata } = one([event]);
        const prose = [content.title, ...(content.nextSteps ?? []), ...content.keywords, metadata.summary];
        // In code nothing is markup but what ends it.
        const outside = content.description.split(/^```$/m).filter((_, index) => index % 2 === 0);
        const unquoted = outside.map((part) => part.replace(/`[^`\n]*`/g, ""));
        for (const text of [...prose, ...unquoted])
          expect(text).not.toMatch(/[*`[\]~\\|]|(?<![a-z0-9])_|_(?![a-z0-9])|:\/\//i);
        for (const text of [...prose, content.description]) expect(text).not.toMatch(/[<>]|&(?!(amp|lt|gt);)/);
      }),
      { numRuns: 300, endOnFailure: true },
    );
  });
});

function faultsOf({ content, metadata }: ChatNotification): readonly string[] {
  const lengths = [
    ["title", [content.title], 250],
    ["description", [content.description], 8_000],
    ["next step", content.nextSteps ?? [], 350],
    ["keyword", content.keywords, 75],
    ["summary", [metadata.summary], 250],
  ] as const;
  return lengths.flatMap(([what, texts, most]) =>
    texts.flatMap((text) => {
      if (text === "" || text.length > most) return [`${what} of ${text.length}`];
      return text.isWellFormed() && !/&(?!(amp|lt|gt);)/.test(text) ? [] : [`a cut letter or escape in ${what}`];
    }),
  );
}
