import { type ModelId, parseSpelling } from "./model-id.ts";

/** What one account can call: read from Bedrock's lists in every region it uses. */
export interface Catalogue {
  /** Canonical ids, sorted. */
  readonly models: readonly ModelId[];
  /**
   * Ids and ARNs that do not contain the model (application profiles, provisioned throughput,
   * custom deployments) and the model behind each.
   */
  readonly aliases: ReadonlyMap<string, ModelId>;
  /**
   * Per model, ARNs that can be invoked without its foundation model being authorised: provisioned
   * throughput, custom deployments, imported models. A deny has to name them one by one.
   */
  readonly otherArns: ReadonlyMap<ModelId, readonly string[]>;
}

/** The model behind a spelling; undefined when only a catalogue could tell and it does not. */
export function resolveModel(spelling: string, catalogue?: Catalogue): ModelId | undefined {
  const alias = catalogue?.aliases.get(spelling);
  if (alias !== undefined) return alias;
  const parsed = parseSpelling(spelling);
  return parsed.kind === "model" ? parsed.model : undefined;
}
