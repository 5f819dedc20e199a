import { describe, expect, it } from "vitest";
import { billingFilter, type Filter } from "../../infra/billing-filter.ts";

type Line = readonly [service: string, usageType: string];
type Dimensions = NonNullable<Filter["Dimensions"]>;

const EDITION = " (Amazon Bedrock Edition)";

/** As bills and AWS's price list have them. */
const BILL: Readonly<Record<string, Line>> = {
  "Opus 4.6, of Marketplace": [`Claude Opus 4.6${EDITION}`, "USE1-MP:USE1_InputTokenCount_Global-Units"],
  "Opus 5, of Marketplace": [`Claude Opus 5${EDITION}`, "USE1-MP:USE1_input_tokens_standard-Units"],
  "Opus 4": ["Amazon Bedrock Service", "USW2-Claude4Opus-input-tokens"],
  "Opus 4.6": ["Amazon Bedrock Service", "USE1-Claude4.6Opus-input-tokens-cross-region-global"],
  "Opus 4.8": ["Amazon Bedrock Service", "USW2-anthropic.claude-opus-4-8-mantle-cache-write-tokens-standard"],
  "Sonnet 4 or 4.5": ["Amazon Bedrock Service", "USE1-Claude4Sonnet-cache-write-input-token-count-1-hour"],
  "Sonnet 4.5": ["Amazon Bedrock Service", "USW2-Claude4.5Sonnet-cache-write-input-token-count"],
  "3.5 Sonnet, of Marketplace": [`Claude 3.5 Sonnet${EDITION}`, "USE1-MP:USE1_InputTokenCount-Units"],
  "3.5 Sonnet v2, of Marketplace": [`Claude 3.5 Sonnet v2${EDITION}`, "USE1-MP:USE1_InputTokenCount-Units"],
  "3 Haiku": ["Amazon Bedrock", "USE1-Claude3Haiku-input-tokens"],
  "Nova Lite": ["Amazon Bedrock", "USE1-NovaLite-input-tokens"],
  "Nova 2 Lite": ["Amazon Bedrock", "USE1-Nova2.0Lite-cache-read-input-token-count"],
  "Nova Sonic": ["Amazon Bedrock", "USE1-NovaSonic-speech-input-tokens"],
  "Nova 2 Sonic": ["Amazon Bedrock", "USE1-NovaSonic2.0-speech-input-tokens"],
  "Nova 2 embeddings": ["Amazon Bedrock", "USE1-NovaMultiModalEmbeddings-input-tokens"],
  "Titan embeddings": ["Amazon Bedrock", "USE1-TitanEmbeddingsG1-Text-input-tokens"],
  "Titan embeddings 2": ["Amazon Bedrock", "USE1-TitanEmbeddingV2-Text-input-tokens"],
  Rerank: ["Amazon Bedrock", "APN1-AmazonRerank-v1-searchunits"],
  "gpt-oss": ["Amazon Bedrock", "USE1-openai.gpt-oss-120b-mantle-input-tokens-standard"],
  "Command R+": [`Cohere Command R+${EDITION}`, "USE1-MP:USE1_InputTokenCount-Units"],
  "a machine": ["Amazon Elastic Compute Cloud - Compute", "BoxUsage:t3.micro"],
};

const isTrue = ({ And = [], Or, Not, Dimensions }: Filter, line: Line): boolean =>
  And.every((one) => isTrue(one, line)) &&
  (Or?.some((one) => isTrue(one, line)) ?? true) &&
  !(Not && isTrue(Not, line)) &&
  (!Dimensions || isAnyOf(Dimensions, line));

function isAnyOf({ Key, Values, MatchOptions }: Dimensions, [service, usageType]: Line): boolean {
  const actual = { SERVICE: service, USAGE_TYPE: usageType, RECORD_TYPE: "Usage" }[Key];
  const matches = {
    EQUALS: (value: string) => actual === value,
    STARTS_WITH: (value: string) => actual.startsWith(value),
    ENDS_WITH: (value: string) => actual.endsWith(value),
    CONTAINS: (value: string) => actual.includes(value),
  };
  return Values.some(matches[MatchOptions[0]]);
}

