import type { accessPermissions } from "@bedrock-governor/aws/iam/permissions";

/** What an adapter declares that it needs. */
type Permission = ReturnType<typeof accessPermissions>[number];

/** One statement of a role's policy, as SST takes it. */
export type Statement = sst.aws.FunctionPermissionArgs;

/** What two adapters declare alike is granted once. */
export const allow = (...permissions: readonly Permission[]): Statement[] =>
  [...new Map(permissions.map((one) => [JSON.stringify(one), one])).values()].map(
    ({ actions, resources, condition = {} }) => ({
      actions: [...actions],
      resources: [...resources],
      ...(Object.keys(condition).length > 0 && { conditions: conditionsOf(condition) }),
    }),
  );

/** Whatever else a role's policies say. */
export const deny = (actions: string[], resources: readonly string[]): Statement[] =>
  resources.length === 0 ? [] : [{ effect: "deny", actions, resources: [...resources] }];

const conditionsOf = (condition: NonNullable<Permission["condition"]>) =>
  Object.entries(condition).flatMap(([test, keys]) =>
    Object.entries(keys).map(([variable, values]) => ({ test, variable, values: [...values] })),
  );
