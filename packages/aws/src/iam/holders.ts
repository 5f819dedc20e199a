import {
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  ListEntitiesForPolicyCommand,
  type ListEntitiesForPolicyResponse,
  type PolicyUsageType,
} from "@aws-sdk/client-iam";
import type { Place } from "../permission.ts";
import { denyPolicyArn } from "./deny-path.ts";
import { isMissing } from "./iam-error.ts";
import { pagesOf } from "./pages.ts";
import type { Patience } from "./patience.ts";
import type { Iam, ListedPolicy } from "./policy-reader.ts";

/** A role or user that holds a policy. */
export interface Holder {
  /** `role/<name>` or `user/<name>` */
  readonly id: string;
  detach(policyArn: string): Promise<unknown>;
}

export interface Holders {
  readonly holders: readonly Holder[];
  /** Who holds it by somebody else's hand: the governor attaches to roles and users, and bounds nobody. */
  readonly others: readonly string[];
}

/** Who holds one of the stage's deny policies, in whatever way. Rejects if a page is unread; nobody holds one that is gone. */
export function createHolders(iam: Iam, place: Place, patience: Patience): (policy: ListedPolicy) => Promise<Holders> {
  return async ({ name, attached, boundary }) => {
    const held = attached ? await entitiesOf(name, "PermissionsPolicy") : [];
    const bounding = boundary ? await entitiesOf(name, "PermissionsBoundary") : [];
    return {
      holders: held.flatMap(({ PolicyRoles = [], PolicyUsers = [] }) => [
        ...PolicyRoles.flatMap(({ RoleName }) => RoleName ?? []).map(role),
        ...PolicyUsers.flatMap(({ UserName }) => UserName ?? []).map(user),
      ]),
      others: [
        ...held.flatMap(({ PolicyGroups = [] }) => PolicyGroups.map(({ GroupName }) => `group/${GroupName}`)),
        ...bounding.flatMap(({ PolicyRoles = [], PolicyUsers = [] }) => [
          ...PolicyRoles.map(({ RoleName }) => `the permissions boundary of role/${RoleName}`),
          ...PolicyUsers.map(({ UserName }) => `the permissions boundary of user/${UserName}`),
        ]),
      ],
    };
  };

  async function entitiesOf(name: string, use: PolicyUsageType): Promise<readonly ListEntitiesForPolicyResponse[]> {
    const input = { PolicyArn: denyPolicyArn(place, name), PolicyUsageFilter: use };
    try {
      return await pagesOf((position) =>
        patience.read(() => iam.send(new ListEntitiesForPolicyCommand({ ...input, ...position }))),
      );
    } catch (error) {
      if (!isMissing(error)) throw error;
      return [];
    }
  }

  function role(RoleName: string): Holder {
    return {
      id: `role/${RoleName}`,
      detach: (PolicyArn) => iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn })),
    };
  }

  function user(UserName: string): Holder {
    return {
      id: `user/${UserName}`,
      detach: (PolicyArn) => iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn })),
    };
  }
}
