import { denies, denySet } from "@bedrock-governor/core/enforcement/deny-set";
import { whyNoPattern } from "@bedrock-governor/core/limit/pattern-rule";
import { mantleIds, PROFILE_PREFIXES } from "@bedrock-governor/core/model/model-id";
import { type DenyDocumentOptions, denyDocument } from "@bedrock-governor/core/policy/deny-document";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ACCOUNT,
  arnRoads,
  mantleRoad,
  OTHER_USES,
  REGIONS,
  type Road,
  roadsTo,
  runtimeRoads,
} from "../../support/bedrock-roads.ts";
import { evaluate, type PolicyDocument } from "../../support/iam-evaluator.ts";
import { MODELS } from "../../support/models.ts";

const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";
const ALLOW_ALL: PolicyDocument = { Statement: { Effect: "Allow", Action: "*", Resource: "*" } };
const AWS = { partition: "aws" };

/** What someone who may do everything else is left with under the deny policy of a set. */
function under(set: readonly string[], options: DenyDocumentOptions = AWS) {
  const policies = [ALLOW_ALL, denyDocument(denySet(set), options)];
  return {
    // Each reading of wildcards is the one that makes the claim harder.
    closed: (road: Road) => road.legs.some((leg) => evaluate(policies, leg, "within") === "explicitDeny"),
    open: (road: Road) => road.legs.every((leg) => evaluate(policies, leg, "across") === "allowed"),
    everyLegDenied: (road: Road) => road.legs.every((leg) => evaluate(policies, leg, "within") === "explicitDeny"),
  };
}
const names = (roads: readonly Road[]) => roads.map(({ name }) => name);

describe("a denied model is closed on every road", () => {
  const { closed, everyLegDenied } = under([OPUS]);
  it.each(roadsTo(OPUS).map((road) => [road.name, road] as const))("%s", (_, road) => expect(closed(road)).toBe(true));

  it("whatever prefix a profile may get in future", () => {
    const profile = (prefix: string) =>
      arnRoads(`arn:aws:bedrock:us-east-1:${ACCOUNT}:inference-profile/${prefix}.${OPUS}`);
    expect(["mx", "sa", "eu-isoe", "me"].flatMap(profile).filter((road) => !closed(road))).toEqual([]);
  });

  it("on each leg of a geo or global profile by itself", () => {
    const profiles = runtimeRoads(OPUS).filter(({ name }) => /^[a-z-]+\. profile/.test(name));
    expect(profiles).toHaveLength(2 * PROFILE_PREFIXES.length);
    expect(names(profiles.filter((road) => !everyLegDenied(road)))).toEqual([]);
  });

  it.each(["aws-us-gov", "aws-cn", "aws-eusc"])("in %s", (partition) => {
    const there = under([OPUS], { partition });
    expect(names(roadsTo(OPUS, partition).filter((road) => !there.closed(road)))).toEqual([]);
  });

  it("through what was made from it and has an ARN of its own", () => {
    const own = [
      "provisioned-model/p1",
      "custom-model-deployment/d1",
      "custom-model/amazon.nova-lite-v1:0:300k/c1",
    ].map((resource) => `arn:aws:bedrock:us-east-1:${ACCOUNT}:${resource}`);
    const other = `arn:aws:bedrock:us-east-1:${ACCOUNT}:provisioned-model/p2`;
    const otherArns = new Map([
      [OPUS, own],
      ["amazon.nova-lite-v1:0", [other]],
    ]);
    const denied = under([OPUS], { ...AWS, otherArns });
    expect(own.flatMap(arnRoads).every(denied.closed)).toBe(true);
    expect(arnRoads(other).every(denied.open)).toBe(true);
    expect(arnRoads(other).every(under(["*"], { ...AWS, otherArns }).closed)).toBe(true);
  });
});

