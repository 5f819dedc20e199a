import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { slackLetters } from "@bedrock-governor/notices/slack";
import { withoutBlocks } from "@bedrock-governor/notices/slack-message";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arbitraryEvent, arbitraryEvents } from "./arbitrary-event.ts";
import { faultsOf, read, texts } from "./block-kit.ts";
import { EXAMPLES, MANY } from "./examples.ts";

const slackMessages = (events: Parameters<typeof slackLetters>[0]) =>
  slackLetters(events).map(({ message }) => message);

function one(event: GovernorEvent) {
  const [message, ...others] = slackMessages([event]);
  if (message === undefined || others.length > 0) throw new Error("not one message");
  return message;
}

const lines = (event: GovernorEvent): readonly string[] => read(one(event)).split("\n");

describe("one event", () => {
  it("is a message that says who, what, how much, why, until when, what still works and what to do", () => {
    expect(lines(EXAMPLES.denied)).toEqual([
      "⛔ Denied: role/coding-agent",
      "Who: role/coding-agent",
      "Model: anthropic.claude-opus-*",
      "Why: reached 80 %: $81.35 of $100 today for role/coding-agent",
      "Usage: ",
      "████████████████▎░░░ 81 % of $100",
      "         ▲     ▲   ▲",
      "warns at 50 %; denies at 80 %, 100 %",
      "Until: lifts at 00:00 Europe/Berlin",
      "Still works: anthropic.claude-sonnet-*, anthropic.claude-haiku-*, amazon.nova-* and any model that this limit is not about",
      "What to do: use what still works, or wait. To open it sooner, ml-platform (#ask-ml) can raise the threshold of daily-spend, exempt role/coding-agent (a parameter under /bedrock-governor/production/exemptions/) or reset the limit",
      "Limit: daily-spend (counted by the invocation log, since 5 Jan 00:00 Europe/Berlin)",
      "Owner: ml-platform (#ask-ml)",
      expect.stringContaining("stage production · account 111122223333 · 5 Jan 11:32:05 Europe/Berlin · event "),
    ]);
  });

  it.each(Object.entries(EXAMPLES))("is within Slack's limits: %s", (_, event) => {
    expect(faultsOf(one(event))).toEqual([]);
  });

  it("looks different for each type", () => {
    const heads = new Map(Object.values(EXAMPLES).map((event) => [event.type, lines(event)[0]?.split(" ")[0]]));
    const alike = ["Would Deny", "Would Lift"] as const;
    expect(new Set(heads.values()).size).toBe(heads.size - alike.length + 1);
    expect(lines(EXAMPLES["would-deny"])[0]).toBe("👀 Would be denied: role/batch");
    expect(lines(EXAMPLES["would-lift"])[0]).toBe("👀 Would be lifted: role/batch");
    expect(lines(EXAMPLES["would-deny"])).toEqual(
      expect.arrayContaining([
        "Until: would lift at 00:00 Europe/Berlin",
        expect.stringMatching(/^Would still work: /),
        expect.stringMatching(/^What to do: nothing now: nobody is denied/),
      ]),
    );
  });

  it("says of a change what differs, from what to what, and who did it", () => {
    expect(lines(EXAMPLES["limit-changed"])).toEqual(
      expect.arrayContaining([
        "Changed: ",
        'principals: ["role/*"] → ["role/*","user/*"]',
        "threshold: 100 → 250",
        "By: arn:aws:iam::111122223333:user/ada",
      ]),
    );
    expect(read(one(EXAMPLES["mode-changed"]))).toContain("Changed: \nobserve → enforce");
  });

  it("names a parameter that is not a limit by its own name", () => {
    expect(lines(EXAMPLES["deny-removed"])[0]).toBe("📝 Removed: denies/load-test");
    const reason = "limits/daily-spend/threshold was changed from 100 to 150 by user/ada";
    const tuned = { ...EXAMPLES["limit-changed"], reason, change: { old: "100", new: "150", by: "user/ada" } };
    expect(lines(tuned)[0]).toBe("📝 Changed: limits/daily-spend/threshold");
  });

  it("tells what to do about a limit that is not valid, with what holds instead", () => {
    expect(lines(EXAMPLES["limit-invalid"])).toEqual(
      expect.arrayContaining([
        "❌ Not valid: limit daily-spend",
        expect.stringMatching(/^What: .*stays in force, as it has since 2 Jan 09:14 UTC$/),
        "What to do: write 100 without the quotes",
      ]),
    );
  });

  it("is told in its text alone too, for phones and for when blocks are refused", () => {
    const { text } = withoutBlocks(one(EXAMPLES.denied));
    expect(text).toContain("⛔ Denied: role/coding-agent");
    expect(text).toContain("lifts at 00:00 Europe/Berlin");
  });

  it("can be told when it holds nothing but what every event has", () => {
    for (const { id, version, time, stage, account, reason, type } of Object.values(EXAMPLES)) {
      expect(faultsOf(one({ id, version, time, stage, account, reason, type }))).toEqual([]);
      expect(faultsOf(one({ id: "", version, time, stage: "", account: "", reason: "", type, principal: "" }))).toEqual(
        [],
      );
    }
  });

  it("keeps the beginning and the end of a name that is too long", () => {
    const message = one({ ...EXAMPLES.denied, principal: `role/${"x".repeat(300)}-of-batch` });
    expect(texts(message.blocks?.[0])[0]).toMatch(/^⛔ Denied: role\/x+…x+-of-batch$/);
  });
});

