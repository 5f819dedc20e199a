import {
  type BedrockClient,
  GetCustomModelCommand,
  ListFoundationModelsCommand,
  paginateListCustomModelDeployments,
  paginateListCustomModels,
  paginateListImportedModels,
  paginateListInferenceProfiles,
  paginateListProvisionedModelThroughputs,
} from "@aws-sdk/client-bedrock";
import { type ModelId, parseSpelling } from "@bedrock-governor/core/model/model-id";

/** What can be called from one region. */
export interface RegionCatalogue {
  readonly models: ReadonlySet<ModelId>;
  /** Ids of system inference profiles (`us.…`, `global.…`), sorted. */
  readonly profiles: readonly string[];
  /** As in the core's `Catalogue`; sorted by spelling. */
  readonly aliases: ReadonlyMap<string, ModelId>;
  readonly otherArns: ReadonlyMap<ModelId, readonly string[]>;
}

/** Reads every list of one region to its last page. @throws UnreadLists if any could not be read. */
export async function readRegion(client: BedrockClient, signal: AbortSignal): Promise<RegionCatalogue> {
  const unread = new Map<string, unknown>();
  const named = async <T>(list: string, reading: Promise<T>): Promise<T | undefined> => {
    try {
      return await reading;
    } catch (error) {
      unread.set(list, error);
      return undefined;
    }
  };
  const [models, profiled, ...others] = await Promise.all([
    named("ListFoundationModels", foundationModels(client, signal)),
    named("ListInferenceProfiles", inferenceProfiles(client, signal)),
    named("ListProvisionedModelThroughputs", orNone(provisioned(client, signal))),
    named("ListCustomModelDeployments", orNone(deployments(client, signal))),
    named("ListImportedModels", orNone(imported(client, signal))),
  ]);
  if (models === undefined || profiled === undefined || unread.size > 0) throw new UnreadLists(unread);
  const { profiles, aliases } = profiled;
  const arns = others.flatMap((some) => some ?? []).sort((a, b) => (a.arn < b.arn ? -1 : 1));
  const otherArns = new Map<ModelId, string[]>();
  for (const { arn, model } of arns) {
    otherArns.set(model, [...(otherArns.get(model) ?? []), arn]);
    aliases.set(arn, model);
    // Under which of the two CloudWatch files these calls is not documented.
    aliases.set(lastPart(arn), model);
    models.add(model);
  }
  const sorted = [...aliases].sort(([a], [b]) => (a < b ? -1 : 1));
  return { models, profiles: profiles.sort(), aliases: new Map(sorted), otherArns };
}

/** Which lists of a region could not be read, and why. */
export class UnreadLists extends Error {
  override readonly name = "UnreadLists";
  readonly causes: ReadonlyMap<string, unknown>;

  constructor(causes: ReadonlyMap<string, unknown>) {
    super(`unread: ${[...causes.keys()].join(", ")}`, { cause: [...causes.values()][0] });
    this.causes = causes;
  }
}

async function foundationModels(client: BedrockClient, abortSignal: AbortSignal): Promise<Set<ModelId>> {
  const { modelSummaries } = await client.send(new ListFoundationModelsCommand({}), { abortSignal });
  if (modelSummaries === undefined) throw new Error("ListFoundationModels answered without a list");
  return new Set(modelSummaries.flatMap(({ modelId }) => modelId ?? []));
}

async function inferenceProfiles(client: BedrockClient, abortSignal: AbortSignal) {
  const profiles: string[] = [];
  const aliases = new Map<string, ModelId>();
  for (const typeEquals of ["SYSTEM_DEFINED", "APPLICATION"] as const) {
    const pages = paginateListInferenceProfiles({ client, pageSize: 1000 }, { typeEquals }, { abortSignal });
    for await (const page of pages) {
      for (const { inferenceProfileId: id, inferenceProfileArn: arn, models } of page.inferenceProfileSummaries ?? []) {
        if (id === undefined || arn === undefined) continue;
        if (typeEquals === "SYSTEM_DEFINED") profiles.push(id);
        const model = baseModel(models?.[0]?.modelArn);
        // A prefix that we do not know yet hides the model as well as an opaque id does.
        if (model === undefined || modelOf(id) === model) continue;
        aliases.set(id, model).set(arn, model);
      }
    }
  }
  return { profiles, aliases };
}

