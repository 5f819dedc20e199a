import { type DenySet, denySet } from "../enforcement/deny-set.ts";
import type { Catalogue } from "../model/catalogue.ts";
import { mantleIds, PROFILE_PREFIXES } from "../model/model-id.ts";
import { matchesAny, type Pattern, remainders } from "../model/pattern.ts";
import type { DenyDocument, DenyStatement } from "./deny-policy.ts";

/** What a deny document depends on besides the models it denies. */
export interface DenyDocumentOptions {
  /** `aws`, `aws-us-gov`, `aws-cn`, `aws-eusc`. */
  readonly partition: string;
  /** Per model, ARNs that reach it without its foundation model: from the account's catalogue. */
  readonly otherArns?: Catalogue["otherArns"] | undefined;
  /**
   * Put into the statements' Sids. A policy's name is unique in an account whatever its path, so
   * without it two stages of one account would make policies of the same name.
   */
  readonly stage?: string | undefined;
}

/** Everything that stands in a deny document, as `normalParts` gives it: equal documents have equal parts. */
export interface DenyParts {
  readonly members: DenySet;
  readonly otherArns: readonly string[];
  readonly partition: string;
  readonly stage: string;
}

/**
 * The document that denies the models of a set on every road to them, and nothing else.
 *
 * Geo, global and application profiles need the foundation model as well, in each region they route
 * to and, for global ones, in the empty region: denying it there closes them all, those with
 * prefixes that do not exist yet too. `bedrock-mantle` is a service of its own, with one resource
 * for all models and the model as a condition key.
 *
 * @throws RangeError if the set is empty, or a member, an ARN or the partition has no place in a document.
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
 */
export function denyDocument(set: DenySet, options: DenyDocumentOptions & MantleOverride): DenyDocument {
  return writeDocument(denyParts(set, otherArnsOf(set, options.otherArns), options), checked(options.mantleIds));
}

/** For a document written by hand: `readDenyPolicy` does not take such a one for ours. */
export interface MantleOverride {
  /** Ids and patterns under which `bedrock-mantle` serves the models, in place of those derived from the set. */
  readonly mantleIds?: readonly Pattern[] | undefined;
}

function checked(mantleIds: readonly Pattern[] | undefined): readonly Pattern[] | undefined {
  const wrong = mantleIds?.find((id) => !MEMBER.test(id));
  if (wrong !== undefined)
    throw new RangeError(`"${wrong}" is not a mantle id: those have up to 256 letters, digits and . _ : / - *`);
  return mantleIds;
}

/** The parts of a document, checked: nothing unchecked ever reaches one. @throws RangeError */
export function denyParts(set: DenySet, otherArns: readonly string[], options: DenyDocumentOptions): DenyParts {
  const stage = (options.stage ?? "").replace(/[^A-Za-z0-9]/g, "");
  const parts = normalParts({ members: set, otherArns, partition: options.partition, stage });
  const problem = problemOf(parts);
  if (problem !== undefined) throw new RangeError(problem);
  return parts;
}

/** The same parts with nothing said twice, or said by a member already. */
export function normalParts(parts: DenyParts): DenyParts {
  const members = denySet(parts.members);
  const imported = members.flatMap(importedIds).map((id) => `*:${id}`);
  const otherArns = [...new Set(parts.otherArns)].filter((arn) => !matchesAny(imported, arn)).sort();
  return { ...parts, members, otherArns };
}

/** What keeps parts out of a document, in words; undefined if nothing does. */
export function problemOf({ members, otherArns, partition }: DenyParts): string | undefined {
  if (members.length === 0) return "an empty deny set has no document";
  if (!PARTITION.test(partition)) return `"${partition}" is not an AWS partition`;
  const member = members.find((one) => !isMember(one));
  if (member !== undefined) {
    return `"${member}" cannot be denied: a model id or pattern has up to 256 letters, digits and . _ : / - *`;
  }
  const arn = otherArns.find((one) => OTHER_ARN.exec(one)?.[1] !== partition);
  return arn === undefined
    ? undefined
    : `"${arn}" is not the ARN of a provisioned, custom or imported model in ${partition}`;
}

