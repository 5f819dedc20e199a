import type { PriceRule } from "@bedrock-governor/core/limit/settings";
import type { Catalogue } from "@bedrock-governor/core/model/catalogue";
import { type Counts, createPriceBook } from "@bedrock-governor/core/usage/price";
import { calcPrice, findProvider } from "@pydantic/genai-prices";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const JANUARY = Date.parse("2026-01-05");
const SEPTEMBER = Date.parse("2026-09-01");
const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";
const HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0";
const NOTHING: Counts = {
  invocations: 1,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  images: 0,
};
const MILLION = 1_000_000;

const listed = createPriceBook([]);
const perMillion = (spelling: string, measure: keyof Counts, at = JANUARY) =>
  listed.priceOf(spelling)?.usd({ ...NOTHING, [measure]: MILLION }, at);

const rule = (name: string, price: PriceRule["price"], rest: Partial<PriceRule> = {}): PriceRule => ({
  name,
  models: ["*"],
  price,
  ...rest,
});

describe("list prices, in dollars per million tokens", () => {
  it.each<[string, number, number, number, number]>([
    [OPUS, 5.5, 27.5, 0.55, 6.875],
    [`us.${OPUS}`, 5.5, 27.5, 0.55, 6.875],
    [`global.${OPUS}`, 5, 25, 0.5, 6.25],
    ["anthropic.claude-opus-4-5", 5.5, 27.5, 0.55, 6.875],
    [`arn:aws:bedrock:us-east-1::foundation-model/${OPUS}`, 5.5, 27.5, 0.55, 6.875],
    [`arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.${OPUS}`, 5, 25, 0.5, 6.25],
    ["anthropic.claude-sonnet-4-20250514-v1:0", 3, 15, 0.3, 3.75],
    ["anthropic.claude-3-5-sonnet-20241022-v2:0", 3, 15, 0.3, 3.75],
  ])("%s", (spelling, input, output, cacheRead, cacheWrite) => {
    expect(perMillion(spelling, "inputTokens")).toBeCloseTo(input, 12);
    expect(perMillion(spelling, "outputTokens")).toBeCloseTo(output, 12);
    expect(perMillion(spelling, "cacheReadTokens")).toBeCloseTo(cacheRead, 12);
    expect(perMillion(spelling, "cacheWriteTokens")).toBeCloseTo(cacheWrite, 12);
  });

  it.each([
    ["amazon.titan-embed-text-v2:0", "the table knows version 1 only"],
    ["claude-opus-4-8", "it is no Bedrock id"],
    ["anthropic.claude-sonnet-5-5-v1:0", "the table knows Sonnet 5"],
    ["global.anthropic.claude-3-5-haiku-20241022-v1:0", "the table has no global price for it"],
    ["amazon.nova-2-lite-v1:0", "the table has prices by profile only"],
    ["amazon.nova-sonic-v1:0", "speech and text cost differently and are counted as one"],
    ["amazon.nova-canvas-v1:0", "the table has no images"],
    ["cohere.embed-v4:0", "the table has no such model"],
    ["imported-model/abc123", "it is the operator's own"],
    [
      "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123",
      "only the catalogue knows its model",
    ],
    ["", "it is empty"],
  ])("are unknown for %s: %s", (spelling) => {
    expect(listed.priceOf(spelling)).toBeUndefined();
  });

  it("stay known under every minor version of a model", () => {
    expect(perMillion("amazon.nova-pro-v1:0:300k", "inputTokens")).toBeCloseTo(0.8, 12);
    expect(perMillion("nvidia.nemotron-nano-3-30b", "inputTokens")).toBeCloseTo(0.06, 12);
  });

  it("charge cache writes as input where only cache reads have a price of their own", () => {
    expect(perMillion("amazon.nova-pro-v1:0", "cacheReadTokens")).toBeCloseTo(0.2, 12);
    expect(perMillion("amazon.nova-pro-v1:0", "cacheWriteTokens")).toBeCloseTo(0.8, 12);
  });

  it.each<[string, keyof Counts]>([
    ["meta.llama3-3-70b-instruct-v1:0", "cacheReadTokens"],
    ["meta.llama3-3-70b-instruct-v1:0", "cacheWriteTokens"],
    ["amazon.titan-embed-text-v1", "outputTokens"],
    [OPUS, "images"],
  ])("make dollars unknown when %s uses what has no price: %s", (spelling, measure) => {
    expect(perMillion(spelling, "inputTokens")).toBeGreaterThan(0);
    expect(perMillion(spelling, measure)).toBeUndefined();
  });

  it("make nothing cost nothing", () => {
    expect(listed.priceOf(OPUS)?.usd(NOTHING, JANUARY)).toBe(0);
  });

  it("follow the date of the call", () => {
    const before = Date.parse("2026-08-20T23:59:59.999Z");
    const usd = (at: number) => listed.priceOf("openai.gpt-5.6-sol")?.usd({ ...NOTHING, outputTokens: MILLION }, at);
    expect(usd(before)).toBeCloseTo(33, 12);
    expect(usd(before + 1)).toBeCloseTo(22, 12);
  });

  describe("with a dearer tier for long requests", () => {
    const usd = (inputTokens: number, invocations: number) =>
      listed.priceOf("openai.gpt-5.6-sol")?.usd({ ...NOTHING, inputTokens, invocations }, SEPTEMBER);

    it("charge a request by its size", () => {
      expect(usd(271_999, 1)).toBeCloseTo((4.4 * 271_999) / MILLION, 12);
      expect(usd(272_000, 1)).toBeCloseTo((8.8 * 272_000) / MILLION, 12);
    });

    it("are unknown for a sum that may or may not hold a long request", () => {
      expect(usd(271_999, 3)).toBeCloseTo((4.4 * 271_999) / MILLION, 12);
      expect(usd(10 * MILLION, 400)).toBeUndefined();
    });
  });

  const MODELS = [
    OPUS,
    `us.${OPUS}`,
    `global.${OPUS}`,
    `eu.${HAIKU}`,
    `global.${HAIKU}`,
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "global.anthropic.claude-sonnet-4-6-v1:0",
    "us.anthropic.claude-opus-4-1-20250805-v1:0",
    "jp.anthropic.claude-opus-4-7-v1:0",
    "anthropic.claude-opus-5-v1:0",
    "global.anthropic.claude-opus-5-5",
    "us.anthropic.claude-sonnet-5",
    "us.amazon.nova-2-lite-v1:0",
    "amazon.nova-pro-v1:0",
    "amazon.nova-micro-v1:0",
    "us.openai.gpt-5.6-sol",
    "global.openai.gpt-5.6-luna",
    "openai.gpt-5.5",
  ];
  const count = fc.integer({ min: 0, max: 400_000 });

  it("are those of the table, whatever was used", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...MODELS),
        fc.record({ inputTokens: count, outputTokens: count, cacheReadTokens: count, cacheWriteTokens: count }),
        fc.constantFrom(JANUARY, SEPTEMBER),
        (model, tokens, at) => {
          const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = tokens;
          const expected = calcPrice(
            {
              input_tokens: inputTokens + cacheReadTokens + cacheWriteTokens,
              output_tokens: outputTokens,
              cache_read_tokens: cacheReadTokens,
              cache_write_tokens: cacheWriteTokens,
            },
            model,
            { providerId: "aws", timestamp: new Date(at) },
          );
          expect(listed.priceOf(model)?.usd({ ...NOTHING, ...tokens }, at)).toBeCloseTo(
            expected?.total_price ?? Number.NaN,
            9,
          );
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("cover every entry of the table but those that price speech", () => {
    const entries = findProvider({ providerId: "aws" })?.models.map(({ id }) => id.replace("regional.", "us.")) ?? [];
    expect(entries.length).toBeGreaterThan(90);
    expect(entries.filter((id) => listed.priceOf(id) === undefined)).toEqual([
      "amazon.nova-2-sonic-v1:0",
      "amazon.nova-sonic-v1:0",
    ]);
  });

  it("never grow smaller with more use", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...MODELS),
        fc.constantFrom("inputTokens", "outputTokens"),
        count,
        count,
        (model, measure, a, b) => {
          const usd = (n: number) => listed.priceOf(model)?.usd({ ...NOTHING, [measure]: n }, SEPTEMBER) ?? Number.NaN;
          expect(usd(a + b)).toBeGreaterThanOrEqual(usd(a));
        },
      ),
    );
  });
});

