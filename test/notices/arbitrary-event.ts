import { MEASURES } from "@bedrock-governor/core/limit/limit";
import { EVENT_TYPES, type GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import fc from "fast-check";

const NASTY = [
  "<!channel>",
  "<!here|here>",
  "<@U012AB3CD>",
  "<https://evil.example|click>",
  "@everyone",
  "&lt;!channel&gt;",
  "*bold* _it_ ~no~ `code` ```fence```",
  "[text](https://evil.example)",
  "\n\nWhat to do: pay\r\n",
  "\u202eevil\u202c",
  "\ud800",
  "\udc00x",
  "שלום עולם",
  "👩‍👩‍👧‍👦🏳️‍🌈",
  "e\u0301\u0301\u0301".repeat(40),
  "\u0000\u0007\ufffe",
  ":rotating_light:",
  '"\\"',
  "&&&&&&<<<<>>>>".repeat(20),
];

const letters = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 1, arbitrary: fc.constantFrom("a", "&", "<", "█", "👩‍👩‍👧‍👦", "\ud83d").map((one) => one.repeat(150)) },
);
const name = fc.array(letters, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(""));
const value = fc.oneof(
  name,
  fc.constantFrom("x", "&", "\n", "é").map((one) => one.repeat(4_096)),
  fc.dictionary(name, fc.jsonValue(), { maxKeys: 30 }).map((object) => JSON.stringify(object)),
);
const amount = fc.oneof(fc.double({ min: 0, max: 1e15, noNaN: true }), fc.constantFrom(0, 100, 1e-9));
const time = fc.integer({ min: 0, max: 4e12 });
const zone = fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kolkata");

const principal = fc.oneof(
  name.map((one) => `role/${one}`),
  fc.constantFrom("a", "_", "&").map((one) => `role/${one.repeat(150)}`),
);

/** Any event that the type admits, written by somebody who means harm. */
export const arbitraryEvent: fc.Arbitrary<GovernorEvent> = fc.record(
  {
    id: fc.uuid(),
    type: fc.constantFrom(...EVENT_TYPES),
    version: fc.constant(1 as const),
    time,
    stage: fc.oneof(fc.constant("production"), name),
    account: fc.constant("111122223333"),
    reason: value,
    limit: fc.oneof(fc.constantFrom("daily-spend", "opus-hourly"), name),
    owner: name,
    principal,
    models: fc.oneof(
      fc.array(name, { maxLength: 60 }),
      fc.constant(Array.from({ length: 60 }, (_, index) => `anthropic.claude-opus-4-${index}-v1`)),
    ),
    measure: fc.constantFrom(...MEASURES),
    usage: amount,
    threshold: amount,
    period: fc.record({ start: time, end: time, timeZone: zone }),
    step: fc.double({ min: 0.1, max: 1000, noNaN: true }),
    steps: fc.array(fc.record({ at: fc.double({ min: 0.1, max: 1000, noNaN: true }), denies: fc.boolean() }), {
      maxLength: 30,
    }),
    source: fc.constantFrom("metrics" as const, "logs" as const, "budget:<!channel>" as const),
    stillOpen: fc.array(name, { maxLength: 10 }),
    since: time,
    ends: value,
    change: fc.record({ old: value, new: value, by: name }, { requiredKeys: ["by"] }),
  },
  { requiredKeys: ["id", "type", "version", "time", "stage", "account", "reason"] },
);

/** Up to 500 of them, with ids of their own. */
export const arbitraryEvents: fc.Arbitrary<readonly GovernorEvent[]> = fc
  .oneof(
    { weight: 3, arbitrary: fc.array(arbitraryEvent, { maxLength: 40 }) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.array(arbitraryEvent, { minLength: 1, maxLength: 60 }), fc.integer({ min: 1, max: 500 }))
        .map(([some, count]) => Array.from({ length: count }, (_, index) => some[index % some.length] ?? [])),
    },
  )
  .map((events) => events.flat().map((event, index) => ({ ...event, id: `${index}-${event.id}` })));
