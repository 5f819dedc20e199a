import { beginProgress } from "@bedrock-governor/aws/dynamodb/usage/marks";
import type { MeteredBatch } from "@bedrock-governor/aws/dynamodb/usage/metered-usage";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import { createCalendar } from "@bedrock-governor/core/period/span-at";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Around } from "../fake-dynamodb.ts";
import {
  ask,
  batchOf,
  DAY,
  HOUR,
  MINUTE,
  MONDAY,
  NOVA,
  naive,
  OPUS,
  QUARTER,
  readAll,
  seen,
  setUp,
  used,
} from "./setup.ts";

const METERS = 8;
/** So that some of it happens before and some after the end of a day. */
const START = MONDAY + 21 * HOUR;

const usage = fc.record({
  /** How long ago the call was when its batch is first delivered. */
  ago: fc.constantFrom(0, 0, MINUTE, 3 * MINUTE, QUARTER, HOUR, 5 * HOUR),
  principal: fc.constantFrom("role/alice", "role/bob", `user/${"long".repeat(30)}`),
  model: fc.constantFrom(OPUS, NOVA),
  inputTokens: fc.integer({ min: 0, max: 1_000_000 }),
  usd: fc.double({ min: 0, max: 5, noNaN: true }),
  unpriced: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1),
});

/** Some batches take more than one item. */
const batch = fc.oneof(
  { weight: 4, arbitrary: fc.array(usage, { minLength: 1, maxLength: 6 }) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(usage, fc.integer({ min: 40, max: 50 }))
      .map(([one, count]) =>
        Array.from({ length: count }, (_, number) => ({ ...one, principal: `role/${number}-${"x".repeat(60)}` })),
      ),
  },
);

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("deliver" as const), batch: fc.nat(), meter: fc.nat(METERS - 1) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("go on" as const), requests: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 40 * MINUTE }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("roll up" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("read" as const) }) },
);

/** Numbers in [0, 1) that a seed decides. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Holds every request of every process until it is its turn, which comes in a random order. */
function createTurns(random: () => number) {
  const waiting: (() => void)[] = [];
  const rest = () => new Promise((resolve) => setImmediate(resolve));
  const next = async () => {
    const [go] = waiting.splice(Math.floor(random() * waiting.length), 1);
    go?.();
    await rest();
  };
  return {
    turn: () => new Promise<void>((resolve) => void waiting.push(resolve)),
    async goOn(requests: number) {
      await rest();
      for (let left = requests; left > 0 && waiting.length > 0; left--) await next();
    },
  };
}

/** Requests that fail before or after they take effect, batches that are done in part, and processes that are killed. */
function trouble(random: () => number, turn: () => Promise<void>): Around {
  let killed = false;
  const fail = (chance: number, message: string) => {
    killed ||= random() < 0.02;
    if (killed || random() < chance) throw new Error(killed ? "killed" : message);
  };
  return {
    async before() {
      await turn();
      fail(0.03, "DynamoDB did not take it");
    },
    async after() {
      fail(0.03, "DynamoDB's answer was lost");
      await turn();
      fail(0, "");
    },
    getsTo: () => random() > 0.1,
  };
}

const calendar = createCalendar();
function spansAt(now: EpochMs): readonly Span[] {
  const units = ["hour", "day", "week", "month"] as const;
  const zones = ["Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"];
  const lengths = [5 * MINUTE, 7 * HOUR + MINUTE, DAY, 7 * DAY];
  return [
    ...units.flatMap((unit) => zones.map((timeZone) => calendar.spanAt({ kind: "calendar", unit, timeZone }, now))),
    ...lengths.map((lengthMs) => calendar.spanAt({ kind: "rolling", lengthMs, text: "" }, now)),
    // Since a reset, and up to it.
    { start: now - 100 * MINUTE, end: now },
    { start: now - DAY, end: now - 100 * MINUTE },
  ];
}

it("counts each batch once, whatever 8 meters and the roll-ups do at once, and whatever fails or is killed", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(batch, { minLength: 1, maxLength: 12 }),
      fc.array(step, { minLength: 20, maxLength: 80 }),
      fc.integer(),
      async (contents, steps, seed) => {
        const random = randomFrom(seed);
        const { table, clock, process, writer, rollUp, reader } = setUp({ at: START, pageItems: 3 });
        await beginProgress(process(), { quartersUpTo: START - QUARTER, daysUpTo: MONDAY });
        const { turn, goOn } = createTurns(random);
        const delivered = new Map<number, MeteredBatch>();
        const running: Promise<unknown>[] = [];
        const warm = reader();

        const deliver = (number: number) => {
          const content = contents[number] ?? [];
          const made = batchOf(`b${number}`, ...content.map(({ ago, ...change }) => used(clock.at - ago, change)));
          // Log events are the same whenever they are delivered.
          const one = delivered.get(number) ?? made;
          delivered.set(number, one);
          return { ...one, usage: shuffled(one.usage, random) };
        };
        /** Nobody may be seen to have used more than all that was ever delivered. */
        const neverMore = async () => {
          const span = { start: MONDAY - DAY, end: clock.at + HOUR };
          const [reading] = await warm.read([ask("inputTokens", span)]);
          const most = naive(delivered.values(), span).inputTokens;
          for (const [pair, amount] of Object.entries(seen(reading)))
            expect(amount).toBeLessThanOrEqual(most[pair] ?? 0);
        };

        for (const one of steps) {
          if (one.do === "deliver") {
            const process = writer(trouble(random, turn));
            running.push(process.write(deliver(one.batch % contents.length)).catch(() => undefined));
          } else if (one.do === "roll up")
            running.push(
              rollUp(trouble(random, turn))
                .run()
                .catch(() => undefined),
            );
          else if (one.do === "pass") clock.at += one.ms;
          else if (one.do === "read") await neverMore();
          else await goOn(one.requests);
        }
        await goOn(Number.POSITIVE_INFINITY);
        await Promise.all(running);
        // Lambda, or a person, delivers again what did not succeed; no one knows what did.
        for (const number of delivered.keys()) expect(await writer().write(deliver(number))).toEqual([]);
        const check = async () => {
          const spans = spansAt(clock.at);
          const expected = spans.map((span) => naive(delivered.values(), span));
          expect(await readAll(reader(), spans)).toEqual(expected);
          expect(await readAll(warm, spans)).toEqual(expected);
        };
        clock.at += 5 * MINUTE;
        await check();
        await rollUp().run();
        await check();
        clock.at += 6 * HOUR;
        await rollUp().run();
        table.expire(clock.at);
        await check();
      },
    ),
    { numRuns: 40 },
  );
}, 120_000);

function shuffled<T>(values: readonly T[], random: () => number): readonly T[] {
  return [...values]
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
