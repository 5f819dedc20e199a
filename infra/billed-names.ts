/**
 * What bills and AWS's price list called models until autumn 2026. AWS documents no rule, so what is not here is not
 * guessed: `billedAs` has to name it. Cost Explorer by service, then by usage type, shows the names of an account.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/cost-mgmt-understanding-cur-data.html
 */

/** Services that bill by usage types. Which of them has a model differs between accounts. */
export const BEDROCK = ["Amazon Bedrock", "Amazon Bedrock Service"];

/** Ends the name of a service that AWS Marketplace sells; each model is one of its own. */
export const EDITION = " (Amazon Bedrock Edition)";

/**
 * Of Claude, by the word in the id. A model may be the service `Claude Opus 4.6 (Amazon Bedrock Edition)` or, until
 * version 3.7, `Claude 3.5 Sonnet v2 (…)`, and usage types such as `USE1-Claude4.6Opus-input-tokens` or
 * `USW2-anthropic.claude-opus-4-8-mantle-output-tokens-standard`.
 */
export const CLAUDE_KINDS: ReadonlyMap<string, string> = new Map([
  ["opus", "Opus"],
  ["sonnet", "Sonnet"],
  ["haiku", "Haiku"],
  ["fable", "Fable"],
  ["mythos", "Mythos"],
]);

/** Where usage types have another name too. The price list has much of Sonnet 4.5 as Sonnet 4: too much is counted, not nothing. */
export const CLAUDE_ALSO: ReadonlyMap<string, string> = new Map([["Claude4.5Sonnet", "Claude4Sonnet"]]);

/** Parts of usage types, by an id of Amazon's without its version, or with it where that makes another name. */
export const AMAZON: ReadonlyMap<string, readonly string[]> = new Map([
  ["*", ["Nova", "Titan", "AmazonRerank"]],
  ["nova-*", ["Nova"]],
  ["nova-2-*", ["Nova2.0", "NovaSonic2.0", "NovaMultiModalEmbeddings"]],
  ["nova-micro", ["NovaMicro"]],
  ["nova-lite", ["NovaLite"]],
  ["nova-pro", ["NovaPro"]],
  ["nova-premier", ["NovaPremier"]],
  ["nova-canvas", ["NovaCanvas"]],
  ["nova-reel", ["NovaReel"]],
  // With the hyphen, or it would be `NovaSonic2.0` too.
  ["nova-sonic", ["NovaSonic-"]],
  ["nova-2-lite", ["Nova2.0Lite"]],
  ["nova-2-pro", ["Nova2.0Pro"]],
  ["nova-2-omni", ["Nova2.0Omni"]],
  ["nova-2-sonic", ["NovaSonic2.0"]],
  ["nova-2-multimodal-embeddings", ["NovaMultiModalEmbeddings"]],
  ["titan-*", ["Titan"]],
  ["titan-embed-*", ["TitanEmbedding"]],
  ["titan-embed-text-v1", ["TitanEmbeddingsG1-Text"]],
  ["titan-embed-text-v2", ["TitanEmbeddingV2-Text"]],
  ["titan-embed-image", ["TitanEmbeddingsG1-Image"]],
  ["titan-image-generator-v1", ["TitanImageGeneratorG1"]],
  ["titan-image-generator-v2", ["TitanImageGeneratorV2"]],
  ["titan-text-express", ["TitanTextG1-Express"]],
  ["titan-text-lite", ["TitanTextG1-Lite"]],
  ["rerank", ["AmazonRerank"]],
]);