interface OtherArn {
  readonly arn: string;
  readonly model: ModelId;
}

async function provisioned(client: BedrockClient, abortSignal: AbortSignal): Promise<readonly OtherArn[]> {
  const found: OtherArn[] = [];
  for await (const page of paginateListProvisionedModelThroughputs({ client, pageSize: 1000 }, {}, { abortSignal })) {
    for (const { provisionedModelArn: arn, foundationModelArn } of page.provisionedModelSummaries ?? []) {
      if (arn !== undefined) found.push({ arn, model: baseModel(foundationModelArn) ?? ownId(arn) });
    }
  }
  return found;
}

async function imported(client: BedrockClient, abortSignal: AbortSignal): Promise<readonly OtherArn[]> {
  const found: OtherArn[] = [];
  for await (const page of paginateListImportedModels({ client, pageSize: 1000 }, {}, { abortSignal })) {
    for (const { modelArn: arn } of page.modelSummaries ?? []) {
      if (arn !== undefined) found.push({ arn, model: ownId(arn) });
    }
  }
  return found;
}

/** A deployment names its custom model only; that one names its base. */
async function deployments(client: BedrockClient, abortSignal: AbortSignal): Promise<readonly OtherArn[]> {
  const deployed: { readonly arn: string; readonly custom: string }[] = [];
  for await (const page of paginateListCustomModelDeployments({ client, pageSize: 1000 }, {}, { abortSignal })) {
    for (const { customModelDeploymentArn: arn, modelArn: custom } of page.modelDeploymentSummaries ?? []) {
      if (arn !== undefined && custom !== undefined) deployed.push({ arn, custom });
    }
  }
  if (deployed.length === 0) return [];
  const bases = new Map<string, string | undefined>();
  for await (const page of paginateListCustomModels({ client, pageSize: 1000 }, {}, { abortSignal })) {
    for (const { modelArn, baseModelArn } of page.modelSummaries ?? []) {
      if (modelArn !== undefined) bases.set(modelArn, baseModelArn);
    }
  }
  for (const { custom } of deployed) {
    if (bases.has(custom)) continue;
    // Shared by another account: not in the list of this one.
    const command = new GetCustomModelCommand({ modelIdentifier: custom });
    const { baseModelArn } = await client.send(command, { abortSignal });
    bases.set(custom, baseModelArn);
  }
  return deployed.map(({ arn, custom }) => ({ arn, model: baseModel(bases.get(custom)) ?? ownId(arn) }));
}

/**
 * A region that does not offer something has nothing that it would list. Denied is another matter: that is unread.
 * Some operations are not known there, and others refuse in words of their own.
 */
async function orNone(list: Promise<readonly OtherArn[]>): Promise<readonly OtherArn[]> {
  try {
    return await list;
  } catch (error) {
    if (error instanceof Error && isNotOffered(error)) return [];
    throw error;
  }
}

const isNotOffered = ({ name, message }: Error): boolean =>
  name === "UnknownOperationException" ||
  (name === "ValidationException" &&
    /\bnot (yet |currently )?(supported|available)|\bunsupported|unknown operation/i.test(message));

function modelOf(spelling: string): ModelId | undefined {
  const parsed = parseSpelling(spelling);
  return parsed.kind === "model" ? parsed.model : undefined;
}

/** Throughput is bought for a context window (`…-v1:0:48k`), which the model's own id does not have. */
const baseModel = (arn: string | undefined): ModelId | undefined =>
  arn === undefined ? undefined : modelOf(arn)?.replace(/(:\d+):\d+k$/, "$1");

/** `imported-model/abc`: the name of what has no base model that we could know. */
const ownId = (arn: string): ModelId => arn.slice(arn.lastIndexOf(":") + 1);
const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf("/") + 1);
