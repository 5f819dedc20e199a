import { createHash } from "node:crypto";
import { denySet } from "@bedrock-governor/core/enforcement/deny-set";
import { denyPolicies } from "@bedrock-governor/core/policy/deny-policies";
import type { DenyPolicy, DenyStatement } from "@bedrock-governor/core/policy/deny-policy";
import { readDenyPolicy } from "@bedrock-governor/core/policy/read-deny-policy";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACCOUNT } from "../../support/bedrock-roads.ts";
import { MODELS } from "../../support/models.ts";

const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";
const ARN = `arn:aws:bedrock:us-east-1:${ACCOUNT}:provisioned-model/p1`;
const AWS = { partition: "aws" };

function policyOf(set: readonly string[], options: Parameters<typeof denyPolicies>[1] = AWS): DenyPolicy {
  const [policy] = denyPolicies(set, options);
  if (policy === undefined) throw new Error("an empty set has no policy");
  return policy;
}
const read = ({ name, text }: Pick<DenyPolicy, "name" | "text">) => readDenyPolicy(name, text);

/** The name that someone who knows how we name things would give a document of their own. */
const forged = ({ name }: DenyPolicy, text: string) => ({
  name: name.replace(/[0-9a-f]{20}$/, createHash("sha256").update(text).digest("hex").slice(0, 20)),
  text,
});

const member = fc.constantFrom<string>(
  ...MODELS,
  "*",
  "*opus*",
  "anthropic.*",
  "nova*",
  "imported-model/abc",
  "*model/a*",
  "*e/x*l/x*",
);
const options = fc.record({
  partition: fc.constantFrom("aws", "aws-us-gov", "aws-cn", "aws-eusc"),
  stage: fc.constantFrom(undefined, "production", "feature-x"),
  helpSlug: fc.constantFrom(undefined, "ask-ml-platform", "#ml.platform", "x".repeat(99)),
});

describe("a policy of ours says what it denies", () => {
  it("whatever set, partition, stage and help slug it was made for", () => {
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 40 }).map(denySet), options, (set, given) => {
        const otherArns = new Map([[OPUS, [ARN.replace("arn:aws:", `arn:${given.partition}:`)]]]);
        const policies = denyPolicies(set, { ...given, otherArns });
        for (const policy of policies) expect(read(policy)).toEqual(policy.members);
        expect(denySet(policies.flatMap((policy) => read(policy) ?? []))).toEqual(set);
      }),
    );
  });

  it("also each part of a set that is too large for one, and of a model with hundreds of ARNs", () => {
    const arns = Array.from({ length: 200 }, (_, i) => `${ARN}${i}`);
    const policies = denyPolicies([OPUS], { ...AWS, otherArns: new Map([[OPUS, arns]]) });
    expect(policies.map(read)).toEqual(policies.map(() => [OPUS]));
  });

  it("with whatever white space IAM or a console puts between tokens", () => {
    const { name, document, text } = policyOf([OPUS]);
    for (const space of [1, 2, "\t"])
      expect(readDenyPolicy(name, JSON.stringify(document, null, space))).toEqual([OPUS]);
    expect(readDenyPolicy(name, ` \r\n${text}\n`)).toEqual([OPUS]);
  });
});

