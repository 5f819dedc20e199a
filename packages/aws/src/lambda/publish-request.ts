import type { DenyDocument, DenyPolicy } from "@bedrock-governor/core/policy/deny-policy";
import { readDenyPolicy } from "@bedrock-governor/core/policy/read-deny-policy";

/** What of a policy goes to the publisher: the rest follows from it. */
export type SentPolicy = Pick<DenyPolicy, "name" | "text" | "description">;

export const sentPolicy = ({ name, text, description }: DenyPolicy): SentPolicy => ({ name, text, description });

/** IAM's limit for a policy's description. */
const MAX_DESCRIPTION = 1_000;

/**
 * The policies that an invoker wants published.
 *
 * @throws RangeError if anything is not as it should be, a document that denies something else than its name
 * says, or allows anything, included: then nothing of the request is to be published.
 */
export function publishRequest(payload: unknown): readonly DenyPolicy[] {
  const policies = fieldOf(payload, "policies");
  if (!Array.isArray(policies)) throw new RangeError('the request must be { "policies": […] }');
  return policies.map((policy: unknown, index) => {
    const [name, text, description] = ["name", "text", "description"].map((key) => fieldOf(policy, key));
    if (typeof name !== "string" || typeof text !== "string" || typeof description !== "string") {
      throw new RangeError(`policies[${index}] must have name, text and description, each a text`);
    }
    if (description.length > MAX_DESCRIPTION)
      throw new RangeError(`policies[${index}].description is too long for IAM`);
    const members = readDenyPolicy(name, text);
    if (members === undefined) {
      throw new RangeError(`policies[${index}] is refused: its document is not what its name says`);
    }
    return { name, text, description, members, document: JSON.parse(text) as DenyDocument };
  });
}

/** Names of policies in the publisher's answer; undefined if it is no such answer. */
export function availableIn(answer: unknown): readonly string[] | undefined {
  const names = fieldOf(answer, "available");
  return Array.isArray(names) && names.every((name) => typeof name === "string") ? names : undefined;
}

/** A field of what came from outside; undefined if there is none. */
export function fieldOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
