import { whichSeries } from "@bedrock-governor/aws/cloudwatch/which-series";
import { createLogsUsage } from "@bedrock-governor/aws/dynamodb/usage/logs-usage";
import { createResolver } from "@bedrock-governor/aws/dynamodb/usage/resolver";
import type { PriceRule } from "@bedrock-governor/core/limit/settings";
import { createPriceBook } from "@bedrock-governor/core/usage/price";
import { describe, expect, it } from "vitest";
import type { Around } from "../fake-dynamodb.ts";
import {
  amountsOf,
  ask,
  batchOf,
  DAY,
  HOUR,
  MINUTE,
  MONDAY,
  NOVA,
  OPUS,
  QUARTER,
  readAll,
  seen,
  setUp,
  used,
} from "./setup.ts";

const NOON = MONDAY + 12 * HOUR;
const day = { start: MONDAY, end: MONDAY + DAY };
const ALICE = `role/alice ${OPUS}`;
const ID = "abc123def456";
const PROFILE = `arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/${ID}`;
/** A call of the profile, as a meter keeps it that does not know it yet. */
const called = (at: number, change = {}) => used(at, { model: PROFILE, usd: 0, unpriced: 1, ...change });
/** 100 input tokens for $5.50 and 10 output tokens for $27.50 a million. */
const PRICE = 0.000825;

/** A table, and what is known of aliases and prices. */
function scene() {
  const world = setUp({ at: NOON });
  const known = new Map<string, string>();
  const state = { known, rules: [] as readonly PriceRule[], recalls: 0, broken: false };
  const recall = async () => {
    state.recalls++;
    if (state.broken) throw new Error("aliases are out of order");
    return new Map(known);
  };
  const now = () => world.clock.at;
  const reader = (around?: Around) =>
    createLogsUsage({
      ...world.process(around),
      resolver: createResolver({ aliases: { recall }, rules: () => state.rules, now }),
    });
  const keep = () => known.set(PROFILE, OPUS).set(ID, OPUS);
  return { ...world, state, keep, reader };
}

