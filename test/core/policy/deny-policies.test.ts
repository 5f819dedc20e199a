import { type DenySet, denySet, denySetKey } from "@bedrock-governor/core/enforcement/deny-set";
import type { ModelId } from "@bedrock-governor/core/model/model-id";
import { denyDocument } from "@bedrock-governor/core/policy/deny-document";
import { denyPolicies } from "@bedrock-governor/core/policy/deny-policies";
import type { DenyPolicy } from "@bedrock-governor/core/policy/deny-policy";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACCOUNT } from "../../support/bedrock-roads.ts";
import { MODELS } from "../../support/models.ts";

const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";
const AWS = { partition: "aws" };
const provisioned = (count: number, of = "p") =>
  Array.from(
    { length: count },
    (_, i) => `arn:aws:bedrock:us-east-1:${ACCOUNT}:provisioned-model/${of}${String(i).padStart(10, "0")}`,
  );
const runtimeResources = (policies: readonly DenyPolicy[]) =>
  policies.flatMap(({ document }) => document.Statement[0]?.Resource ?? []);

/** More than two policies hold. */
const many = Array.from({ length: 60 }, (_, i) => `anthropic.claude-opus-4-5-20251101-v${i + 10}:0`);

/** Deny sets of any size up to far more than a policy holds. */
const sets = fc
  .array(
    fc.oneof(
      fc.constantFrom<string>(...MODELS, "*opus*", "nova*", "imported-model/abc"),
      fc.stringMatching(/^[a-z]{2,9}\.[a-z0-9-]{1,60}(-v[1-9]:0)?\*?$/),
    ),
    { maxLength: 60 },
  )
  .map(denySet);
const otherArns = fc
  .array(fc.tuple(fc.constantFrom<ModelId>(...MODELS), fc.nat({ max: 130 })), { maxLength: 4 })
  .map((all) => new Map(all.map(([model, count], i) => [model, provisioned(count, `${i}x`)] as const)));

describe("the policies of a deny set", () => {
  it("are one policy whose text is its document", () => {
    const [policy, ...more] = denyPolicies([OPUS], AWS);
    expect(more).toEqual([]);
    expect(policy).toMatchObject({ members: [OPUS], document: denyDocument([OPUS], AWS), description: OPUS });
    expect(policy?.text).toBe(JSON.stringify(policy?.document));
  });

  it("are none for an empty set", () => expect(denyPolicies([], AWS)).toEqual([]));

  it("each fit into IAM's 6,144 characters, and together deny what one document would", () => {
    fc.assert(
      fc.property(sets, otherArns, (set, arns) => {
        const options = { ...AWS, otherArns: arns };
        const policies = denyPolicies(set, options);
        for (const { text } of policies) expect(text.length).toBeLessThanOrEqual(6_144);
        expect(denySet(policies.flatMap(({ members }) => members))).toEqual(set);
        if (set.length === 0) return;
        const whole = denyDocument(set, options).Statement;
        expect(new Set(runtimeResources(policies))).toEqual(new Set(whole[0]?.Resource));
        const mantle = policies.flatMap(
          ({ document }) => document.Statement[1]?.Condition?.StringLike?.["bedrock-mantle:Model"] ?? [],
        );
        expect(denySet(mantle)).toEqual(whole[1]?.Condition?.StringLike?.["bedrock-mantle:Model"] ?? []);
      }),
    );
  });

  it("are as few as filling one after the other gives", () => {
    const policies = denyPolicies(many, AWS);
    expect(policies.map(({ members }) => members.length)).toEqual([24, 24, 12]);
    expect(policies.flatMap(({ members }) => members)).toEqual(many);
  });

  it("spread the ARNs of one model with hundreds of them, each policy closing the model's own roads as well", () => {
    const arns = provisioned(300);
    const policies = denyPolicies([OPUS], { ...AWS, otherArns: new Map([[OPUS, arns]]) });
    expect(policies.length).toBeGreaterThan(2);
    expect(policies.every(({ members }) => members.length === 1 && members[0] === OPUS)).toBe(true);
    const own = runtimeResources(denyPolicies([OPUS], AWS));
    for (const policy of policies) expect(runtimeResources([policy])).toEqual(expect.arrayContaining([...own]));
    expect(runtimeResources(policies).filter((resource) => !own.includes(resource))).toEqual(arns);
  });

  it("are the same whenever they are asked for, and other ones when the catalogue is another", () => {
    fc.assert(
      fc.property(sets, otherArns, (set, arns) => {
        const options = { ...AWS, otherArns: arns, stage: "s", helpSlug: "h" };
        expect(denyPolicies(set, options)).toEqual(
          denyPolicies([...set].reverse(), { ...options, otherArns: new Map(arns) }),
        );
      }),
    );
    const before = denyPolicies([OPUS], { ...AWS, otherArns: new Map() });
    const after = denyPolicies([OPUS], { ...AWS, otherArns: new Map([[OPUS, provisioned(1)]]) });
    expect(after[0]?.name).not.toBe(before[0]?.name);
  });

  it("are made once for all the principals that are denied the same", () => {
    expect(denyPolicies([OPUS], AWS)).toBe(denyPolicies([OPUS], { partition: "aws" }));
  });
});

