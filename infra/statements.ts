import type { accessPermissions } from "@bedrock-governor/aws/iam/permissions";

/** What an adapter declares that it needs. */
type Permission = ReturnType<typeof accessPermissions>[number];

/** One statement of a role's policy, as SST takes it. */
export type Statement = sst.aws.FunctionPermissionArgs;

/** What adapters declare on the same resources and under the same condition is one statement. */
export function allow(...permissions: readonly Permission[]): Statement[] {
  const statements = new Map<string, Permission>();
  for (const one of permissions) {
    const where = JSON.stringify([one.resources, one.condition]);
    const { actions = [] } = statements.get(where) ?? {};
    statements.set(where, { ...one, actions: [...new Set([...actions, ...one.actions])] });
  }
  return [...statements.values()].map(({ actions, resources, condition = {} }) => ({
    actions: [...actions],
    resources: [...resources],
    ...(Object.keys(condition).length > 0 && { conditions: conditionsOf(condition) }),
  }));
}

/** Whatever else a role's policies say. */
export const deny = (actions: string[], resources: readonly string[]): Statement[] =>
  resources.length === 0 ? [] : [{ effect: "deny", actions, resources: [...resources] }];

const conditionsOf = (condition: NonNullable<Permission["condition"]>) =>
  Object.entries(condition).flatMap(([test, keys]) =>
    Object.entries(keys).map(([variable, values]) => ({ test, variable, values: [...values] })),
  );