describe("a price rule", () => {
  const usd = (rules: readonly PriceRule[], counts: Partial<Counts>, spelling = OPUS, region?: string) =>
    createPriceBook(rules)
      .priceOf(spelling, region)
      ?.usd({ ...NOTHING, ...counts }, JANUARY);

  it("prices a model that the table does not know", () => {
    const rules = [rule("titan", { perMillion: { inputTokens: 0.02 } }, { models: ["amazon.titan-embed-*"] })];
    expect(usd(rules, { inputTokens: MILLION }, "amazon.titan-embed-text-v2:0")).toBeCloseTo(0.02, 12);
    expect(usd(rules, { outputTokens: 1 }, "amazon.titan-embed-text-v2:0")).toBeUndefined();
  });

  it("comes before the table, which still prices what the rule does not name", () => {
    const rules = [rule("negotiated", { perMillion: { inputTokens: 4 } })];
    expect(usd(rules, { inputTokens: MILLION })).toBeCloseTo(4, 12);
    expect(usd(rules, { outputTokens: MILLION })).toBeCloseTo(27.5, 12);
  });

  it("may name one rate for tokens of every kind, and better ones for some", () => {
    const rules = [rule("flat", { perMillion: { totalTokens: 2, cacheReadTokens: 0 } })];
    expect(usd(rules, { inputTokens: MILLION, outputTokens: MILLION, cacheReadTokens: MILLION })).toBeCloseTo(4, 12);
  });

  it("prices images one by one and calls by the million", () => {
    const rules = [rule("canvas", { perMillion: { images: 0.04, invocations: 10, inputTokens: 0 } })];
    expect(usd(rules, { images: 3, invocations: 2, inputTokens: 77 }, "amazon.nova-canvas-v1:0")).toBeCloseTo(
      0.12002,
      12,
    );
  });

  it("multiplies list prices, and leaves what is unknown unknown", () => {
    const rules = [rule("discount", { multiplier: 0.8 })];
    expect(usd(rules, { inputTokens: MILLION, outputTokens: MILLION })).toBeCloseTo(0.8 * 33, 12);
    expect(usd(rules, { inputTokens: MILLION }, `global.${OPUS}`)).toBeCloseTo(4, 12);
    expect(usd(rules, { inputTokens: 1 }, "cohere.embed-v4:0")).toBeUndefined();
    expect(usd(rules, { images: 1 })).toBeUndefined();
  });

  it("is the first in the order of names that matches, whatever the order they are read in", () => {
    const rules = ["a", "b", "c"].map((name, i) => rule(name, { perMillion: { totalTokens: i + 1 } }));
    fc.assert(
      fc.property(fc.shuffledSubarray(rules, { minLength: 3 }), (shuffled) => {
        expect(usd(shuffled, { inputTokens: MILLION })).toBe(1);
      }),
    );
  });

  it("holds in its region only, and not where the region is not known", () => {
    const rules = [rule("frankfurt", { multiplier: 2 }, { region: "eu-central-1" })];
    expect(usd(rules, { inputTokens: MILLION }, OPUS, "eu-central-1")).toBeCloseTo(11, 12);
    expect(usd(rules, { inputTokens: MILLION }, OPUS, "us-east-1")).toBeCloseTo(5.5, 12);
    expect(usd(rules, { inputTokens: MILLION }, OPUS)).toBeCloseTo(5.5, 12);
  });

  it("names models by their canonical id, however they are called", () => {
    const rules = [rule("opus", { perMillion: { inputTokens: 1 } }, { models: [OPUS] })];
    for (const spelling of [OPUS, `us.${OPUS}`, `arn:aws:bedrock:us-east-1::foundation-model/${OPUS}`]) {
      expect(usd(rules, { inputTokens: MILLION }, spelling)).toBe(1);
    }
    expect(usd(rules, { inputTokens: MILLION }, HAIKU)).toBeCloseTo(1.1, 12);
  });
});

