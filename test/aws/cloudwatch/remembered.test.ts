import type { Limit, Measure } from "@bedrock-governor/core/limit/limit";
import type { Period } from "@bedrock-governor/core/period/period";
import { createCalendar } from "@bedrock-governor/core/period/span-at";
import type { UsageQuery } from "@bedrock-governor/core/reconcile/ports";
import { usageNeeds } from "@bedrock-governor/core/reconcile/queries";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limit } from "../../support/limit.ts";
import { amounts, DAY, HOUR, MINUTE, NOVA, OPUS, setUp } from "./setup.ts";

const NOON = DAY + 12 * HOUR;
const DAY_MS = 24 * HOUR;
const IDS = [OPUS, `us.${OPUS}`, `global.${OPUS}`, NOVA, "acme.new-model-v1:0"] as const;
const MODEL = { [`us.${OPUS}`]: OPUS, [`global.${OPUS}`]: OPUS } as Readonly<Record<string, string>>;
const ZONES = ["UTC", "Asia/Kolkata", "Asia/Kathmandu", "America/St_Johns"] as const;

const period: fc.Arbitrary<Period> = fc.oneof(
  fc.record({
    kind: fc.constant("calendar" as const),
    unit: fc.constantFrom("hour" as const, "day" as const, "week" as const, "month" as const),
    timeZone: fc.constantFrom(...ZONES),
  }),
  fc
    .integer({ min: 5, max: 3000 })
    .map((minutes) => ({ kind: "rolling" as const, lengthMs: minutes * MINUTE, text: `PT${minutes}M` })),
);

