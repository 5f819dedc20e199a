import { mantleIds, PROFILE_PREFIXES, parseSpelling, splitsVersion } from "@bedrock-governor/core/model/model-id";
import { matchesAny } from "@bedrock-governor/core/model/pattern";
import { describe, expect, it } from "vitest";
import { MODELS } from "../../support/models.ts";

const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";

describe("every spelling of a model is that model", () => {
  it.each([
    [OPUS],
    [`us.${OPUS}`, "us"],
    [`eu.${OPUS}`, "eu"],
    [`apac.${OPUS}`, "apac"],
    [`jp.${OPUS}`, "jp"],
    [`au.${OPUS}`, "au"],
    [`ca.${OPUS}`, "ca"],
    [`us-gov.${OPUS}`, "us-gov"],
    [`global.${OPUS}`, "global"],
    [`arn:aws:bedrock:us-east-1::foundation-model/${OPUS}`],
    [`arn:aws:bedrock:::foundation-model/${OPUS}`],
    [`arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/${OPUS}`],
    [`arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu.${OPUS}`, "eu"],
    [`arn:aws:bedrock:us-east-1:111122223333:inference-profile/global.${OPUS}`, "global"],
    [`arn:aws-us-gov:bedrock:us-gov-east-1:111122223333:inference-profile/us-gov.${OPUS}`, "us-gov"],
  ])("%s", (spelling: string, prefix?: string) =>
    expect(parseSpelling(spelling)).toEqual({ kind: "model", model: OPUS, ...(prefix && { prefix }) }),
  );

  it("with every prefix, whatever dots the model's own id has", () => {
    for (const model of MODELS) {
      expect(parseSpelling(model)).toEqual({ kind: "model", model });
      for (const prefix of PROFILE_PREFIXES) {
        expect(parseSpelling(`${prefix}.${model}`)).toEqual({ kind: "model", model, prefix });
      }
    }
  });
});

it("an imported model is named by the end of its ARN", () => {
  expect(parseSpelling("arn:aws:bedrock:us-east-1:111122223333:imported-model/abc123def456")).toEqual({
    kind: "model",
    model: "imported-model/abc123def456",
  });
});

describe("some spellings do not tell the model", () => {
  it.each([
    "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/x1y2z3",
    "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/x1y2z3",
    "arn:aws:bedrock:us-east-1:111122223333:custom-model-deployment/x1y2z3",
    "arn:aws:bedrock:us-east-1:111122223333:custom-model/amazon.nova-lite-v1:0:300k/x1y2z3",
    "arn:aws:bedrock:us-east-1:111122223333:default-prompt-router/anthropic.claude:1",
    "arn:aws:sagemaker:us-east-1:111122223333:endpoint/x",
  ])("%s", (text) => expect(parseSpelling(text)).toEqual({ kind: "opaque", text }));
});

describe("the id under which bedrock-mantle serves a model", () => {
  it.each([
    [OPUS, "anthropic.claude-opus-4-5"],
    ["anthropic.claude-opus-4-20250514-v1:0", "anthropic.claude-opus-4"],
    ["anthropic.claude-opus-4-6-v1", "anthropic.claude-opus-4-6"],
    ["anthropic.claude-opus-4-7", "anthropic.claude-opus-4-7"],
    ["anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku"],
    ["mistral.mistral-large-2407-v1:0", "mistral.mistral-large-2407"],
    ["openai.gpt-oss-120b-1:0", "openai.gpt-oss-120b"],
    ["openai.gpt-oss-20b-1:0", "openai.gpt-oss-20b"],
    ["qwen.qwen3-32b-v1:0", "qwen.qwen3-32b"],
    ["qwen.qwen3-235b-a22b-2507-v1:0", "qwen.qwen3-235b-a22b-2507"],
    ["nvidia.nemotron-nano-9b-v2", "nvidia.nemotron-nano-9b-v2"],
    ["deepseek.v3-v1:0", "deepseek.v3.1"],
    ["deepseek.v3.2", "deepseek.v3.2"],
    ["qwen.qwen3-coder-30b-a3b-v1:0", "qwen.qwen3-coder-30b-a3b-instruct"],
    ["moonshot.kimi-k2-thinking", "moonshotai.kimi-k2-thinking"],
    ["moonshotai.kimi-k2.5", "moonshotai.kimi-k2.5"],
    ["zai.glm-4.7", "zai.glm-4.7"],
  ])("%s is %s", (model, id) => expect(mantleIds(model)).toEqual([id]));

  it.each([
    ["anthropic.claude-opus-*", ["anthropic.claude-opus", "anthropic.claude-opus-*"]],
    ["anthropic.claude-opus-4-5*", ["anthropic.claude-opus-4-5*"]],
    ["anthropic.claude-opus-4-5-*", ["anthropic.claude-opus-4-5", "anthropic.claude-opus-4-5-*"]],
    ["anthropic.claude-opus-4-5-2025*", ["anthropic.claude-opus-4-5", "anthropic.claude-opus-4-5-2025*"]],
    [
      "anthropic.claude-opus-4-5-20251101-v1:*",
      ["anthropic.claude-opus-4-5", "anthropic.claude-opus-4-5-20251101-v1:*"],
    ],
    ["*", ["*"]],
    ["deepseek.v3-*", ["deepseek.v3", "deepseek.v3-*", "deepseek.v3.1"]],
    ["moonshot.*", ["moonshot.*", "moonshotai.kimi-k2-thinking"]],
  ])("the pattern %s is %j there", (pattern, ids) => {
    for (const id of ids) expect(mantleIds(pattern)).toContain(id);
    for (const id of mantleIds(pattern)) expect(matchesAny(ids, id), id).toBe(true);
  });

  it("a pattern cut off anywhere in a model's id names what the model is there", () => {
    const missed = MODELS.flatMap((model) =>
      [...model]
        .map((_, length) => `${model.slice(0, length)}*`)
        .filter((pattern) => !matchesAny(mantleIds(pattern), mantleIds(model)[0] ?? "")),
    );
    expect(missed).toEqual([]);
  });

  it("a pattern cut off after a model's name does not name its older sibling", () => {
    for (const pattern of ["anthropic.claude-opus-4-1*", "anthropic.claude-opus-4-5*", "zai.glm-4.7-f*"]) {
      expect(matchesAny(mantleIds(pattern), "anthropic.claude-opus-4")).toBe(false);
      expect(matchesAny(mantleIds(pattern), "zai.glm-4.7")).toBe(false);
    }
  });

  it.each([
    "anthropic.*-v1:0",
    "anthropic.claude-opus-4-5-*-v1:0",
    "a.*-20251101-v1:0",
    "a.*-20251101",
    "a.*1101-v1:0",
    "openai.*-1:0",
    "*:0",
    "*v1:0",
    "*-v1",
    "*0",
  ])("what %s names cannot be told apart there", (pattern) => expect(splitsVersion(pattern)).toBe(true));

  it.each([
    "anthropic.*",
    OPUS,
    "anthropic.*opus-4-5",
    "anthropic.*-4-5-20251101-v1:0",
    "anthropic.*-opus-20251101-v1:0",
    "zai.*4.7",
    "anthropic.claude-*-5",
  ])("what %s names can", (pattern) => expect(splitsVersion(pattern)).toBe(false));
});