describe("a spelling that only the catalogue knows", () => {
  const arn = (resource: string) => `arn:aws:bedrock:us-east-1:123456789012:${resource}`;
  const catalogue: Catalogue = {
    models: [OPUS],
    aliases: new Map([
      [arn("application-inference-profile/team"), OPUS],
      ["team", OPUS],
      [arn("provisioned-model/pt"), OPUS],
      [arn("custom-model-deployment/cmd"), OPUS],
    ]),
    otherArns: new Map(),
  };
  const usd = (spelling: string, rules: readonly PriceRule[] = []) =>
    createPriceBook(rules, catalogue)
      .priceOf(spelling)
      ?.usd({ ...NOTHING, inputTokens: MILLION }, JANUARY);

  it("costs what its model costs in one geography, if it is an application profile", () => {
    expect(usd(arn("application-inference-profile/team"))).toBeCloseTo(5.5, 12);
    expect(usd("team")).toBeCloseTo(5.5, 12);
    expect(usd(arn("application-inference-profile/other"))).toBeUndefined();
  });

  it("has no list price if it is paid by the hour, but may have a rule", () => {
    expect(usd(arn("provisioned-model/pt"))).toBeUndefined();
    expect(usd(arn("custom-model-deployment/cmd"))).toBeUndefined();
    expect(usd(arn("provisioned-model/pt"), [rule("pt", { perMillion: { totalTokens: 0 } })])).toBe(0);
  });
});
