import type { Permission, Place } from "../permission.ts";
import { settingsPath } from "./settings-path.ts";

/**
 * What `createSsmSettings` needs. It may not decrypt; with AWS's own key aws/ssm, however, whoever may read a
 * SecureString may also decrypt it, so a webhook that the governor must not know belongs under a key of one's own.
 *
 * - GetParametersByPath is checked against the path, and then gives everything under it, whatever else is denied.
 * - DescribeParameters knows no resources. It tells names and authors of parameters, never values.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
 */
export const permissions = (place: Place): readonly Permission[] => {
  const path = `arn:${place.partition}:ssm:${place.region}:${place.account}:parameter${settingsPath(place)}`;
  return [
    { actions: ["ssm:GetParametersByPath"], resources: [path] },
    { actions: ["ssm:GetParameterHistory"], resources: [`${path}/*`] },
    { actions: ["ssm:DescribeParameters"], resources: ["*"] },
  ];
};