const limits: fc.Arbitrary<readonly Limit[]> = fc
  .array(
    fc.record({
      period,
      measure: fc.constantFrom<Measure>("invocations", "inputTokens", "totalTokens"),
      models: fc.constantFrom<readonly string[]>(["*"], [OPUS], ["anthropic.*", NOVA]),
      threshold: fc.constantFrom(10, 1_000_000),
      perModel: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((some) =>
    some.map(({ perModel, ...one }, number) =>
      limit(`limit-${number}`, { ...one, source: "metrics", per: { principal: false, model: perModel } }),
    ),
  );

/** Minutes before and after noon; what is called after noon is called between two runs. */
const calls = fc.array(
  fc.record({
    id: fc.constantFrom(...IDS),
    minute: fc.oneof(fc.integer({ min: -14 * 24 * 60, max: 0 }), fc.integer({ min: -90, max: 30 })),
    tokens: fc.integer({ min: 1, max: 1000 }),
  }),
  { maxLength: 25 },
);

/** Each metric of a call is published by itself, minutes after it. */
const lateCalls = fc.array(
  fc.record({
    id: fc.constantFrom(...IDS),
    minute: fc.oneof(fc.integer({ min: -24 * 60, max: 0 }), fc.integer({ min: 0, max: 35 })),
    tokens: fc.integer({ min: 0, max: 1000 }),
    callDelay: fc.integer({ min: 1, max: 4 }),
    tokensDelay: fc.integer({ min: 1, max: 4 }),
  }),
  { maxLength: 25 },
);

/** What goes wrong in some minutes, or that there is no run. */
const troubles = fc.dictionary(
  fc.integer({ min: 0, max: 44 }).map(String),
  fc.constantFrom(...IDS, `Invocations ${OPUS}`, `InputTokenCount ${OPUS}`, "all", "no run"),
  { maxKeys: 15 },
);
const QUIET = 5;

describe("what is remembered between runs", () => {
  it("is, when all is quiet again, what was used: whatever limits ask, and however often", async () => {
    await fc.assert(
      fc.asyncProperty(limits, calls, fc.integer({ min: 1, max: 59_999 }), async (limits, calls, ms) => {
        const { spanAt } = createCalendar();
        const { cloud, state, port } = setUp({ limits });
        const left = calls.toSorted((a, b) => a.minute - b.minute);
        for (let minute = 0; minute <= 45; minute++) {
          state.now = NOON + minute * MINUTE + ms;
          for (let one = left[0]; one !== undefined && one.minute < minute; one = left[0]) {
            left.shift();
            const point = { dimensions: { ModelId: one.id }, at: NOON + one.minute * MINUTE + 30_000 };
            cloud.put(
              { ...point, metric: "Invocations", value: 1 },
              { ...point, metric: "InputTokenCount", value: one.tokens },
            );
          }
          const { queries } = usageNeeds(limits, [], state.now, spanAt, new Set());
          const readings = await port.read(queries);
          if (minute < 45) continue;
          for (const [place, { span, measure, models }] of queries.entries()) {
            const reading = readings[place];
            if (reading === undefined || span === undefined) throw new Error("no reading");
            const found = amounts(reading);
            for (const model of new Set([...IDS.map((id) => MODEL[id] ?? id), ...Object.keys(found)])) {
              const isNamed = models.includes("*") || model === OPUS || (model === NOVA && models.includes(NOVA));
              const query = { source: "metrics" as const, measure, models, span };
              const amount = found[model] ?? 0;
              expect(amount).toBeLessThanOrEqual(isNamed ? used(calls, query, model, minute) : 0);
              expect(amount).toBeGreaterThanOrEqual(isNamed ? used(calls, wholePoints(query), model, minute) : 0);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is what was used at every run after a pause, however long, and in every period that begins meanwhile", async () => {
    const pauses = fc.array(fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 20, max: 900 })), {
      minLength: 5,
      maxLength: 15,
    });
    const calls = fc.array(
      fc.record({
        id: fc.constantFrom(...IDS),
        minute: fc.oneof(fc.integer({ min: -14 * 24 * 60, max: 0 }), fc.integer({ min: 0, max: 4000 })),
        tokens: fc.integer({ min: 1, max: 1000 }),
      }),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(limits, calls, pauses, async (limits, calls, pauses) => {
        const { spanAt } = createCalendar();
        const { cloud, state, port } = setUp({ limits });
        const left = calls.toSorted((a, b) => a.minute - b.minute);
        let minute = 0;
        for (const pause of pauses) {
          minute += pause;
          state.now = NOON + minute * MINUTE + 10_000;
          for (let one = left[0]; one !== undefined && one.minute < minute; one = left[0]) {
            left.shift();
            const point = { dimensions: { ModelId: one.id }, at: NOON + one.minute * MINUTE + 30_000 };
            cloud.put(
              { ...point, metric: "Invocations", value: 1 },
              { ...point, metric: "InputTokenCount", value: one.tokens },
            );
          }
          const { queries } = usageNeeds(limits, [], state.now, spanAt, new Set());
          const readings = await port.read(queries);
          if (pause < QUIET) continue;
          for (const [place, query] of queries.entries()) {
            const reading = readings[place];
            if (reading === undefined) throw new Error("no reading");
            for (const [model, amount] of Object.entries(amounts(reading))) {
              expect(amount).toBeLessThanOrEqual(used(calls, query, model, minute - 1));
              expect(amount).toBeGreaterThanOrEqual(used(calls, wholePoints(query), model, minute - 1));
            }
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("is never more than was used, never older than five minutes, and in the end what a new process reads", async () => {
    await fc.assert(
      fc.asyncProperty(limits, lateCalls, troubles, async (limits, calls, troubles) => {
        const { spanAt } = createCalendar();
        const { cloud, state, port, start } = setUp({ limits });
        const left = calls.flatMap(({ id, minute, tokens, callDelay, tokensDelay }) => {
          const point = { dimensions: { ModelId: id }, at: NOON + minute * MINUTE + 30_000 };
          return [
            { visible: minute + callDelay, datum: { ...point, metric: "Invocations", value: 1 } },
            { visible: minute + tokensDelay, datum: { ...point, metric: "InputTokenCount", value: tokens } },
          ];
        });
        for (let minute = 0; minute <= 50; minute++) {
          state.now = NOON + minute * MINUTE + 10_000;
          for (const one of left.filter(({ visible }) => visible <= minute)) {
            cloud.put(one.datum);
            left.splice(left.indexOf(one), 1);
          }
          const trouble = troubles[minute];
          if (trouble === "no run") continue;
          cloud.statuses.clear();
          cloud.failing.clear();
          if (trouble === "all") cloud.failing.set("GetMetricData", "Throttling");
          else if (trouble !== undefined) cloud.statuses.set(trouble, "InternalError");
          const { queries } = usageNeeds(limits, [], state.now, spanAt, new Set());
          const readings = await port.read(queries);
          for (const [place, query] of queries.entries()) {
            const reading = readings[place];
            if (reading === undefined) throw new Error("no reading");
            for (const [model, amount] of Object.entries(amounts(reading))) {
              if (Number.isNaN(amount)) continue;
              expect(amount).toBeLessThanOrEqual(used(calls, query, model, minute));
              expect(amount).toBeGreaterThanOrEqual(used(calls, wholePoints(query), model, minute - QUIET, true));
            }
          }
          if (minute === 50) expect(readings.map(amounts)).toEqual((await start().read(queries)).map(amounts));
        }
      }),
      { numRuns: 100 },
    );
  });
});

interface Call {
  readonly id: string;
  readonly minute: number;
  readonly tokens: number;
  readonly callDelay?: number;
  readonly tokensDelay?: number;
}

/** The same without the first part of a point, which a rolling span of more than a day loses; any other begins with a point. */
function wholePoints(query: UsageQuery): UsageQuery {
  const { span } = query;
  if (span === undefined) return query;
  const length = span.end - span.start;
  const point = (length > 7 * DAY_MS ? 15 : length > DAY_MS ? 5 : 1) * MINUTE;
  return { ...query, span: { ...span, start: Math.ceil(span.start / point) * point } };
}

/** What was used of a model in the span of a query, by calls before a minute, or by calls of which all was published then. */
function used(
  calls: readonly Call[],
  { span, measure }: UsageQuery,
  model: string,
  minute: number,
  published = false,
): number {
  let sum = 0;
  for (const call of calls) {
    const at = NOON + call.minute * MINUTE;
    if ((MODEL[call.id] ?? call.id) !== model || span === undefined || at < span.start || at >= span.end) continue;
    const { callDelay = 0, tokensDelay = 0 } = call;
    if (call.minute + (published ? Math.max(callDelay, tokensDelay) : 0) > minute) continue;
    sum += measure === "invocations" ? 1 : call.tokens;
  }
  return sum;
}
