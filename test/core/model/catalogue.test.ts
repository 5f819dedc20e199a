import { type Catalogue, resolveModel } from "@bedrock-governor/core/model/catalogue";
import { expect, it } from "vitest";

const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";
const PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/x1y2z3";
const catalogue: Catalogue = {
  models: [OPUS],
  aliases: new Map([
    [PROFILE, OPUS],
    ["x1y2z3", OPUS],
  ]),
  otherArns: new Map(),
};

it("an application profile's ARN and bare id are the model behind it", () => {
  expect(resolveModel(PROFILE, catalogue)).toBe(OPUS);
  expect(resolveModel("x1y2z3", catalogue)).toBe(OPUS);
});

it("without a catalogue nobody knows what is behind an application profile", () => {
  expect(resolveModel(PROFILE)).toBeUndefined();
  expect(resolveModel(PROFILE, { ...catalogue, aliases: new Map() })).toBeUndefined();
});

it("a spelling that contains its model needs no catalogue", () => {
  expect(resolveModel(`global.${OPUS}`)).toBe(OPUS);
  expect(resolveModel(`us.${OPUS}`, catalogue)).toBe(OPUS);
});