describe("of a bill", () => {
  const lines = Object.keys(BILL);
  const counted = (filter: Filter | undefined) =>
    Object.entries(BILL).flatMap(([name, line]) => (filter && isTrue(filter, line) ? [name] : []));
  const beginning = (pattern: RegExp) => lines.filter((line) => pattern.test(line));

  it.each<[string, readonly string[]]>([
    ["*", lines.filter((line) => line !== "a machine")],
    ["anthropic.*", beginning(/^(Opus|Sonnet|3)/)],
    ["anthropic.claude-*", beginning(/^(Opus|Sonnet|3)/)],
    ["anthropic.claude-opus-*", beginning(/^Opus/)],
    ["anthropic.claude-opus-4*", beginning(/^Opus 4/)],
    ["anthropic.claude-opus-4-6-v1", ["Opus 4.6, of Marketplace", "Opus 4.6"]],
    ["anthropic.claude-opus-4-8", ["Opus 4.8"]],
    ["anthropic.claude-opus-4-20250514-v1:0", ["Opus 4"]],
    ["anthropic.claude-opus-5", ["Opus 5, of Marketplace"]],
    // Rather too much than nothing.
    ["anthropic.claude-sonnet-4-5-20250929-v1:0", ["Sonnet 4 or 4.5", "Sonnet 4.5"]],
    ["anthropic.claude-sonnet-4-5*", ["Sonnet 4 or 4.5", "Sonnet 4.5"]],
    ["anthropic.claude-3-*", beginning(/^3/)],
    ["anthropic.claude-3-5-sonnet-*", ["3.5 Sonnet, of Marketplace", "3.5 Sonnet v2, of Marketplace"]],
    ["anthropic.claude-3-5-sonnet-20240620-v1:0", ["3.5 Sonnet, of Marketplace"]],
    ["anthropic.claude-3-5-sonnet-20241022-v2:0", ["3.5 Sonnet v2, of Marketplace"]],
    ["amazon.*", beginning(/^(Nova|Titan|Rerank)/)],
    ["amazon.nova-*", beginning(/^Nova/)],
    ["amazon.nova-2-*", beginning(/^Nova 2/)],
    ["amazon.nova-lite-v1:0", ["Nova Lite"]],
    ["amazon.nova-lite-*", ["Nova Lite"]],
    ["amazon.nova-2-lite-v1:0", ["Nova 2 Lite"]],
    ["amazon.nova-sonic-v1:0", ["Nova Sonic"]],
    ["amazon.nova-2-sonic-v1:0", ["Nova 2 Sonic"]],
    ["amazon.titan-embed-*", beginning(/^Titan/)],
    ["amazon.titan-embed-text-v1", ["Titan embeddings"]],
    ["amazon.titan-embed-text-v2:0", ["Titan embeddings 2"]],
    ["amazon.rerank-v1:0", ["Rerank"]],
  ])("a budget of %s counts its own lines, under every name the bill has for them", (model, expected) => {
    expect(counted(billingFilter({ model }))).toEqual(expected);
  });
});

