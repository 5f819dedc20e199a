import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { WriteOutcome } from "@bedrock-governor/core/reconcile/ports";
import { codeOf, messageOf } from "./iam-error.ts";

type Blocked = Extract<WriteOutcome, { status: "blocked" }>;

/** What a person has to do about a write that IAM refused; undefined for what passes, or is a defect. */
export function refusal(operation: "attach" | "detach", id: PrincipalId, error: unknown): Blocked | undefined {
  const why = `${codeOf(error)}: ${messageOf(error)}`;
  switch (codeOf(error)) {
    case "LimitExceeded": {
      const remedy = `detach a policy from ${id}, or have the account's quota of attached policies raised`;
      return { status: "blocked", why, remedy, full: true };
    }
    case "UnmodifiableEntity":
      return unmodifiable(id, why);
    case "AccessDenied":
      return { status: "blocked", why, remedy: REMEDIES[operation](id), full: false };
    default:
      return undefined;
  }
}

/** The reconciler may attach on those the stage governs, and detach everywhere: what keeps it from that is not ours. */
const REMEDIES = {
  attach: (id: PrincipalId) => `add ${id} to the principals this stage governs`,
  detach: (id: PrincipalId) =>
    `find the explicit Deny, service control policy or permissions boundary that keeps the governor's role from detaching its policies from ${id}`,
};

/** Identity Center and service-linked roles take no policy of ours, nor does whatever is neither role nor user. */
export const unmodifiable = (
  id: PrincipalId,
  why = `UnmodifiableEntity: ${id} is neither a role nor a user`,
): Blocked => ({
  status: "blocked",
  why,
  remedy: `give ${id} a guard policy, attached by whoever owns it`,
  full: false,
});

export const notWhatItsNameSays = (policyName: string): Blocked => ({
  status: "blocked",
  why: `the document of ${policyName} is not what its name says`,
  remedy: `delete the policy ${policyName} and find out who changed it`,
  full: false,
});

export const changedMeanwhile = (policyName: string): Blocked => ({
  status: "blocked",
  why: `${policyName} was changed while it was attached, and was detached again`,
  remedy: `find out who changed the policy ${policyName}`,
  full: false,
});
