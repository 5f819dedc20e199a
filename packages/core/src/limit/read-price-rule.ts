import * as z from "zod";
import type { Measure } from "./limit.ts";
import type { Checked, Problem } from "./problem.ts";
import { type Rule, readShape } from "./read-shape.ts";
import type { PriceRule } from "./settings.ts";
import { between, object, patterns, ruled } from "./shape-parts.ts";

/** USD per million tokens; no model costs a thousandth of it. */
const HIGHEST_PRICE = 100_000;
const MUST_BE_PRICE = "must be a number of USD, at least 0 and at most 100,000";
const MUST_BE_REGION = "must be a region's name, such as eu-central-1";

const price = z.number(MUST_BE_PRICE).gte(0, MUST_BE_PRICE).lte(HIGHEST_PRICE, MUST_BE_PRICE).optional();

/** `totalTokens` has no price of its own, being the sum of four that have. */
const perMillion = object(
  { inputTokens: price, outputTokens: price, cacheReadTokens: price, cacheWriteTokens: price, images: price },
  "must be an object of prices: USD per million tokens, or per image, for each measure",
);

const schema = object(
  {
    models: patterns,
    region: ruled(MUST_BE_REGION, (text) =>
      /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/.test(text)
        ? undefined
        : { problem: MUST_BE_REGION, remedy: "write it as AWS does, or remove it" },
    ).optional(),
    perMillion: perMillion.optional(),
    multiplier: between(0, 10, "must be a factor above 0 and at most 10 on the built-in prices").optional(),
  },
  'must be an object in braces, as in { "models": ["anthropic.*"], "multiplier": 0.85 }',
);

const onePrice: Rule<typeof schema> = ({ perMillion }, written): readonly Problem[] => {
  const both = Object.hasOwn(written, "perMillion") && Object.hasOwn(written, "multiplier");
  const neither = !Object.hasOwn(written, "perMillion") && !Object.hasOwn(written, "multiplier");
  if (both) return [{ path: "", problem: "has both perMillion and multiplier", remedy: "keep one of the two" }];
  if (neither) {
    const remedy = 'add one, as in "multiplier": 0.85 or "perMillion": {"inputTokens":5,"outputTokens":25}';
    return [{ path: "", problem: "has no price: it needs perMillion or multiplier", remedy }];
  }
  if (perMillion === undefined || Object.keys(perMillion).length > 0) return [];
  return [
    { path: "perMillion", value: perMillion, problem: "holds no price", remedy: 'add one, as in "inputTokens": 5' },
  ];
};

/** Reads the JSON text of `/prices/<name>`. */
export function readPriceRule(name: string, text: string): Checked<PriceRule> {
  const written = readShape(name, text, schema, [onePrice]);
  if (!written.ok) return written;
  const { models, region, multiplier } = written.value;
  const price = multiplier === undefined ? { perMillion: pricesOf(written.value.perMillion ?? {}) } : { multiplier };
  return { ok: true, value: { name, models, ...(region !== undefined && { region }), price } };
}

function pricesOf(written: z.output<typeof perMillion>): Partial<Record<Measure, number>> {
  return Object.fromEntries(Object.entries(written).filter(([, amount]) => amount !== undefined));
}