describe("several events", () => {
  it("are one digest by type, limit, models and reason, each with its count and as many names as fit", () => {
    const messages = slackMessages(MANY);
    expect(messages).toHaveLength(1);
    const said = messages.map(read).join("\n").split("\n");
    expect(said).toEqual(
      expect.arrayContaining([
        "🗂️ 247 changes in stage production",
        "⛔ 214 × Denied · 🚨 1 × Failed · 🎚️ 1 × Mode changed · ✅ 31 × Lifted",
        "⛔ 214 × Denied · limit daily-spend · anthropic.claude-opus-*, anthropic.claude-sonnet-*",
        expect.stringMatching(/^role\/team-001, role\/team-002, .* and \d+ more$/),
        "✅ 31 × Lifted · limit nightly-batch · anthropic.claude-opus-*",
      ]),
    );
    expect(said.at(-1)).toContain("/bedrock-governor/production/events");
  });

  it("of one kind do not split because their figures differ", () => {
    const two = [
      EXAMPLES.denied,
      { ...EXAMPLES.denied, principal: "role/b", reason: "$1.2 M of $100 today for role/b" },
    ];
    expect(counts(slackMessages(two)).groups).toEqual([1, 1]);
    const alike = [EXAMPLES.denied, { ...EXAMPLES.denied, reason: EXAMPLES.denied.reason.replace("81.35", "99.1") }];
    expect(counts(slackMessages(alike)).groups).toEqual([2]);
  });

  it("of 500 changes are at most three messages that count all of them", () => {
    const many = Array.from({ length: 500 }, (_, index) => ({
      ...EXAMPLES.denied,
      id: `${index}`,
      limit: `limit-${index}`,
      principal: `role/${"n".repeat(140)}${index}`,
    }));
    const messages = slackMessages(many);
    expect(messages).toHaveLength(3);
    expect(messages.flatMap(faultsOf)).toEqual([]);
    const { groups, rest } = counts(messages);
    expect(groups).toHaveLength(45);
    expect(rest).toBe(455);
  });
});

describe("whatever the events hold", () => {
  it("a message is within Slack's limits and calls nobody", () => {
    fc.assert(
      fc.property(arbitraryEvent, (event) => {
        expect(slackMessages([event]).flatMap(faultsOf)).toEqual([]);
      }),
      { numRuns: 300, endOnFailure: true },
    );
  });

  it("a digest is at most three such messages, and counts every event", () => {
    fc.assert(
      fc.property(arbitraryEvents, (events) => {
        const letters = slackLetters(events);
        const messages = letters.map(({ message }) => message);
        // One that is not told can be told again without telling another twice.
        const told = letters.flatMap((letter) => letter.events.map(({ id }) => id));
        expect(told.toSorted()).toEqual(events.map(({ id }) => id).toSorted());
        expect(messages.length).toBeLessThanOrEqual(3);
        expect(messages.flatMap(faultsOf)).toEqual([]);
        if (events.length < 2) return;
        const { groups, rest } = counts(messages);
        expect(groups.reduce((sum, count) => sum + count, 0) + rest).toBe(events.length);
      }),
      { numRuns: 100, endOnFailure: true },
    );
  });
});

/** What a digest's own bold words count: each group, and what there was no room for. */
function counts(messages: ReturnType<typeof slackMessages>) {
  const bold = messages.flatMap(({ blocks = [] }) =>
    blocks.flatMap((block) =>
      block.type !== "rich_text"
        ? []
        : block.elements.flatMap((part) =>
            part.type !== "rich_text_section"
              ? []
              : part.elements.flatMap((element) =>
                  element.type === "text" && element.style?.bold ? [element.text] : [],
                ),
          ),
    ),
  );
  const numbers = (form: RegExp) => bold.flatMap((text) => form.exec(text)?.[1] ?? []).map(Number);
  return { groups: numbers(/^\S+ (\d+) × /u), rest: numbers(/^and (\d+) more: $/)[0] ?? 0 };
}
