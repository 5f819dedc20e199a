import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { chatMessages } from "@bedrock-governor/notices/chat";
import { notice } from "@bedrock-governor/notices/notice";
import { slackLetters } from "@bedrock-governor/notices/slack";
import { snsMessages } from "@bedrock-governor/notices/sns";
import { tellable } from "@bedrock-governor/notices/tellable";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { faultsOf } from "./block-kit.ts";
import { EXAMPLES, MANY } from "./examples.ts";

const FIELDS = [...Object.keys(EXAMPLES.denied), "change", "since", "toString", "__proto__"].filter(
  (field) => !["id", "time"].includes(field),
);
/** Events in whose fields, but for id and time, which come from the journal's key, stands just anything. */
const strangeEvents = fc
  .array(fc.dictionary(fc.constantFrom(...FIELDS), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }), {
    minLength: 1,
    maxLength: 14,
  })
  .map((some) => some.map((odd, n): GovernorEvent => ({ ...EXAMPLES.denied, ...odd, id: `${n}` })));

const idsOf = (events: readonly GovernorEvent[]) => events.map(({ id }) => id);

describe("an event that another version wrote", () => {
  it("is told as it is, if it can be", () => {
    for (const event of [...Object.values(EXAMPLES), ...MANY]) expect(tellable(event)).toBe(event);
  });

  it("is told with its type, its reason and its id if the type is not known", () => {
    const event = { ...EXAMPLES.denied, type: "Brand New" as never };
    const { look, headline, facts, footer } = notice(tellable(event));
    expect([look.title, headline]).toEqual(["Not known to this version", "Not known to this version: Brand New"]);
    expect(facts).toContainEqual({ label: "Why", words: event.reason });
    expect(footer).toContain(`event ${event.id}`);
  });

  it("can be told by every channel, once, whatever stands in it", () => {
    fc.assert(
      fc.property(strangeEvents, (events) => {
        const all = idsOf(events).toSorted();
        const letters = slackLetters(events);
        expect(letters.flatMap(({ message }) => faultsOf(message))).toEqual([]);
        expect(letters.flatMap((letter) => idsOf(letter.events)).toSorted()).toEqual(all);
        expect(
          snsMessages(events)
            .flatMap((message) => idsOf(message.events))
            .toSorted(),
        ).toEqual(all);
        expect(chatMessages(events)).toHaveLength(1);
      }),
      { numRuns: 300 },
    );
  });
});
