import { type Answer, json } from "./answers.ts";
import type { Call } from "./call.ts";

/** What an account has in every region. Moto does not play Bedrock's lists. */
export interface BedrockAccount {
  /** Canonical ids. */
  readonly models: readonly string[];
  /** Geographic prefixes (`us`, `global`) under which each model has a system inference profile. */
  readonly prefixes: readonly string[];
  /** Ids of custom models that are deployed and belong to another account, so that no list of this one has them. */
  readonly sharedModels?: readonly string[];
  /** Which model an application inference profile stands for, by the profile's id. */
  readonly applicationProfiles?: Readonly<Record<string, string>>;
}

/** The lists of Bedrock's control plane, in its own shapes. */
export function bedrockList({ action, input, region }: Call, account: BedrockAccount): Answer {
  const { models, prefixes, sharedModels = [], applicationProfiles = {} } = account;
  const ownArn = (what: string) => `arn:aws:bedrock:${region}:123456789012:${what}`;
  const sharedArn = (id: string) => `arn:aws:bedrock:${region}:210987654321:custom-model/${id}`;
  const modelArn = (id: string) => `arn:aws:bedrock:${region}::foundation-model/${id}`;
  switch (action) {
    case "ListFoundationModels":
      return json({ modelSummaries: models.map((modelId) => ({ modelId, modelArn: modelArn(modelId) })) });
    case "ListInferenceProfiles": {
      const ids = models.flatMap((model) => prefixes.map((prefix) => [`${prefix}.${model}`, model] as const));
      const [type, kind, profiles] =
        input.type === "APPLICATION"
          ? ["APPLICATION", "application-inference-profile", Object.entries(applicationProfiles)]
          : ["SYSTEM_DEFINED", "inference-profile", ids];
      return json({
        inferenceProfileSummaries: profiles.map(([id, model]) => ({
          inferenceProfileId: id,
          inferenceProfileArn: ownArn(`${kind}/${id}`),
          inferenceProfileName: id,
          models: [{ modelArn: modelArn(model) }],
          status: "ACTIVE",
          type,
        })),
      });
    }
    case "ListProvisionedModelThroughputs":
      return json({ provisionedModelSummaries: [] });
    case "ListCustomModelDeployments":
      return json({
        modelDeploymentSummaries: sharedModels.map((id) => ({
          customModelDeploymentArn: ownArn(`custom-model-deployment/${id}`),
          customModelDeploymentName: id,
          modelArn: sharedArn(id),
          createdAt: "2026-01-05T00:00:00Z",
          status: "Active",
        })),
      });
    case "GetCustomModel":
      return json({ modelArn: input.modelIdentifier, modelName: "shared", baseModelArn: modelArn(models[0] ?? "") });
    case "ListCustomModels":
    case "ListImportedModels":
      return json({ modelSummaries: [] });
    default:
      throw new Error(`Bedrock does not know ${action} here`);
  }
}