describe("calls of an application profile that was not known yet", () => {
  it("count as a model of their own without a price, and as the model behind it once that is known", async () => {
    const { writer, reader, keep, clock } = scene();
    const warm = reader();
    await writer().write(batchOf("new", called(NOON)));
    expect(await amountsOf(warm, "usd", day)).toEqual({ [`role/alice ${ID}`]: Number.NaN });

    keep();
    await writer().write(batchOf("known", used(NOON, { usd: PRICE })));
    clock.at += MINUTE;
    for (const port of [warm, reader()]) {
      const [reading, tokens] = await port.read([ask("usd", day), ask("totalTokens", day)]);
      expect([seen(reading), seen(tokens)]).toEqual([{ [ALICE]: 2 * PRICE }, { [ALICE]: 220 }]);
      expect(reading).not.toHaveProperty("table.gap");
    }
  });

  it("are the same sum whenever they are read: open, rolled up by the quarter and by the day, before and after a restart", async () => {
    const { writer, reader, rollUp, keep, clock } = scene();
    const warm = reader();
    for (let minute = 0; minute < 40; minute++) {
      const models = [
        called(clock.at),
        called(clock.at, { model: ID }),
        used(clock.at),
        used(clock.at, { model: NOVA }),
      ];
      await writer().write(batchOf(`b${minute}`, ...models));
      clock.at += MINUTE;
    }
    keep();
    const spans = [day, { start: MONDAY - 7 * DAY, end: MONDAY + 7 * DAY }];
    const expected = { [ALICE]: 40 * (0.01 + 2 * PRICE), [`role/alice ${NOVA}`]: 0.4 };
    for (const passed of [0, QUARTER, HOUR, DAY, 2 * DAY]) {
      clock.at += passed;
      await rollUp().run();
      for (const port of [warm, reader()]) {
        for (const { usd, invocations } of await readAll(port, spans)) {
          expect(usd).toEqual(mapped(expected, (amount) => expect.closeTo(amount, 9)));
          expect(invocations).toEqual({ [ALICE]: 120, [`role/alice ${NOVA}`]: 40 });
        }
      }
    }
  });

  it("count once when their batch is delivered again after the profile is known", async () => {
    const { writer, reader, keep } = scene();
    await writer().write(batchOf("b", called(NOON)));
    keep();
    await writer().write(batchOf("b", used(NOON, { usd: PRICE })));
    expect(await amountsOf(reader(), "invocations", day)).toEqual({ [ALICE]: 1 });
    expect(await amountsOf(reader(), "usd", day)).toEqual({ [ALICE]: PRICE });
  });

  it.each([PROFILE, ID])("cost what a rule for the region of %s says", async (model) => {
    const { writer, reader, state, keep } = scene();
    await writer().write(batchOf("b", called(NOON, { model })));
    keep();
    const price = { perMillion: { totalTokens: 1_000 } };
    state.rules = [{ name: "elsewhere", models: ["*"], region: "eu-west-1", price: { multiplier: 7 } }];
    expect(await amountsOf(reader(), "usd", day)).toEqual({ [ALICE]: PRICE });
    state.rules = [{ name: "here", models: [OPUS], region: "us-east-1", price }];
    expect(await amountsOf(reader(), "usd", day)).toEqual({ [ALICE]: 0.11 });
  });

  it("cost what they did when they were called, though the price changed within the span, whatever is rolled up", async () => {
    const { writer, reader, rollUp, state, clock } = scene();
    const model = "openai.gpt-5.6-sol";
    state.known.set(PROFILE, model);
    const changed = Date.UTC(2026, 7, 21);
    const counts = { ...called(0), inputTokens: 0, outputTokens: 1_000 };
    const cost = (at: number) => createPriceBook([]).priceOf(model)?.usd(counts, at) ?? Number.NaN;
    for (const at of [changed - HOUR, changed + HOUR]) {
      clock.at = at;
      await writer().write(batchOf(`b${at}`, called(at, { inputTokens: 0, outputTokens: 1_000 })));
    }
    expect(cost(changed - HOUR)).toBeGreaterThan(cost(changed + HOUR));
    for (const passed of [0, HOUR, 2 * DAY]) {
      clock.at += passed;
      await rollUp().run();
      const { [`role/alice ${model}`]: usd } = await amountsOf(reader(), "usd", {
        start: changed - 20 * DAY,
        end: changed + 10 * DAY,
      });
      expect(usd).toBeCloseTo(cost(changed - HOUR) + cost(changed + HOUR), 9);
    }
  });

  it("stay without a price where their model has none", async () => {
    const { writer, reader, state } = scene();
    await writer().write(batchOf("b", called(NOON)));
    state.known.set(PROFILE, "acme.unheard-of-v1:0");
    const [reading] = await reader().read([ask("usd", day)]);
    expect(reading).toMatchObject({ table: { gap: "the price of acme.unheard-of-v1:0 is not known" } });
  });

  it("leave usage unknown while nobody can say what they are, and known where there are none", async () => {
    const { writer, reader, state, clock } = scene();
    await writer().write(batchOf("before", used(NOON - HOUR)));
    await writer().write(batchOf("b", called(NOON)));
    state.broken = true;
    const port = reader();
    const spans = [day, { start: MONDAY, end: NOON }];
    const [all, morning] = await port.read(spans.map((span) => ask("usd", span)));
    expect(all).toMatchObject({ status: "unknown", why: expect.stringContaining("aliases are out of order") });
    expect(seen(morning)).toEqual({ [ALICE]: 0.01 });

    state.broken = false;
    clock.at += 1_000;
    expect(await amountsOf(port, "invocations", day)).toEqual({ [ALICE]: 1, [`role/alice ${ID}`]: 1 });
  });

  it("are one model, by the bare id that CloudWatch knows it by, however their meters kept them", async () => {
    const { writer, reader, rollUp, clock } = scene();
    const spellings = { regions: ["us-east-1"], catalogues: undefined, current: true, aliases: new Map() };
    const { series } = whichSeries(["*"], [{ region: "us-east-1", road: "runtime", id: ID }], spellings, false);
    expect(series.map(({ model }) => model)).toEqual([ID]);

    await writer().write(batchOf("b", called(NOON), called(NOON, { model: ID })));
    for (const passed of [0, HOUR, 2 * DAY]) {
      clock.at += passed;
      await rollUp().run();
      expect(await amountsOf(reader(), "invocations", day)).toEqual({ [`role/alice ${ID}`]: 2 });
    }
  });

  it("cost what a rule that names the id says, while nobody knows the model", async () => {
    const { writer, reader, state } = scene();
    state.rules = [{ name: "own", models: [ID], price: { perMillion: { totalTokens: 1_000 } } }];
    await writer().write(batchOf("b", called(NOON), called(NOON, { model: ID })));
    expect(await amountsOf(reader(), "usd", day)).toEqual({ [`role/alice ${ID}`]: 0.22 });
  });

  it("are priced by their model where only the bare id is known", async () => {
    const { writer, reader, state } = scene();
    state.known.set(ID, OPUS);
    await writer().write(batchOf("b", called(NOON)));
    expect(await amountsOf(reader(), "usd", day)).toEqual({ [ALICE]: PRICE });
  });

  it("are asked about once a minute, and nothing is where every call names its model", async () => {
    const { writer, reader, state, clock } = scene();
    const port = reader();
    const imported = used(NOON, { model: "imported-model/abc" });
    await writer().write(batchOf("named", used(NOON), imported));
    await amountsOf(port, "usd", day);
    expect(state.recalls).toBe(0);
    await writer().write(batchOf("new", called(NOON)));
    for (let second = 0; second < 90; second++) {
      await amountsOf(port, "usd", day);
      clock.at += 1_000;
    }
    expect(state.recalls).toBe(2);
  });
});

const mapped = (all: Record<string, number>, change: (amount: number) => unknown) =>
  Object.fromEntries(Object.entries(all).map(([key, amount]) => [key, change(amount)]));
