import type { Catalogue } from "@bedrock-governor/core/model/catalogue";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { Attachments } from "./attachments.ts";
import {
  type AccessQuestion,
  isDenied,
  type Place,
  type PolicyDocument,
  questionsOf,
  type Road,
} from "./authorisation.ts";
import type { Policies } from "./policies.ts";

/** Says whether a call is refused: whether a policy that works for the principal denies it. */
export type Authoriser = (principal: PrincipalId, spelling: string, road: Road) => boolean;

/** Documents are judged once per spelling: a trace asks the same few things a million times. */
export function createAuthoriser(
  attachments: Attachments,
  policies: Policies,
  place: Place,
  catalogue: Catalogue,
): Authoriser {
  const verdicts = new WeakMap<PolicyDocument, Map<string, boolean>>();
  const asked = new Map<string, readonly AccessQuestion[]>();

  function denies(document: PolicyDocument, spelling: string, road: Road): boolean {
    const known = verdicts.get(document) ?? new Map<string, boolean>();
    verdicts.set(document, known);
    const id = `${road} ${spelling}`;
    const before = known.get(id);
    if (before !== undefined) return before;
    const questions = asked.get(id) ?? questionsOf(spelling, road, place, catalogue);
    asked.set(id, questions);
    const verdict = isDenied(document, questions);
    known.set(id, verdict);
    return verdict;
  }

  return (principal, spelling, road) => {
    for (const name of attachments.effective(principal)) {
      const policy = policies.find(name);
      if (policy !== undefined && denies(policy.document, spelling, road)) return true;
    }
    return false;
  };
}
