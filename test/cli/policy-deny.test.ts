import { denyDocument } from "@bedrock-governor/core/policy/deny-document";
import { describe, expect, it } from "vitest";
import { mantleRoad, roadsTo } from "../support/bedrock-roads.ts";
import { governor } from "../support/governor-process.ts";
import { evaluate, type PolicyDocument } from "../support/iam-evaluator.ts";

const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";

async function policyDeny(...args: readonly string[]) {
  const { code, out, err } = await governor(["policy", "deny", ...args]);
  return { code, out, err: err.map((line) => `${line}\n`).join("") };
}

async function policy(...args: readonly string[]): Promise<PolicyDocument> {
  const { code, out, err } = await policyDeny(...args);
  expect(code, err).toBe(0);
  return JSON.parse(out) as PolicyDocument;
}

const mantleIdsOf = ({ Statement }: PolicyDocument) =>
  [Statement].flat().flatMap(({ Condition }) => Condition?.StringLike?.["bedrock-mantle:Model"] ?? []);

describe("governor policy deny", () => {
  it("prints the policy and nothing else, which closes every road to the model", async () => {
    const printed = await policy(OPUS);
    expect(printed).toEqual(denyDocument([OPUS], { partition: "aws" }));
    const allowAll: PolicyDocument = { Statement: { Effect: "Allow", Action: "*", Resource: "*" } };
    for (const { name, legs } of roadsTo(OPUS)) {
      expect(
        legs.map((leg) => evaluate([allowAll, printed], leg)),
        name,
      ).toContain("explicitDeny");
    }
  });

  it("prints the same with --json", async () => {
    expect((await policyDeny(OPUS, "--json")).out).toBe((await policyDeny(OPUS)).out);
  });

  it("says on stderr what is closed, what a wildcard covers, what is left out, and how large the policy is", async () => {
    const { code, err } = await policyDeny("anthropic.*opus*", OPUS, "meta.llama3-8b-instruct-v1:0");
    expect(code).toBe(0);
    expect(err).toMatch(/^anthropic\.\*opus\* covers every model .*still to come.*anthropic\.claude-opus-5-5\.$/m);
    expect(err).toMatch(new RegExp(`^${OPUS} is left out: anthropic\\.\\*opus\\* covers it\\.$`, "m"));
    expect(err).toMatch(/^Closed on bedrock-runtime: .*geo, global and application profiles.*batch\.$/m);
    expect(err).toMatch(/^Closed on bedrock-mantle: anthropic\.\*opus\*, meta\.llama3-8b-instruct\. .*--mantle-id\.$/m);
    expect(err).toMatch(/^Open: provisioned throughput/m);
    expect(err).toMatch(/^The policy has \d+ of the 6,144 characters/m);
  });

  it("takes the mantle id that is named in place of the derived", async () => {
    const printed = await policy("--mantle-id", "anthropic.opus", OPUS, "--mantle-id", "anthropic.opus-next");
    expect(mantleIdsOf(printed)).toEqual(["anthropic.opus", "anthropic.opus-next"]);
    const [leg] = mantleRoad("anthropic.opus-next").legs;
    expect(leg && evaluate([printed], leg)).toBe("explicitDeny");
  });

  it("denies an imported model, which bedrock-mantle does not serve", async () => {
    expect(mantleIdsOf(await policy("imported-model/abc123def456"))).toEqual([]);
    expect((await policyDeny("imported-model/abc123def456")).err).toMatch(/^On bedrock-mantle nothing is denied/m);
  });

  it.each(["aws-us-gov", "aws-cn", "aws-eusc"])("writes the ARNs of %s", async (partition) => {
    expect(await policy(OPUS, "--partition", partition)).toEqual(denyDocument([OPUS], { partition }));
  });
});

describe("governor policy deny refuses in one sentence, with nothing on stdout,", () => {
  it.each([
    ["a profile's id, with the bare one", [`us.${OPUS}`], `write "${OPUS}"`],
    ["a pattern of profiles", ["global.anthropic.*"], 'write "anthropic.*"'],
    ["a foundation model's ARN", [`arn:aws:bedrock:us-east-1::foundation-model/${OPUS}`], `write "${OPUS}"`],
    ["a profile's ARN", [`arn:aws:bedrock:us-east-1:111122223333:inference-profile/eu.${OPUS}`], `write "${OPUS}"`],
    [
      "an ARN that does not say the model",
      ["arn:aws:bedrock:us-east-1:111122223333:provisioned-model/x"],
      "write the id of the model",
    ],
    ["the wrong one among several", ["meta.*", `jp.${OPUS}`], `write "${OPUS}"`],
    ["IAM's other wildcard", ["anthropic.claude-?"], 'write "*"'],
    ["a policy variable", ["anthropic.${aws:username}"], "letters, digits"],
    ["a line break", ["anthropic.\nclaude"], "\\n"],
    ["a pattern that mantle cannot tell apart", ["anthropic.*-v1:0"], "bedrock-mantle"],
    ["an empty pattern", [""], "empty"],
    ["an id longer than any", [`anthropic.${"x".repeat(300)}`], "256"],
    ["a wrong mantle id", [OPUS, "--mantle-id", "a?"], "mantle id"],
    ["a partition that is none", [OPUS, "--partition", "gcp"], "aws-us-gov"],
    ["no pattern", [], "patterns"],
    ["an unknown option", [OPUS, "--models"], "--models"],
    [
      "more than one policy holds",
      Array.from({ length: 40 }, (_, i) => `anthropic.claude-opus-4-5-20251101-v${i + 10}:0`),
      "IAM takes 6,144",
    ],
  ])("%s", async (_, args, said) => {
    const { code, out, err } = await policyDeny(...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(said);
    expect(err).toMatch(/^[^\n]+[.]\n$/);
  });
});