describe("everything else stays open", () => {
  const { open } = under([OPUS]);
  it.each(OTHER_USES.map((leg) => [leg.action, leg] as const))("%s", (name, leg) =>
    expect(open({ name, legs: [leg] })).toBe(true),
  );

  it("every other model, on every road", () => {
    for (const denied of MODELS) {
      const others = MODELS.filter((model) => model !== denied).flatMap((model) => roadsTo(model));
      expect(names(others.filter((road) => !under([denied]).open(road))), denied).toEqual([]);
    }
  });

  it.each([
    ["anthropic.claude-opus-4-20250514-v1:0", "anthropic.claude-opus-4-1-20250805-v1:0"],
    ["anthropic.claude-opus-4-20250514-v1:0", OPUS],
    [OPUS, "anthropic.claude-opus-4-5x-20251101-v1:0"],
    [OPUS, "anthropic.claude-opus-4-50"],
    ["anthropic.claude-opus-4-7", "anthropic.claude-opus-4-7-mini"],
    ["zai.glm-4.7", "zai.glm-4.7-flash"],
    ["zai.glm-4.7-flash", "zai.glm-4.7"],
    ["nova*", "amazon.nova-lite-v1:0"],
    ["g*", "zai.glm-4.7"],
    ["anthropic.claude-opus-5", "anthropic.claude-opus-5-5"],
    ["anthropic.claude-opus-4-5*", "anthropic.claude-opus-4-6-v1"],
    ["anthropic.claude-opus-4-1*", "anthropic.claude-opus-4-20250514-v1:0"],
  ])("when %s is denied, its sibling %s", (denied, sibling) => {
    expect(names(roadsTo(sibling).filter((road) => !under([denied]).open(road)))).toEqual([]);
  });

  it("a longer version of a denied id", () => {
    for (const longer of [`${OPUS}x`, `${OPUS}0`, `${OPUS}:200k`]) {
      expect(names(runtimeRoads(longer).filter((road) => !open(road)))).toEqual([]);
    }
  });

  it("an application profile itself, whatever it is called, and a model that is called like a profile", () => {
    for (const resource of [
      `application-inference-profile/us.${OPUS}`,
      `application-inference-profile/x.${OPUS}`,
      `prompt-router/us.${OPUS}`,
    ]) {
      expect(arnRoads(`arn:aws:bedrock:us-east-1:${ACCOUNT}:${resource}`).every(open)).toBe(true);
    }
  });

  it("mantle calls that name no model, and those that other endpoints make", () => {
    const [leg] = mantleRoad("").legs;
    if (leg === undefined) throw new Error("no leg");
    const { context: _, ...unnamed } = leg;
    expect(open({ name: "no model", legs: [unnamed] })).toBe(true);
  });
});

describe("a pattern denies what it stands for and nothing else", () => {
  const fromModel = fc
    .tuple(fc.constantFrom(...MODELS), fc.nat(), fc.nat(), fc.boolean())
    .map(([model, a, b, tail]) => {
      const [from, to] = [a % (model.length + 1), b % (model.length + 1)].sort((x, y) => x - y);
      return `${model.slice(0, from)}*${tail ? model.slice(to) : ""}`;
    });
  const usual = fc.constantFrom(
    "*",
    "*opus*",
    "*.*opus*",
    "anthropic.*",
    "anthropic*",
    "nova*",
    "*-4*",
    "m*",
    "*.m*",
    "*model/*",
    "imported-model/*",
  );
  const member = fc.oneof(fc.constantFrom(...MODELS), fromModel, usual, fc.constant("imported-model/abc123def456"));
  const members = fc.array(
    member.filter((one) => whyNoPattern(one) === undefined),
    { minLength: 1, maxLength: 4 },
  );

  it("for every model and every road of bedrock-runtime", () => {
    fc.assert(
      fc.property(members, fc.constantFrom(...MODELS), (set, model) => {
        const { closed, open } = under(set);
        const roads = runtimeRoads(model);
        if (denies(set, model)) expect(names(roads.filter((road) => !closed(road)))).toEqual([]);
        else expect(names(roads.filter((road) => !open(road)))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("for every model on mantle; there a pattern that ends in a hyphen may close the bare name too", () => {
    fc.assert(
      fc.property(members, fc.constantFrom(...MODELS), (set, model) => {
        const { closed, open } = under(set);
        const roads = mantleIds(model).map((id) => mantleRoad(id));
        if (denies(set, model)) expect(names(roads.filter((road) => !closed(road)))).toEqual([]);
        else if (set.every((one) => MODELS.some((known) => known === one))) expect(roads.every(open)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("for imported models, which have no foundation model and no mantle id", () => {
    fc.assert(
      fc.property(members, fc.constantFrom("abc123def456", "xyz"), fc.constantFrom(...REGIONS), (set, id, region) => {
        const { closed, open } = under(set);
        const roads = arnRoads(`arn:aws:bedrock:${region}:${ACCOUNT}:imported-model/${id}`);
        expect(roads.every(denies(set, `imported-model/${id}`) ? closed : open)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it("for the uses that are not models", () => {
    fc.assert(
      fc.property(members, fc.constantFrom(...OTHER_USES), (set, leg) => {
        expect(under(set).open({ name: leg.action, legs: [leg] })).toBe(true);
      }),
    );
  });
});
