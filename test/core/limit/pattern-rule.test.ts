import { unlikelyPattern, whyNoPattern } from "@bedrock-governor/core/limit/pattern-rule";
import { describe, expect, it } from "vitest";
import { MODELS } from "../../support/models.ts";

describe("what names models", () => {
  it.each([
    ...MODELS,
    "*",
    "*opus*",
    "anth*",
    "anthropic.*",
    "anthropic.*haiku*",
    "anthropic.claude-opus-4-5-*",
    "*.nova-*",
    "imported-model/abc123",
    "imported-model/*",
    "anthropic.claude-3-haiku-20240307-v1:0:48k",
  ])("%s", (pattern) => expect(whyNoPattern(pattern)).toBeUndefined());
});

describe("what does not, and what to write", () => {
  const account = "arn:aws:bedrock:eu-west-1:111122223333";
  it.each([
    [
      "us.anthropic.claude-opus-4-5-20251101-v1:0",
      /has the prefix "us\."/,
      'write "anthropic.claude-opus-4-5-20251101-v1:0"',
    ],
    ["global.anthropic.*", /has the prefix "global\."/, 'write "anthropic.*"'],
    ["us-gov.*", /has the prefix "us-gov\."/, 'write "*"'],
    ["eu.", /has the prefix "eu\."/, 'write its bare id, or "*" for every model'],
    ["arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-pro-v1:0", /is an ARN/, 'write "amazon.nova-pro-v1:0"'],
    [`${account}:inference-profile/eu.amazon.nova-pro-v1:0`, /is an ARN/, 'write "amazon.nova-pro-v1:0"'],
    [`${account}:imported-model/abc123`, /is an ARN/, 'write "imported-model/abc123"'],
    [
      `${account}:application-inference-profile/xyz`,
      /does not say which model is behind it/,
      "write the id of the model it calls",
    ],
    ["anthropic.claude-opus-?", /only wildcard here is "\*"/, 'write "*" or the letter'],
    ["anthropic claude", /holds " "/, "write the id as Bedrock lists it"],
    ["anthropic.claude-opus-4-5[1m]", /holds "\["/, "write the id as Bedrock lists it"],
    ["a".repeat(257), /longer than 256 characters/, "write the id as Bedrock lists it"],
    ["", /it is empty/, 'write an id, or "*" for every model'],
    ["anthropic.*-v1:0", /right before a version or date/, 'write "anthropic.*", or whole ids'],
    ["*.anthropic.claude-*", /names no bare id at all/, 'write "anthropic.claude-*", which covers every prefix'],
  ])("%s", (pattern, problem, remedy) =>
    expect(whyNoPattern(pattern)).toEqual({ problem: expect.stringMatching(problem), remedy }),
  );
});

describe("what is valid, and probably not meant", () => {
  it.each([
    ["Anthropic.Claude-*", /holds capital letters/, 'write "anthropic.claude-*"'],
    [
      "claude-opus-*",
      /does not begin with a provider/,
      'write the provider and a dot before it, or "*claude-opus-*" for every provider',
    ],
    [
      "claude",
      /does not begin with a provider/,
      'write the provider and a dot before it, or "*claude*" for every provider',
    ],
  ])("%s", (pattern, problem, remedy) => {
    expect(whyNoPattern(pattern)).toBeUndefined();
    expect(unlikelyPattern(pattern)).toEqual({ problem: expect.stringMatching(problem), remedy });
  });

  it.each([...MODELS, "*", "*opus*", "anthropic.*", "imported-model/*"])("but not %s", (pattern) =>
    expect(unlikelyPattern(pattern)).toBeUndefined(),
  );
});
