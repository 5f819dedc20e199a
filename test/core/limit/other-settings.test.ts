import { readExemption } from "@bedrock-governor/core/limit/read-exemption";
import { readManualDeny } from "@bedrock-governor/core/limit/read-manual-deny";
import { readMaxNewDenies, readThreshold } from "@bedrock-governor/core/limit/read-number";
import { readPriceRule } from "@bedrock-governor/core/limit/read-price-rule";
import { readReset } from "@bedrock-governor/core/limit/read-reset";
import { readMode, readPlanApproved } from "@bedrock-governor/core/limit/read-word";
import { describe, expect, it } from "vitest";
import { limit, sentences, valid } from "./written-limit.ts";

const BY = { principals: ["role/batch"], reason: "quarterly report" };

describe("an exemption", () => {
  const exemption = (changes: object) =>
    readExemption("report", JSON.stringify({ ...BY, until: "2026-03-31T18:00:00+02:00", ...changes }));

  it("has an end and a reason; everything else narrows it", () => {
    expect(valid(exemption({}))).toEqual({ name: "report", ...BY, until: Date.UTC(2026, 2, 31, 16) });
    const narrow = { limits: ["opus-daily"], models: ["anthropic.*"], upTo: 200 };
    const from = "2026-03-01T00:00Z";
    expect(valid(exemption({ ...narrow, from }))).toMatchObject({ ...narrow, from: Date.UTC(2026, 2, 1) });
  });

  it.each([
    [
      "a date without a time",
      { until: "2026-03-31" },
      /until = "2026-03-31" must be a date and time with an offset or Z/,
    ],
    [
      "a time without an offset",
      { until: "2026-03-31T18:00" },
      /with an offset or Z .*; write it as in "2026-03-31T18:00:00\+02:00"/,
    ],
    ["a day that does not exist", { until: "2026-02-30T00:00Z" }, /must be a date and time/],
    ["an end before its beginning", { from: "2026-04-01T00:00Z" }, /until = .* must be after from/],
    ["no end", { until: undefined }, /until is missing: it must be a date and time/],
    ["no reason", { reason: " " }, /reason = " " must say in a few words why/],
    ["no principals", { principals: [] }, /principals = \[\] must be a list of at least one principal/],
    ["a principal of no kind", { principals: ["batch"] }, /write "role\/batch" or "user\/batch"/],
    ["a prefixed model", { models: ["eu.amazon.*"] }, /write "amazon\.\*"/],
    ["an impossible limit", { limits: ["a b"] }, /limits\[0\] = "a b" is no valid name/],
    ["no limits", { limits: [] }, /limits = \[\] must be a list/],
    ["0 percent", { upTo: 0 }, /upTo = 0 must be a number of percent above 0 and at most 1000/],
    ["a misspelt key", { untill: 1 }, /untill = 1 is no key known here; rename it to until/],
  ])("with %s is refused", (_, changes, sentence) =>
    expect(sentences(exemption(changes))).toEqual([expect.stringMatching(sentence)]),
  );
});

describe("a deny by hand", () => {
  const deny = (changes: object) => readManualDeny("leak", JSON.stringify({ ...BY, models: ["*"], ...changes }));

  it("needs no end", () => {
    expect(valid(deny({}))).toEqual({ name: "leak", ...BY, models: ["*"] });
    expect(valid(deny({ until: "2026-01-01T01:00+01:00" })).until).toBe(Date.UTC(2026, 0, 1));
  });
  it("names models and a reason", () => {
    expect(sentences(deny({ models: undefined, reason: undefined }))).toHaveLength(2);
  });
});

describe("a reset", () => {
  const reset = (changes: object) =>
    readReset("again", JSON.stringify({ limit: "opus-daily", at: "2026-01-05T12:00Z", reason: "paid", ...changes }));

  it("is for every key of the limit unless it names some", () => {
    expect(valid(reset({}))).toEqual({
      name: "again",
      limit: "opus-daily",
      at: Date.UTC(2026, 0, 5, 12),
      reason: "paid",
    });
    const keys = [
      { principal: "role/batch" },
      { model: "anthropic.*" },
      { principal: "user/ci", model: "amazon.nova-pro-v1:0" },
    ];
    expect(valid(reset({ keys })).keys).toEqual(keys);
  });
  it.each([
    ["no keys", { keys: [] }, /keys = \[\] must be a list of at least one key/],
    ["a key that names nothing", { keys: [{}] }, /keys\[0\] = {} names nothing/],
    [
      "a key with a misspelling",
      { keys: [{ principals: "user/ci" }] },
      /keys\[0\]\.principals = "user\/ci" is no key known here; rename it to principal/,
    ],
    ["no limit", { limit: undefined }, /limit is missing/],
  ])("with %s is refused", (_, changes, sentence) =>
    expect(sentences(reset(changes))).toEqual([expect.stringMatching(sentence)]),
  );
});

