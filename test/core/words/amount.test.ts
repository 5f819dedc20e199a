import { MEASURES, type Measure } from "@bedrock-governor/core/limit/limit";
import { amount, exactAmount, usageOf } from "@bedrock-governor/core/words/amount";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("an amount", () => {
  it.each<[Measure, number, string]>([
    ["usd", 104.2, "$104.20"],
    ["usd", 100, "$100"],
    ["usd", 0, "$0"],
    ["usd", 0.5, "$0.50"],
    ["usd", 0.05, "$0.05"],
    ["usd", 0.0042, "$0.0042"],
    ["usd", 0.00000012, "$0.00000012"],
    ["usd", 1234567.891, "$1,234,567.89"],
    ["usd", -3.5, "-$3.50"],
    ["invocations", 1, "1 call"],
    ["invocations", 3, "3 calls"],
    ["invocations", 0, "0 calls"],
    ["images", 1, "1 image"],
    ["inputTokens", 1, "1 input token"],
    ["outputTokens", 12_345, "12,345 output tokens"],
    ["cacheReadTokens", 999_999, "999,999 cache read tokens"],
    ["cacheWriteTokens", 2_000_000, "2 M cache write tokens"],
    ["totalTokens", 2_010_345, "2.01 M tokens"],
    ["totalTokens", 104_234_567, "104 M tokens"],
    ["totalTokens", 999_999_999, "1 B tokens"],
    ["totalTokens", 3_456_000_000_000, "3.46 T tokens"],
  ])("of %s: %d is read as %s", (measure, n, text) => {
    expect(amount(measure, n)).toBe(text);
  });

  it.each<[Measure, number, string]>([
    ["totalTokens", 2_010_345, "2,010,345 tokens"],
    ["usd", 0.00123, "$0.00123"],
    ["usd", 1e-7, "$0.0000001"],
    ["usd", 1.25e-9, "$0.00000000125"],
    ["usd", 1234.5, "$1,234.50"],
    ["invocations", 1, "1 call"],
  ])("to the last digit of %s: %d is read as %s", (measure, n, text) => {
    expect(exactAmount(measure, n)).toBe(text);
  });

  it("to the last digit can be read back", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-15, max: 1e15, noNaN: true }), (n) => {
        expect(Number(exactAmount("usd", n).replace(/[$,]/g, ""))).toBe(n);
      }),
    );
  });
});

describe("usage of a threshold", () => {
  it.each<[Measure, number, number, string]>([
    ["usd", 104.2, 100, "$104.20 of $100"],
    ["usd", 99.999, 100, "$99.999 of $100"],
    ["usd", 100.004, 100, "$100.004 of $100"],
    ["usd", 100, 100, "$100 of $100"],
    ["totalTokens", 2_010_345, 2_000_000, "2.01 M of 2 M tokens"],
    ["totalTokens", 2_000_001, 2_000_000, "2,000,001 of 2,000,000 tokens"],
    ["totalTokens", 1_999_999, 2_000_000, "1,999,999 of 2,000,000 tokens"],
    ["inputTokens", 5_000_000, 1_234_567, "5,000,000 of 1,234,567 input tokens"],
    ["totalTokens", 950_000, 1_000_000, "950,000 of 1 M tokens"],
    ["invocations", 3, 1, "3 of 1 call"],
    ["invocations", 0, 50, "0 of 50 calls"],
    ["images", 12, 10, "12 of 10 images"],
  ])("in %s: %d of %d is read as %s", (measure, usage, threshold, text) => {
    expect(usageOf(measure, usage, threshold)).toBe(text);
  });

  it("shows the side of the step it is on", () => {
    expect(usageOf("usd", 80.004, 100, 80)).toBe("$80.004 of $100");
    expect(usageOf("usd", 79.996, 100, 80)).toBe("$79.996 of $100");
    expect(usageOf("totalTokens", 1_600_001, 2_000_000, 80)).toBe("1,600,001 of 2,000,000 tokens");
  });

  /** Reads what is shown as a person would. */
  const read = (text: string) => {
    const [, digits = "", unit = ""] = /^\$?([\d.,]+) ?([MBT]?)$/.exec(text) ?? [];
    return Number(digits.replaceAll(",", "")) * ({ M: 1e6, B: 1e9, T: 1e12 }[unit] ?? 1);
  };
  const pairs = fc.oneof(
    fc.tuple(fc.constantFrom(...MEASURES), fc.integer({ min: 1, max: 1e13 }), fc.integer({ min: 0, max: 1e13 })),
    fc
      .tuple(fc.constantFrom(...MEASURES), fc.integer({ min: 1, max: 1e13 }), fc.integer({ min: -2, max: 2 }))
      .map(([measure, threshold, away]) => [measure, threshold, Math.max(0, threshold + away)] as const),
    fc.tuple(
      fc.constant("usd" as const),
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
    ),
  );

  it("never reads as below when it is not, nor the other way round", () => {
    fc.assert(
      fc.property(pairs, ([measure, threshold, usage]) => {
        const [used = "", of = ""] = usageOf(measure, usage, threshold).split(" of ");
        const shown = read(used) - read(of.replace(/ [a-z ]+$/, ""));
        expect(Math.sign(shown)).toBe(Math.sign(usage - threshold));
      }),
      { numRuns: 2000 },
    );
  });
});
