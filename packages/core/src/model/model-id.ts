import { matches, type Pattern } from "./pattern.ts";

/**
 * The canonical name of a model: its bare Bedrock id, such as
 * `anthropic.claude-opus-4-5-20251101-v1:0`. An imported model, which has no such id, is named by
 * the last part of its ARN, `imported-model/abc123`.
 */
export type ModelId = string;

/** Prefixes of system inference profiles: where Bedrock may route the call. */
export const PROFILE_PREFIXES = ["us", "eu", "apac", "jp", "au", "ca", "in", "us-gov", "global"] as const;

/**
 * What one spelling of a model says by itself.
 *
 * `opaque` spellings (application profiles, provisioned throughput, custom deployments) do not
 * contain the model; only the account's catalogue knows it.
 */
export type Spelling =
  | { readonly kind: "model"; readonly model: ModelId; readonly prefix?: string }
  | { readonly kind: "opaque"; readonly text: string };

const PREFIXED = new RegExp(`^(${PROFILE_PREFIXES.join("|")})\\.(.+\\..+)$`);
const BEDROCK_ARN = /^arn:[^:]+:bedrock:[^:]*:[^:]*:([a-z-]+)\/(.+)$/;

/**
 * Reads a model id, profile id or ARN as it is invoked, logged or measured.
 * Source: "Supported foundation models" and "inference profiles" in the Bedrock user guide.
 */
export function parseSpelling(text: string): Spelling {
  const [, type, id] = BEDROCK_ARN.exec(text) ?? [];
  if (type === undefined || id === undefined) {
    return text.startsWith("arn:") ? { kind: "opaque", text } : parseId(text);
  }
  if (type === "foundation-model" || type === "inference-profile") return parseId(id);
  if (type === "imported-model") return { kind: "model", model: `${type}/${id}` };
  return { kind: "opaque", text };
}

function parseId(id: string): Spelling {
  const [, prefix, model] = PREFIXED.exec(id) ?? [];
  if (prefix === undefined || model === undefined) return { kind: "model", model: id };
  return { kind: "model", model, prefix };
}

/**
 * Models whose `bedrock-mantle` id is not their canonical id without date and version, or whose version
 * a pattern that ends in it does not show (`-1` is also the end of a name).
 * Source: ids that public clients of both endpoints use, autumn 2026. To be verified with the
 * endpoint's own list (`GET /v1/models`).
 */
const MANTLE_IDS: ReadonlyMap<ModelId, string> = new Map([
  ["deepseek.v3-v1:0", "deepseek.v3.1"],
  ["moonshot.kimi-k2-thinking", "moonshotai.kimi-k2-thinking"],
  ["nvidia.nemotron-nano-12b-v2", "nvidia.nemotron-nano-12b-v2"],
  ["nvidia.nemotron-nano-9b-v2", "nvidia.nemotron-nano-9b-v2"],
  ["openai.gpt-oss-120b-1:0", "openai.gpt-oss-120b"],
  ["openai.gpt-oss-20b-1:0", "openai.gpt-oss-20b"],
  ["qwen.qwen3-coder-30b-a3b-v1:0", "qwen.qwen3-coder-30b-a3b-instruct"],
  ["qwen.qwen3-coder-480b-a35b-v1:0", "qwen.qwen3-coder-480b-a35b-instruct"],
  ["qwen.qwen3-next-80b-a3b", "qwen.qwen3-next-80b-a3b-instruct"],
  ["qwen.qwen3-vl-235b-a22b", "qwen.qwen3-vl-235b-a22b-instruct"],
]);

const DATE_AND_VERSION = /(?:-20\d{6})?(?:-v\d+(?::\d+)*|-\d+:\d+)?$/;
const CUT_OFF_IN_DATE_OR_VERSION = /-(?:2|20\d{0,6}(?:-(?:v[\d:]*)?)?|v[\d:]*|\d+:[\d:]*)?\*$/;

/**
 * The ids and patterns under which `bedrock-mantle` serves what a model id or pattern names. Its
 * ids have neither date nor version, so a pattern that ends within them also names the bare id:
 * `anthropic.claude-opus-4-5-*` is `anthropic.claude-opus-4-5` there.
 */
export function mantleIds(pattern: Pattern): readonly string[] {
  const exact = MANTLE_IDS.get(pattern);
  if (exact !== undefined) return [exact];
  const ids = new Set<string>();
  if (pattern.endsWith("*")) {
    ids.add(pattern);
    const stem = pattern.replace(CUT_OFF_IN_DATE_OR_VERSION, "");
    if (stem !== "") ids.add(stem);
  } else {
    ids.add(splitsVersion(pattern) ? pattern : pattern.replace(DATE_AND_VERSION, ""));
  }
  for (const [model, id] of MANTLE_IDS) if (matches(pattern, model)) ids.add(id);
  return [...ids].sort();
}

const STAR_BEFORE_DATE_OR_VERSION =
  /\*(?:-20\d{6}|(?:-20\d{6}|\d{1,8})?-(?:v\d+(?::\d+)*|\d+:\d+)|v?\d+(?::\d+)*|(?::\d+)+)$/;

/**
 * Says whether a pattern has its `*` right before a date or version, or within one (`anthropic.*-v1:0`,
 * `*:0`): what it names there cannot be told apart on `bedrock-mantle`.
 */
export function splitsVersion(pattern: Pattern): boolean {
  return STAR_BEFORE_DATE_OR_VERSION.test(pattern);
}
