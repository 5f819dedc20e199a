import type { Permission, Place } from "../permission.ts";
import { denyPolicyArn } from "./deny-path.ts";

/**
 * What `createIamAccess` sends. It may attach and detach the stage's own deny policies, and no others, on
 * the governed principals, and no others.
 *
 * @param governedPrincipals ARN patterns, `*` as in IAM. With none the governor can change nobody's access.
 */
export function accessPermissions(place: Place, governedPrincipals: readonly string[]): readonly Permission[] {
  const denyPolicies = [denyPolicyArn(place, "*")];
  const condition = { ArnLike: { "iam:PolicyARN": denyPolicies } };
  const users = governedPrincipals.filter((pattern) => !isOf("role", pattern));
  const roles = governedPrincipals.filter((pattern) => !isOf("user", pattern));
  const writes: readonly Permission[] = [
    { actions: ["iam:AttachRolePolicy", "iam:DetachRolePolicy"], resources: roles, condition },
    { actions: ["iam:AttachUserPolicy", "iam:DetachUserPolicy"], resources: users, condition },
  ];
  return [
    LIST_POLICIES,
    {
      actions: ["iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListEntitiesForPolicy"],
      resources: denyPolicies,
    },
    ...writes.filter(({ resources }) => resources.length > 0),
  ];
}

/** What `createIamPublisher` and `prune` send: they may attach nothing and change no document. */
export const publisherPermissions = (place: Place): readonly Permission[] => [
  LIST_POLICIES,
  {
    // IAM asks for TagPolicy of whoever creates a policy with tags.
    actions: ["iam:CreatePolicy", "iam:DeletePolicy", "iam:GetPolicy", "iam:TagPolicy"],
    resources: [denyPolicyArn(place, "*")],
  },
];

/** What `createIamDirectory` sends. */
export const directoryPermissions = (): readonly Permission[] => [
  { actions: ["iam:ListRoles", "iam:ListUsers"], resources: ["*"] },
];

/** IAM's lists know no resource. */
const LIST_POLICIES: Permission = { actions: ["iam:ListPolicies"], resources: ["*"] };

const isOf = (kind: "role" | "user", pattern: string): boolean =>
  pattern.split(":")[5]?.startsWith(`${kind}/`) ?? false;
