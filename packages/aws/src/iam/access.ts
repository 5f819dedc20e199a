import {
  AttachRolePolicyCommand,
  AttachUserPolicyCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
} from "@aws-sdk/client-iam";
import { readDenyPolicy } from "@bedrock-governor/core/policy/read-deny-policy";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { AccessPort, WriteOutcome } from "@bedrock-governor/core/reconcile/ports";
import type { Place } from "../permission.ts";
import { denyPolicyArn } from "./deny-path.ts";
import { isMissing, messageOf } from "./iam-error.ts";
import { createObserve } from "./observe.ts";
import { createPatience, type Timing } from "./patience.ts";
import { createPolicyReader, type Iam } from "./policy-reader.ts";
import { changedMeanwhile, notWhatItsNameSays, refusal, unmodifiable } from "./refusal.ts";

export interface IamAccessOptions extends Timing {
  /** Made with `maxAttempts: 1`: what may pass is tried again here, within pace and deadline. */
  readonly iam: Iam;
  readonly place: Place;
}

const DONE: WriteOutcome = { status: "done" };
const GONE: WriteOutcome = { status: "gone" };
const UNPUBLISHED: WriteOutcome = { status: "unpublished" };

/**
 * Who is denied what, in IAM. It sends what `accessPermissions` names, and touches no policies but the
 * stage's own.
 *
 * A policy is read before every attach, and what was attached is compared with what was read: one that
 * nobody holds can be deleted, and made again under the same ARN, in between. If the comparison itself
 * fails, attach rejects, and the next observation reads the document.
 */
export function createIamAccess({ iam, place, ...timing }: IamAccessOptions): AccessPort {
  const patience = createPatience(timing);
  const policies = createPolicyReader(iam, place, patience);

  return {
    observe: createObserve({ iam, place, patience, policies }),

    attach: ({ id }, name) =>
      naming(`attaching ${name} to ${id}`, async () => {
        const holder = holderOf(iam, id);
        if (holder === undefined) return unmodifiable(id);
        const before = await policies.edition(name);
        const document = before && (await policies.document(name, before));
        if (before === undefined || document === undefined) return UNPUBLISHED;
        if (readDenyPolicy(name, document) === undefined) return notWhatItsNameSays(name);
        const arn = denyPolicyArn(place, name);
        const outcome = await write("attach", id, () => holder.attach(arn), missing(arn, UNPUBLISHED));
        if (outcome !== DONE) return outcome;
        const after = await policies.edition(name);
        if (after?.policyId === before.policyId && after.versionId === before.versionId) return DONE;
        const undone = await detach(id, holder, arn);
        return undone.status === "blocked" ? undone : changedMeanwhile(name);
      }),

    detach: (id, name) =>
      naming(`detaching ${name} from ${id}`, async () => {
        const holder = holderOf(iam, id);
        return holder === undefined ? unmodifiable(id) : detach(id, holder, denyPolicyArn(place, name));
      }),
  };

  function detach(id: PrincipalId, holder: Holder, arn: string): Promise<WriteOutcome> {
    // A policy that is off already is not found either.
    return write("detach", id, () => holder.detach(arn), missing(arn, DONE));
  }

  async function write(
    operation: "attach" | "detach",
    id: PrincipalId,
    call: () => Promise<unknown>,
    whenMissing: (error: unknown) => WriteOutcome,
  ): Promise<WriteOutcome> {
    try {
      await patience.write(call);
      return DONE;
    } catch (error) {
      if (isMissing(error)) return whenMissing(error);
      const blocked = refusal(operation, id, error);
      if (blocked === undefined) throw error;
      return blocked;
    }
  }
}

/** IAM says of a policy that it was not found as it does of a principal: the message names which. */
const missing =
  (arn: string, ofPolicy: WriteOutcome) =>
  (error: unknown): WriteOutcome =>
    messageOf(error).includes(arn) ? ofPolicy : GONE;

interface Holder {
  attach(PolicyArn: string): Promise<unknown>;
  detach(PolicyArn: string): Promise<unknown>;
}

/** Undefined for whatever is neither a role nor a user, and so can hold no policy. */
function holderOf(iam: Iam, id: PrincipalId): Holder | undefined {
  const [, kind, name] = /^(role|user)\/([^/]+)$/.exec(id) ?? [];
  if (kind === "role") {
    return {
      attach: (PolicyArn) => iam.send(new AttachRolePolicyCommand({ RoleName: name, PolicyArn })),
      detach: (PolicyArn) => iam.send(new DetachRolePolicyCommand({ RoleName: name, PolicyArn })),
    };
  }
  if (kind === "user") {
    return {
      attach: (PolicyArn) => iam.send(new AttachUserPolicyCommand({ UserName: name, PolicyArn })),
      detach: (PolicyArn) => iam.send(new DetachUserPolicyCommand({ UserName: name, PolicyArn })),
    };
  }
  return undefined;
}

/** Says in a rejection what was tried, and on whom. */
async function naming<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
  }
}