describe("what a budget counts", () => {
  const withoutCredits: Filter = {
    Not: { Dimensions: { Key: "RECORD_TYPE", Values: ["Credit", "Refund"], MatchOptions: ["EQUALS"] } },
  };
  const service = (match: "EQUALS" | "STARTS_WITH" | "ENDS_WITH" | "CONTAINS", ...Values: string[]): Filter => ({
    Dimensions: { Key: "SERVICE", Values, MatchOptions: [match] },
  });
  const usage = (...Values: string[]): Filter => ({
    Dimensions: { Key: "USAGE_TYPE", Values, MatchOptions: ["CONTAINS"] },
  });
  const bedrock = service("EQUALS", "Amazon Bedrock", "Amazon Bedrock Service");
  it.each<[string, Filter[], Filter]>([
    [
      "anthropic.claude-opus-4-6-v1",
      [service("EQUALS", `Claude Opus 4.6${EDITION}`, `Claude 4.6 Opus${EDITION}`)],
      usage("Claude4.6Opus-", "anthropic.claude-opus-4-6-mantle-"),
    ],
    [
      "anthropic.claude-haiku-4-5-20251001-v1:0",
      [service("EQUALS", `Claude Haiku 4.5${EDITION}`, `Claude 4.5 Haiku${EDITION}`)],
      usage("Claude4.5Haiku-", "anthropic.claude-haiku-4-5-mantle-"),
    ],
    [
      "anthropic.claude-3-5-sonnet-20241022-v2:0",
      [service("EQUALS", `Claude Sonnet 3.5 v2${EDITION}`, `Claude 3.5 Sonnet v2${EDITION}`)],
      usage("Claude3.5Sonnetv2-", "anthropic.claude-3-5-sonnet-mantle-"),
    ],
  ])("of %s is a service of Marketplace's or usage types of Bedrock, as the account has it", (model, bought, used) => {
    const parts = [{ Or: [...bought, { And: [bedrock, used] }] }];
    expect(billingFilter({ model })).toEqual({ And: [...parts, withoutCredits] });
  });

  it("of a family is all whose names have each of its words", () => {
    const bought = [service("STARTS_WITH", "Claude"), service("ENDS_WITH", EDITION), service("CONTAINS", "Opus")];
    const used = [usage("Claude", "anthropic.claude-"), usage("Opus", "-opus-")];
    expect(billingFilter({ model: "anthropic.claude-opus-*" })).toEqual({
      And: [{ Or: [{ And: bought }, { And: [bedrock, ...used] }] }, withoutCredits],
    });
  });

  it("of Amazon's models is usage types of Bedrock", () => {
    expect(billingFilter({ model: "amazon.nova-lite-v1:0" })).toEqual({
      And: [bedrock, usage("NovaLite"), withoutCredits],
    });
  });

  it("of * is all of Bedrock, whichever service bills it", () => {
    expect(billingFilter({ model: "*" })).toEqual({
      And: [{ Or: [bedrock, service("ENDS_WITH", EDITION)] }, withoutCredits],
    });
  });

  it("is what the settings say where the bill's names are not known", () => {
    const named = { services: [`Command R+${EDITION}`] };
    expect(billingFilter({ model: "cohere.command-r-plus-v1:0" })).toBeUndefined();
    expect(billingFilter({ model: "cohere.command-r-plus-v1:0", billedAs: named })).toEqual({
      And: [service("EQUALS", `Command R+${EDITION}`), withoutCredits],
    });
    expect(billingFilter({ model: "meta.*", billedAs: { usageTypes: ["Llama3"] } })).toEqual({
      And: [bedrock, usage("Llama3"), withoutCredits],
    });
    const either = { Or: [service("EQUALS", `Command R+${EDITION}`), { And: [bedrock, usage("Llama3")] }] };
    expect(billingFilter({ model: "meta.*", billedAs: { ...named, usageTypes: ["Llama3"] } })).toEqual({
      And: [either, withoutCredits],
    });
  });

  it.each([
    "anthropic.opus-*",
    "anthropic.claud-opus-4-6",
    "anthropic.claude-ops-4-6",
    "anthropic.claude-o*",
    "anthropic.claude-opus-4-6-v1-*",
    "anthropic.claude-opus-sonnet-*",
    "anthropic.claude-v2:1",
    "amazon.nvoa-lite-v1:0",
    "amazon.nova",
    "amazon.constructor",
    "cohere.*",
  ])("of %s is not guessed", (model) => expect(billingFilter({ model })).toBeUndefined());
});
