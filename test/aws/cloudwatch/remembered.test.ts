import type { Limit, Measure } from "@bedrock-governor/core/limit/limit";
import type { Period } from "@bedrock-governor/core/period/period";
import { createCalendar } from "@bedrock-governor/core/period/span-at";
import { usageNeeds } from "@bedrock-governor/core/reconcile/queries";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limit } from "../../support/limit.ts";
import { amounts, DAY, HOUR, MINUTE, NOVA, OPUS, setUp } from "./setup.ts";

const NOON = DAY + 12 * HOUR;
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
            const wanted: Record<string, number> = {};
            for (const one of calls) {
              const at = NOON + one.minute * MINUTE;
              const model = MODEL[one.id] ?? one.id;
              const isNamed = models.includes("*") || model === OPUS || (model === NOVA && models.includes(NOVA));
              if (!isNamed || at < span.start || at >= span.end) continue;
              wanted[model] = (wanted[model] ?? 0) + (measure === "invocations" ? 1 : one.tokens);
            }
            const found = Object.entries(amounts(reading)).filter(([, amount]) => amount !== 0);
            expect(Object.fromEntries(found)).toEqual(wanted);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