const PARTITION = /^aws(?:-[a-z]+)*$/;
/** `?` and `${` are left out above all: IAM would read a wildcard and a variable in them. */
const MEMBER = /^[A-Za-z0-9._:/*-]{1,256}$/;
/** Says whether a model id or pattern has the form of one, and so can stand in a document. */
export const isMember = (pattern: Pattern): boolean => MEMBER.test(pattern);

const OTHER_ARN =
  /^arn:(aws[a-z-]*):bedrock:[a-z0-9-]+:\d{12}:(?:provisioned-model|custom-model|custom-model-deployment|imported-model)\/[A-Za-z0-9._:/-]+$/;

/**
 * The ARNs of a catalogue that a document can hold. One of a form that Bedrock did not have when this was
 * written is left out: the model's other roads are closed all the same.
 */
export function usableArns(otherArns: Catalogue["otherArns"], partition: string): Catalogue["otherArns"] {
  return new Map(
    [...otherArns].map(([model, arns]) => [model, arns.filter((arn) => OTHER_ARN.exec(arn)?.[1] === partition)]),
  );
}

const IMPORTED = "imported-model/";

/** ARNs the catalogue has for the models that some of the patterns stand for, sorted. */
export const otherArnsOf = (
  patterns: readonly Pattern[],
  otherArns: Catalogue["otherArns"] = new Map(),
): readonly string[] => [...otherArns].flatMap(([model, arns]) => (matchesAny(patterns, model) ? arns : [])).sort();

/** Writes the one document that parts have: `readDenyPolicy` relies on there being no other. */
export function writeDocument(parts: DenyParts, mantle = servedOnMantle(parts)): DenyDocument {
  const { members, otherArns, partition, stage } = parts;
  const resources = members.flatMap((member) => resourcesOf(member, partition));
  const runtime: DenyStatement = {
    Sid: `${stage}Runtime`,
    Effect: "Deny",
    // The first is InvokeModel and InvokeModelWithResponseStream; Converse and async calls are authorised as these.
    Action: ["bedrock:InvokeModel*", "bedrock:CreateModelInvocationJob"],
    Resource: [...new Set(resources), ...otherArns],
  };
  const statements = mantle.length === 0 ? [runtime] : [runtime, mantleStatement(denySet(mantle), stage)];
  return { Version: "2012-10-17", Statement: statements };
}

const servedOnMantle = ({ members }: DenyParts): readonly Pattern[] =>
  members.filter((member) => !member.startsWith(IMPORTED)).flatMap(mantleIds);

/** A project stands for all models, so the resource is `*` and the condition names the model. */
const mantleStatement = (ids: readonly string[], stage: string): DenyStatement => ({
  Sid: `${stage}Mantle`,
  Effect: "Deny",
  Action: ["bedrock-mantle:CreateInference"],
  Resource: ["*"],
  Condition: { StringLike: { "bedrock-mantle:Model": ids } },
});

function resourcesOf(member: Pattern, partition: string): readonly string[] {
  const bedrock = `arn:${partition}:bedrock`;
  const imported = importedIds(member).map((id) => `${bedrock}:*:*:${id}`);
  if (member.startsWith(IMPORTED)) return imported;
  return [
    `${bedrock}:*::foundation-model/${member}`,
    `${bedrock}:::foundation-model/${member}`,
    ...profileIds(member).map((id) => `${bedrock}:*:*:inference-profile/${id}`),
    ...imported,
  ];
}

/** An imported model has no foundation model; `*` and the like stand for it too. */
const importedIds = (member: Pattern): readonly Pattern[] =>
  remainders(member, IMPORTED).map((rest) => `${IMPORTED}${rest}`);

/**
 * `*.` stands for any prefix. Before a pattern without a provider it would stand for prefix and
 * provider (`*.nova*` matches `us.amazon.nova-lite-v1:0`, which `nova*` does not name), so there the
 * known prefixes are written out.
 */
function profileIds(member: Pattern): readonly Pattern[] {
  const provider = /^(?:\*|[^*]*\.)/.test(member);
  return (provider ? ["*"] : PROFILE_PREFIXES).map((prefix) => `${prefix}.${member}`);
}
