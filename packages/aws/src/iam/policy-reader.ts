import { GetPolicyCommand, GetPolicyVersionCommand, type IAMClient, ListPoliciesCommand } from "@aws-sdk/client-iam";
import type { Place } from "../permission.ts";
import { denyPath, denyPolicyArn } from "./deny-path.ts";
import { isMissing } from "./iam-error.ts";
import { pagesOf } from "./pages.ts";
import type { Patience } from "./patience.ts";

/** The part of the SDK's client that adapters use. */
export type Iam = Pick<IAMClient, "send">;

/**
 * Which policy and which document of it: a policy deleted and made again has another id, and
 * versions are numbered on, so what stands under equal editions is equal.
 */
export interface Edition {
  readonly policyId: string;
  readonly versionId: string;
}

export interface ListedPolicy extends Edition {
  readonly name: string;
  /** Whether a role, a user or a group holds it. */
  readonly attached: boolean;
  /** Whether it bounds somebody's permissions, which no policy of ours is for. */
  readonly boundary: boolean;
}

/** Deny policies of one stage as IAM holds them. */
export interface PolicyReader {
  /** All at the stage's path. Rejects if a page is unread. */
  list(): Promise<readonly ListedPolicy[]>;
  /** Undefined if there is no such policy. */
  edition(name: string): Promise<Edition | undefined>;
  /** The document of an edition, as JSON; undefined if there is none. */
  document(name: string, edition: Edition): Promise<string | undefined>;
}

export function createPolicyReader(iam: Iam, place: Place, { read }: Patience): PolicyReader {
  return {
    async list() {
      const pages = await pagesOf((position) =>
        read(() => iam.send(new ListPoliciesCommand({ Scope: "Local", PathPrefix: denyPath(place), ...position }))),
      );
      // Paths below ours start with it too.
      const ours = pages.flatMap(({ Policies = [] }) => Policies).filter(({ Path }) => Path === denyPath(place));
      return ours.map((policy) => {
        const { PolicyName: name, AttachmentCount: holders, PermissionsBoundaryUsageCount: bounded } = policy;
        if (name === undefined) throw new Error("IAM listed a policy without its name");
        // Not said is not 0: then its holders are asked for.
        return { name, ...editionOf(name, policy), attached: holders !== 0, boundary: (bounded ?? 0) > 0 };
      });
    },

    async edition(name) {
      const command = new GetPolicyCommand({ PolicyArn: denyPolicyArn(place, name) });
      const answer = await unlessMissing(() => read(() => iam.send(command)));
      return answer && editionOf(name, answer.Policy ?? {});
    },

    async document(name, { versionId }) {
      const command = new GetPolicyVersionCommand({ PolicyArn: denyPolicyArn(place, name), VersionId: versionId });
      const answer = await unlessMissing(() => read(() => iam.send(command)));
      return answer && decoded(answer.PolicyVersion?.Document ?? "");
    },
  };
}

interface Described {
  readonly PolicyId?: string | undefined;
  readonly DefaultVersionId?: string | undefined;
}

function editionOf(name: string, { PolicyId, DefaultVersionId }: Described): Edition {
  if (PolicyId === undefined || DefaultVersionId === undefined) throw new Error(`IAM described ${name} in part only`);
  return { policyId: PolicyId, versionId: DefaultVersionId };
}

async function unlessMissing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (!isMissing(error)) throw error;
    return undefined;
  }
}

/** IAM answers documents URL-encoded (RFC 3986). One that is not decodable is none of ours, as its empty text says. */
function decoded(document: string): string {
  try {
    return decodeURIComponent(document);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return "";
  }
}
