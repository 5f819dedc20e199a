import { type DenySet, denySet, denySetKey } from "../enforcement/deny-set.ts";
import type { Catalogue } from "../model/catalogue.ts";
import type { Pattern } from "../model/pattern.ts";
import { type DenyDocumentOptions, type DenyParts, denyParts, otherArnsOf, writeDocument } from "./deny-document.ts";
import type { DenyPolicy } from "./deny-policy.ts";
import { policyName } from "./policy-name.ts";

export interface DenyPolicyOptions extends DenyDocumentOptions {
  /** Letters, digits and hyphens, put into names: where a denied person can ask. */
  readonly helpSlug?: string | undefined;
}

/** IAM's limit for a managed policy, in characters, white space not counted. */
export const MAX_DOCUMENT = 6_144;
/** IAM's limit for a policy's description. */
const MAX_DESCRIPTION = 1_000;

/**
 * The policies that together deny exactly a set: one, or several if its document is too large for
 * one. Each stands by itself: a member whose ARNs do not fit into one policy is a member of several.
 * Always the same for equal arguments; none for an empty set.
 *
 * @throws RangeError as `denyDocument` does.
 */
export function denyPolicies(set: DenySet, options: DenyPolicyOptions): readonly DenyPolicy[] {
  const known = remembered(options.otherArns);
  const key = JSON.stringify([options.partition, options.stage, options.helpSlug, denySetKey(set)]);
  let policies = known.get(key);
  if (policies === undefined) {
    policies = split(denySet(set), options).map((parts) => denyPolicy(parts, options.helpSlug));
    known.set(key, policies);
  }
  return policies;
}

type Remembered = Map<string, readonly DenyPolicy[]>;
const byCatalogue = new WeakMap<Catalogue["otherArns"], Remembered>();
const NO_OTHER_ARNS: Catalogue["otherArns"] = new Map();

/** Every principal with the same set asks for the same policies, on every run until the catalogue is another. */
function remembered(otherArns: Catalogue["otherArns"] = NO_OTHER_ARNS): Remembered {
  let known = byCatalogue.get(otherArns);
  if (known === undefined) {
    known = new Map();
    byCatalogue.set(otherArns, known);
  }
  return known;
}

export const documentText = (parts: DenyParts): string => JSON.stringify(writeDocument(parts));

const fits = (parts: DenyParts): boolean => documentText(parts).length <= MAX_DOCUMENT;

/** Fills one document after the other, in the set's order. */
function split(members: DenySet, options: DenyDocumentOptions): readonly DenyParts[] {
  const full: DenyParts[] = [];
  let open: DenyParts | undefined;
  const add = (member: Pattern, arns: readonly string[]): boolean => {
    const grown = denyParts([...(open?.members ?? []), member], [...(open?.otherArns ?? []), ...arns], options);
    if (!fits(grown)) return false;
    open = grown;
    return true;
  };
  const addToNext = (member: Pattern, arns: readonly string[]) => {
    if (open !== undefined) full.push(open);
    open = undefined;
    if (!add(member, arns)) throw new RangeError(`"${arns[0] ?? member}" is too long for a policy`);
  };
  for (const member of members) {
    const arns = otherArnsOf([member], options.otherArns);
    if (add(member, arns)) continue;
    addToNext(member, []);
    for (const arn of arns) if (!add(member, [arn])) addToNext(member, [arn]);
  }
  return open === undefined ? full : [...full, open];
}

function denyPolicy(parts: DenyParts, helpSlug: string | undefined): DenyPolicy {
  const { members } = parts;
  const document = writeDocument(parts);
  const text = JSON.stringify(document);
  return { name: policyName(members, text, helpSlug), members, document, text, description: description(members) };
}

/** IAM takes Latin-1 in a description; members are ASCII. Cut between two members. */
function description(members: DenySet): string {
  const all = members.join(", ");
  if (all.length <= MAX_DESCRIPTION) return all;
  const kept = all.slice(0, MAX_DESCRIPTION - ", ...".length + 1);
  return `${kept.slice(0, kept.lastIndexOf(","))}, ...`;
}
