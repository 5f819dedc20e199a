import { type ModelId, mantleIds, PROFILE_PREFIXES } from "@bedrock-governor/core/model/model-id";
import type { AccessRequest } from "./iam-evaluator.ts";

/**
 * One way to have a model answer, as IAM sees it: every leg must be allowed, so a road is closed when
 * one leg is denied.
 */
export interface Road {
  readonly name: string;
  readonly legs: readonly AccessRequest[];
}

export const ACCOUNT = "111122223333";
export const REGIONS = ["us-east-1", "eu-central-1", "ap-northeast-1", "us-gov-west-1"] as const;

/** What InvokeModel, Converse, async and bidirectional calls, and their streams are authorised as. */
const CALLS = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"] as const;

/** Every road of `bedrock-runtime` and batch to a foundation model. Source: "inference profiles" and "batch inference" in the Bedrock user guide. */
export function runtimeRoads(model: ModelId, partition = "aws"): readonly Road[] {
  const bedrock = `arn:${partition}:bedrock`;
  const foundation = (region: string) => `${bedrock}:${region}::foundation-model/${model}`;
  const road = (name: string, action: string, resources: readonly string[]): Road => ({
    name: `${name}, ${action}`,
    legs: resources.map((resource) => ({ action, resource })),
  });
  return CALLS.flatMap((action) => [
    ...REGIONS.map((region) => road(`direct in ${region}`, action, [foundation(region)])),
    ...PROFILE_PREFIXES.filter((prefix) => prefix !== "global").map((prefix) =>
      road(`${prefix}. profile`, action, [
        `${bedrock}:us-east-1:${ACCOUNT}:inference-profile/${prefix}.${model}`,
        ...REGIONS.map(foundation),
      ]),
    ),
    road("global. profile", action, [
      `${bedrock}:us-east-1:${ACCOUNT}:inference-profile/global.${model}`,
      foundation("us-east-1"),
      foundation(""),
    ]),
    road("application profile", action, [
      `${bedrock}:us-east-1:${ACCOUNT}:application-inference-profile/x1y2z3`,
      ...REGIONS.map(foundation),
    ]),
    road("application profile over a global one", action, [
      `${bedrock}:us-east-1:${ACCOUNT}:application-inference-profile/x1y2z3`,
      foundation("us-east-1"),
      foundation(""),
    ]),
  ]).concat(
    road("async", "bedrock:InvokeModel", [
      foundation("us-east-1"),
      `${bedrock}:us-east-1:${ACCOUNT}:async-invoke/x1y2z3`,
    ]),
    road("batch", "bedrock:CreateModelInvocationJob", [
      foundation("us-east-1"),
      `${bedrock}:us-east-1:${ACCOUNT}:model-invocation-job/x1y2z3`,
    ]),
  );
}

/** The road of the OpenAI-compatible endpoint, which knows the model only as a condition key. */
export const mantleRoad = (mantleId: string, partition = "aws"): Road => ({
  name: `mantle, ${mantleId}`,
  legs: [
    {
      action: "bedrock-mantle:CreateInference",
      resource: `arn:${partition}:bedrock-mantle:us-east-1:${ACCOUNT}:project/default`,
      context: { "bedrock-mantle:Model": mantleId },
    },
  ],
});

export const roadsTo = (model: ModelId, partition = "aws"): readonly Road[] => [
  ...runtimeRoads(model, partition),
  ...mantleIds(model).map((id) => mantleRoad(id, partition)),
];

/** Calls on something that has an ARN of its own and no foundation model in it. */
export const arnRoads = (arn: string): readonly Road[] =>
  CALLS.map((action) => ({ name: `${arn}, ${action}`, legs: [{ action, resource: arn }] }));

/** What a principal does with Bedrock besides having a model answer. */
export const OTHER_USES: readonly AccessRequest[] = [
  { action: "bedrock:ApplyGuardrail", resource: `arn:aws:bedrock:us-east-1:${ACCOUNT}:guardrail/g1` },
  { action: "bedrock:InvokeAgent", resource: `arn:aws:bedrock:us-east-1:${ACCOUNT}:agent-alias/A1/B1` },
  { action: "bedrock:InvokeFlow", resource: `arn:aws:bedrock:us-east-1:${ACCOUNT}:flow/F1/alias/L1` },
  { action: "bedrock:InvokeInlineAgent", resource: "*" },
  { action: "bedrock:Retrieve", resource: `arn:aws:bedrock:us-east-1:${ACCOUNT}:knowledge-base/K1` },
  {
    action: "bedrock:StopModelInvocationJob",
    resource: `arn:aws:bedrock:us-east-1:${ACCOUNT}:model-invocation-job/x1y2z3`,
  },
  { action: "bedrock:ListFoundationModels", resource: "*" },
  {
    action: "bedrock:GetInferenceProfile",
    resource: `arn:aws:bedrock:us-east-1:${ACCOUNT}:application-inference-profile/x1y2z3`,
  },
  { action: "bedrock-mantle:ListModels", resource: `arn:aws:bedrock-mantle:us-east-1:${ACCOUNT}:project/default` },
  { action: "s3:GetObject", resource: "arn:aws:s3:::bucket/key" },
];
