import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { AccessPort, ObservedAccess, WriteOutcome } from "@bedrock-governor/core/reconcile/ports";
import type { Attachments } from "./attachments.ts";
import type { Directory } from "./directory.ts";
import { type Faults, IamFault } from "./faults.ts";
import type { Policies } from "./policies.ts";

export interface AccessOptions {
  readonly directory: Directory;
  readonly policies: Policies;
  readonly attachments: Attachments;
  readonly faults: Faults;
  /** How many managed policies a principal can hold. */
  readonly quota: number;
}

/** IAM's side of attaching and detaching, as the governor's reconciler sees it. */
export function createAccess({ directory, policies, attachments, faults, quota }: AccessOptions): AccessPort {
  let last: { from: readonly unknown[]; answer: ObservedAccess } | undefined;

  return {
    observe: async () =>
      faults.around("observe", () => {
        const published = policies.published();
        const all = attachments.observed();
        if (last?.from[0] === published && last.from[1] === all) return last.answer;
        const attached = new Map<PrincipalId, readonly string[]>();
        for (const [principal, names] of all) {
          const ours = names.filter((name) => published.has(name));
          if (ours.length > 0) attached.set(principal, ours);
        }
        last = { from: [published, all], answer: { published, attached } };
        return last.answer;
      }),

    attach: async ({ id }, name) =>
      write("attach", id, faults, () => {
        const refusal = refuses(id) ?? refusesPolicy(id, name);
        if (refusal !== undefined) return refusal;
        if (!attachments.of(id).includes(name)) attachments.write(id, name, true);
        return { status: "done" };
      }),

    detach: async (id, name) =>
      write("detach", id, faults, () => {
        const refusal = refuses(id);
        if (refusal !== undefined) return refusal;
        if (attachments.of(id).includes(name)) attachments.write(id, name, false);
        return { status: "done" };
      }),
  };

  function refuses(id: PrincipalId): WriteOutcome | undefined {
    const principal = directory.find(id);
    if (principal === undefined) return { status: "gone" };
    if (principal.undeniable === undefined) return undefined;
    const remedy = `give ${id} a guard policy, attached by whoever owns it`;
    return { status: "blocked", why: `UnmodifiableEntity: ${id} is a ${principal.undeniable}`, remedy, full: false };
  }

  function refusesPolicy(id: PrincipalId, name: string): WriteOutcome | undefined {
    if (policies.find(name) === undefined) return { status: "unpublished" };
    if (policies.deniedBy(name) === undefined) {
      const remedy = `delete the policy ${name} and find out who changed it`;
      return { status: "blocked", why: `the document of ${name} is not what its name says`, remedy, full: false };
    }
    const attached = attachments.of(id);
    if (attached.includes(name) || attached.length < quota) return undefined;
    const remedy = `detach a policy from ${id}, or have its quota of ${quota} attached policies raised`;
    return { status: "blocked", why: `LimitExceeded: ${id} holds ${quota} policies`, remedy, full: true };
  }
}

/** A permission that is missing needs a person; every other fault may be over the next time. */
function write(
  operation: "attach" | "detach",
  id: PrincipalId,
  faults: Faults,
  action: () => WriteOutcome,
): WriteOutcome {
  try {
    return faults.around(id, action);
  } catch (error) {
    if (!(error instanceof IamFault) || error.fault !== "access denied") throw error;
    const remedy =
      operation === "attach"
        ? `add ${id} to the principals this stage governs`
        : `find what forbids detaching from ${id}`;
    return { status: "blocked", why: `AccessDenied: the governor may not change ${id}`, remedy, full: false };
  }
}