describe("a price", () => {
  const price = (changes: object) => readPriceRule("ours", JSON.stringify({ models: ["anthropic.*"], ...changes }));

  it("is USD per million tokens of each measure, or a factor on the built-in table", () => {
    const perMillion = { inputTokens: 5, outputTokens: 25, cacheReadTokens: 0 };
    expect(valid(price({ perMillion })).price).toEqual({ perMillion });
    expect(valid(price({ multiplier: 0.85, region: "eu-central-1" }))).toEqual({
      name: "ours",
      models: ["anthropic.*"],
      region: "eu-central-1",
      price: { multiplier: 0.85 },
    });
  });
  it.each([
    ["none", {}, /^it has no price: it needs perMillion or multiplier/],
    ["both", { perMillion: { images: 1 }, multiplier: 1 }, /^it has both perMillion and multiplier; keep one/],
    ["nothing in it", { perMillion: {} }, /perMillion = {} holds no price/],
    [
      "a negative amount",
      { perMillion: { inputTokens: -1 } },
      /perMillion\.inputTokens = -1 must be a number of USD, at least 0/,
    ],
    [
      "a sum that has no price of its own",
      { perMillion: { totalTokens: 1 } },
      /perMillion\.totalTokens = 1 is no key known here/,
    ],
    [
      "a factor of 0, which would make everything free",
      { multiplier: 0 },
      /multiplier = 0 must be a factor above 0 and at most 10/,
    ],
    ["a region that is none", { multiplier: 1, region: "Frankfurt" }, /region = "Frankfurt" must be a region's name/],
  ])("with %s is refused", (_, changes, sentence) =>
    expect(sentences(price(changes))).toEqual([expect.stringMatching(sentence)]),
  );
});

describe("the mode", () => {
  it.each(["observe", "enforce", "paused"])("%s is written with or without quotes", (mode) => {
    expect(valid(readMode(mode))).toBe(mode);
    expect(valid(readMode(`"${mode}"\n`))).toBe(mode);
  });
  it.each([
    ["Enforce", /not "Enforce"; write enforce/],
    ["pause", /write paused/],
    ["", /not ""; write observe/],
    ["off", /write observe/],
  ])("%j is refused", (text, sentence) => expect(sentences(readMode(text))).toEqual([expect.stringMatching(sentence)]));
});

it("the approval of a plan is the plan's id", () => {
  expect(valid(readPlanApproved("3f9a-b2\n"))).toBe("3f9a-b2");
  expect(sentences(readPlanApproved("yes please"))).toEqual([expect.stringContaining("must be the id of a held plan")]);
});

describe("how many may be denied at once", () => {
  it.each([
    ["0", 0],
    ["25", 25],
    [" 1e3\n", 1_000],
  ])("%j", (text, expected) => expect(valid(readMaxNewDenies(text))).toBe(expected));
  it.each(["-1", "2.5", '"25"', "many", "", "null", "[25]", "1e9"])("%j is refused", (text) =>
    expect(sentences(readMaxNewDenies(text))).toEqual([
      expect.stringContaining("must be a whole number from 0 to 100,000, not "),
    ]),
  );
});

describe("a delegated threshold", () => {
  const bounded = limit({ bounds: { min: 20, max: 300 } });

  it.each(["20", "100.5", "300"])("%s is within the bounds", (text) =>
    expect(valid(readThreshold(bounded, text))).toBe(Number(text)),
  );
  it.each([
    ["19", /not 19; write 20, or have the limit's bounds changed/],
    ["301", /must be a number from 20 to 300, the bounds of the limit opus-daily, not 301; write 300/],
    ["1e400", /not Infinity; write 300/],
    ['"50"', /write 50 without the quotes/],
    ["fifty", /write a number and nothing else/],
    ["{}", /write a number and nothing else/],
  ])("%s is refused", (text, sentence) =>
    expect(sentences(readThreshold(bounded, text))).toEqual([expect.stringMatching(sentence)]),
  );

  it("is refused where the limit sets no bounds: nothing was delegated", () => {
    expect(sentences(readThreshold(limit(), "50"))).toEqual([
      expect.stringContaining("the limit opus-daily has no bounds"),
    ]);
  });
});