describe("a policy's name", () => {
  const nameOf = (set: DenySet, helpSlug?: string) => denyPolicies(set, { ...AWS, helpSlug })[0]?.name ?? "";
  it.each([
    [[OPUS], undefined, /^usage-limit-reached\.anthropic\.claude-opus-4-5-20251101-v1_0\.[0-9a-f]{20}$/],
    [
      [OPUS],
      "ask-ml-platform",
      /^usage-limit-reached\.anthropic\.claude-opus-4-5-20251101-v1_0\.ask-ml-platform\.[0-9a-f]{20}$/,
    ],
    [["anthropic.*opus*"], undefined, /^usage-limit-reached\.anthropic\.\+opus\+\.[0-9a-f]{20}$/],
    [["*"], undefined, /^usage-limit-reached\.\+\.[0-9a-f]{20}$/],
    [["imported-model/abc"], undefined, /^usage-limit-reached\.imported-model-abc\.[0-9a-f]{20}$/],
    [["a.b", "c.d", "e.f"], "ask", /^usage-limit-reached\.a\.b\.and-2-more\.ask\.[0-9a-f]{20}$/],
    [[`a.${"b".repeat(200)}`], "ask", /^usage-limit-reached\.a\.b{81}\.ask\.[0-9a-f]{20}$/],
    [[`a.${"b".repeat(200)}`], "x".repeat(200), /^usage-limit-reached\.a\.b+\.x{40}\.[0-9a-f]{20}$/],
    [["a.b"], "ask me: #ml", /^usage-limit-reached\.a\.b\.ask-me---ml\.[0-9a-f]{20}$/],
  ])("of %j with the help slug %s says what is denied and where to ask", (set, slug, form) =>
    expect(nameOf(set, slug)).toMatch(form),
  );

  it("is one that IAM takes, and only that set's", () => {
    const named = new Map<string, string>();
    fc.assert(
      fc.property(sets, fc.option(fc.string(), { nil: undefined }), (set, helpSlug) => {
        for (const { name, text, members } of denyPolicies(set, { ...AWS, helpSlug })) {
          expect(name).toMatch(/^[\w+=,.@-]{1,128}$/);
          const meant = `${denySetKey(members)} ${text}`;
          // IAM does not tell names apart by case.
          expect(named.get(name.toLowerCase()) ?? meant).toBe(meant);
          named.set(name.toLowerCase(), meant);
        }
        expect(new Set(denyPolicies(set, { ...AWS, helpSlug }).map(({ name }) => name)).size).toBe(
          denyPolicies(set, AWS).length,
        );
      }),
    );
  });

  it("differs between stages of one account, where the path does not count", () => {
    const names = ["staging", "production"].map((stage) => denyPolicies([OPUS], { ...AWS, stage })[0]?.name);
    expect(new Set(names).size).toBe(2);
  });
});

describe("a policy's description", () => {
  it("is the set, cut between two members where IAM's 1,000 characters end", () => {
    const [small] = denyPolicies(["a.b", "c.d"], AWS);
    expect(small?.description).toBe("a.b, c.d");
    const [large] = denyPolicies(many, AWS);
    expect(large?.description).toMatch(/^anthropic\.claude-opus-4-5-20251101-v10:0, .*-v32:0, \.\.\.$/);
  });

  it("is always one that IAM takes", () => {
    fc.assert(
      fc.property(sets, (set) => {
        for (const { description } of denyPolicies(set, AWS))
          expect(description).toMatch(/^[\u0020-\u007E\u00A1-\u00FF]{1,1000}$/);
      }),
    );
  });
});
