import type { Permission, Place } from "../permission.ts";
import { denyPolicyArn } from "./deny-path.ts";

/**
 * What `createIamAccess` sends. It may attach the stage's own deny policies, and no others, to the governed
 * principals, and no others. It may detach them from everyone: who is no longer governed must not stay denied.
 *
 * @param governedPrincipals ARN patterns, `*` as in IAM. With none the governor can change nobody's access.
 */
export function accessPermissions(place: Place, governedPrincipals: readonly string[]): readonly Permission[] {
  const reads: readonly Permission[] = [
    LIST_POLICIES,
    {
      actions: ["iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListEntitiesForPolicy"],
      resources: [denyPolicyArn(place, "*")],
    },
  ];
  if (governedPrincipals.length === 0) return reads;
  const condition = onlyDenyPolicies(place);
  const roles = governedPrincipals.filter((pattern) => !isOf("user", pattern));
  const users = governedPrincipals.filter((pattern) => !isOf("role", pattern));
  const attaches: readonly Permission[] = [
    { actions: ["iam:AttachRolePolicy"], resources: roles, condition },
    { actions: ["iam:AttachUserPolicy"], resources: users, condition },
  ];
  return [...reads, ...attaches.filter(({ resources }) => resources.length > 0), ...detaches(place)];
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

/** What `createRemoval` sends: it may take the stage's deny policies off whoever holds them and delete them, and nothing else. */
export const removalPermissions = (place: Place): readonly Permission[] => [
  LIST_POLICIES,
  { actions: ["iam:ListEntitiesForPolicy", "iam:DeletePolicy"], resources: [denyPolicyArn(place, "*")] },
  ...detaches(place),
];

/** What `createIamDirectory` sends. */
export const directoryPermissions = (): readonly Permission[] => [
  { actions: ["iam:ListRoles", "iam:ListUsers"], resources: ["*"] },
];

/** IAM's lists know no resource. */
const LIST_POLICIES: Permission = { actions: ["iam:ListPolicies"], resources: ["*"] };

const onlyDenyPolicies = (place: Place) => ({ ArnLike: { "iam:PolicyARN": [denyPolicyArn(place, "*")] } });

/** From every role and user of the account. */
function detaches(place: Place): readonly Permission[] {
  const everyone = (kind: string) => [`arn:${place.partition}:iam::${place.account}:${kind}/*`];
  const condition = onlyDenyPolicies(place);
  return [
    { actions: ["iam:DetachRolePolicy"], resources: everyone("role"), condition },
    { actions: ["iam:DetachUserPolicy"], resources: everyone("user"), condition },
  ];
}

const isOf = (kind: "role" | "user", pattern: string): boolean =>
  pattern.split(":")[5]?.startsWith(`${kind}/`) ?? false;