describe("nothing else does", () => {
  const policy = policyOf([OPUS, "meta.*"], { ...AWS, otherArns: new Map([[OPUS, [ARN]]]), helpSlug: "ask" });
  const [runtime, mantle] = policy.document.Statement;
  if (runtime === undefined || mantle === undefined) throw new Error("two statements");
  const statements = (...Statement: readonly object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
  const allow = { Sid: "Extra", Effect: "Allow", Action: ["*"], Resource: ["*"] };
  const swap = (statement: DenyStatement, from: string, to: string) =>
    JSON.parse(JSON.stringify(statement).replace(`"${from}"`, `"${to}"`)) as DenyStatement;

  it.each([
    ["an Allow slipped in at the end", statements(runtime, mantle, allow)],
    ["an Allow slipped in at the start", statements(allow, runtime, mantle)],
    ["an Allow in place of a Deny", statements({ ...runtime, Effect: "Allow" }, mantle)],
    ["an Allow in place of the other Deny", statements(runtime, { ...mantle, Effect: "Allow" })],
    ["another Deny", statements(runtime, mantle, { ...runtime, Sid: "Extra", Action: ["s3:*"] })],
    ["another action", statements({ ...runtime, Action: [...runtime.Action, "iam:*"] }, mantle)],
    ["one action less", statements({ ...runtime, Action: ["bedrock:InvokeModel*"] }, mantle)],
    ["another action on mantle", statements(runtime, { ...mantle, Action: ["bedrock-mantle:*"] })],
    ["NotAction", statements(swap(runtime, "Action", "NotAction"), mantle)],
    ["NotResource", statements(swap(runtime, "Resource", "NotResource"), mantle)],
    ["NotResource on mantle", statements(runtime, swap(mantle, "Resource", "NotResource"))],
    [
      "a condition that takes the deny back",
      statements({ ...runtime, Condition: { Bool: { "aws:ViaAWSService": ["true"] } } }, mantle),
    ],
    ["a mantle deny without its condition", statements(runtime, { ...mantle, Condition: {} })],
    [
      "another mantle model",
      statements(runtime, swap(mantle, "anthropic.claude-opus-4-5", "anthropic.claude-opus-4-6")),
    ],
    ["no mantle statement", statements(runtime)],
    ["no runtime statement", statements(mantle)],
    ["the statements the other way round", statements(mantle, runtime)],
    ["a resource less", statements({ ...runtime, Resource: runtime.Resource.slice(1) }, mantle)],
    ["a resource twice", statements({ ...runtime, Resource: [...runtime.Resource, ARN] }, mantle)],
    [
      "the account's ARNs in another order",
      statements({ ...runtime, Resource: [...runtime.Resource.slice(0, -1), `${ARN}b`, `${ARN}a`] }, mantle),
    ],
    ["every resource", statements({ ...runtime, Resource: ["*"] }, mantle)],
    [
      "a resource of another service",
      statements({ ...runtime, Resource: [...runtime.Resource, "arn:aws:s3:::bucket/*"] }, mantle),
    ],
    [
      "a wildcard among the account's ARNs",
      statements({ ...runtime, Resource: [...runtime.Resource.slice(0, -1), `${ARN}*`] }, mantle),
    ],
    [
      "an ARN of another partition",
      statements({ ...runtime, Resource: [...runtime.Resource.slice(0, -1), ARN.replace("aws", "aws-cn")] }, mantle),
    ],
    ["a principal", statements({ ...runtime, Principal: "*" }, mantle)],
    ["another stage in one statement", statements({ ...runtime, Sid: "otherRuntime" }, mantle)],
    ["another version", policy.text.replace("2012-10-17", "2008-10-17")],
    ["an id for the policy", policy.text.replace("{", '{"Id":"x",')],
    [
      "a member that another covers",
      statements(
        { ...runtime, Resource: [...runtime.Resource, "arn:aws:bedrock:*::foundation-model/meta.llama"] },
        mantle,
      ),
    ],
    [
      "keys in another order",
      statements(
        { Effect: runtime.Effect, Sid: runtime.Sid, Action: runtime.Action, Resource: runtime.Resource },
        mantle,
      ),
    ],
    ["Effect twice, the last being ours", policy.text.replace('"Effect":', '"Effect":"Allow","Effect":')],
    ["Statement twice, the last being ours", policy.text.replace('"Statement":', '"Statement":[],"Statement":')],
    ["an escape in place of a letter", policy.text.replace("Deny", "\\u0044eny")],
    ["white space inside a string", policy.text.replace("foundation-model/", "foundation-model/ ")],
    ["white space that JSON does not know", `\u00a0${policy.text}`],
    ["a comment", `${policy.text}/**/`],
    ["something after the document", `${policy.text}{}`],
    ["half a document", policy.text.slice(0, -1)],
    ["no document", ""],
    ["no JSON", "deny everything"],
    ["JSON of another kind", "null"],
    ["a list", "[]"],
    ["the document as IAM sends it, still encoded", encodeURIComponent(policy.text)],
  ])("%s", (_, text) => {
    expect(text).not.toBe(policy.text);
    expect(read({ name: policy.name, text })).toBeUndefined();
    expect(read(forged(policy, text))).toBeUndefined();
  });

  it("an ARN of the account that a member names already", () => {
    const imported = policyOf(["imported-model/abc"]);
    const text = imported.text.replace('"]}', `","arn:aws:bedrock:us-east-1:${ACCOUNT}:imported-model/abc"]}`);
    expect(text).not.toBe(imported.text);
    expect(read(forged(imported, text))).toBeUndefined();
  });

  it("a name whose hash is another, or missing", () => {
    const { name, text } = policy;
    for (const other of [
      "",
      "x",
      name.slice(0, -1),
      `${name}0`,
      name.replace(/[0-9a-f]{20}$/, "0".repeat(20)),
      name.replace(/\.[0-9a-f]{20}$/, ""),
    ]) {
      expect(readDenyPolicy(other, text), other).toBeUndefined();
    }
  });

  it("a name that tells the denied person of another model, or of fewer", () => {
    const { name, text } = policy;
    for (const other of [
      name.replace("opus", "haiku"),
      name.replace(".and-1-more", ""),
      name.replace("1-more", "2-more"),
      `x${name}`,
      name.replace("limit", "limits"),
    ]) {
      expect(other).not.toBe(name);
      expect(readDenyPolicy(other, text), other).toBeUndefined();
    }
  });

  it("a document under another's name", () => {
    expect(readDenyPolicy(policyOf(["meta.*"]).name, policyOf([OPUS]).text)).toBeUndefined();
  });

  it("a document too long for IAM to hold", () => {
    const arns = Array.from({ length: 100 }, (_, i) => `${ARN}${i + 100}`);
    const text = statements({ ...runtime, Resource: [...runtime.Resource.slice(0, -1), ...arns] }, mantle);
    expect(text.length).toBeGreaterThan(6_144);
    expect(read(forged(policy, text))).toBeUndefined();
  });

  /** A document with some characters replaced, put in or taken out. */
  const edit = (text: string, at: number, length: number, put: string) =>
    text.slice(0, at) + put + text.slice(at + length);
  const put = fc.oneof(
    fc.constantFrom(
      "",
      "*",
      "?",
      '"',
      ",",
      "[]",
      "}",
      "{",
      ' "',
      "\\",
      "Allow",
      "Not",
      '"Effect":"Allow",',
      "a",
      "A",
      ":",
      "-",
    ),
    fc.string({ maxLength: 6 }),
  );
  const withoutWhiteSpace = (json: string) => {
    try {
      return JSON.stringify(JSON.parse(json));
    } catch {
      return undefined;
    }
  };

  it("a document edited anywhere, under its old name", () => {
    fc.assert(
      fc.property(
        fc.array(member, { minLength: 1, maxLength: 5 }),
        fc.nat(),
        fc.nat({ max: 8 }),
        put,
        (set, at, length, text) => {
          const original = policyOf(denySet(set));
          const edited = edit(original.text, at % (original.text.length + 1), length, text);
          const same = edited.length >= original.text.length && withoutWhiteSpace(edited) === original.text;
          fc.pre(!same);
          expect(readDenyPolicy(original.name, edited)).toBeUndefined();
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("a document edited anywhere, under a name made to fit it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...MODELS), { minLength: 1, maxLength: 5 }),
        fc.nat(),
        fc.nat({ max: 8 }),
        put,
        (set, at, length, text) => {
          const original = policyOf(denySet(set));
          const edited = edit(original.text, at % (original.text.length + 1), length, text);
          fc.pre(withoutWhiteSpace(edited) !== original.text);
          expect(read(forged(original, edited))).toBeUndefined();
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("whatever text there is", () => {
    fc.assert(
      fc.property(fc.string(), fc.oneof(fc.string(), fc.json()), (name, text) => {
        expect(readDenyPolicy(name, text)).toBeUndefined();
      }),
    );
  });
});
