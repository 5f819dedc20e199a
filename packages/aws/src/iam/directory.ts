import { ListRolesCommand, ListUsersCommand } from "@aws-sdk/client-iam";
import { type Principal, parsePrincipalArn } from "@bedrock-governor/core/principal/principal";
import type { DirectoryPort } from "@bedrock-governor/core/reconcile/ports";
import { pagesOf } from "./pages.ts";
import { createPatience, type Timing } from "./patience.ts";
import type { Iam } from "./policy-reader.ts";

export interface IamDirectoryOptions extends Timing {
  readonly iam: Iam;
  /** For how long a list is good: a role made since is not denied before it is over. */
  readonly maxAgeMs: number;
}

/** The account's roles and users, those that no policy can be attached to included. */
export function createIamDirectory({ iam, maxAgeMs, ...timing }: IamDirectoryOptions): DirectoryPort {
  const { now = Date.now } = timing;
  const { read } = createPatience(timing);
  let last: { readonly at: number; readonly principals: readonly Principal[] } | undefined;

  return {
    async list() {
      const at = now();
      if (last !== undefined && at - last.at < maxAgeMs) return last.principals;
      const principals = (await arns()).map(principalOf);
      last = {
        at,
        principals: last !== undefined && isSame(last.principals, principals) ? last.principals : principals,
      };
      return last.principals;
    },
  };

  async function arns(): Promise<readonly (string | undefined)[]> {
    const [roles, users] = await Promise.all([
      pagesOf((position) => read(() => iam.send(new ListRolesCommand(position)))),
      pagesOf((position) => read(() => iam.send(new ListUsersCommand(position)))),
    ]);
    return [
      ...roles.flatMap(({ Roles = [] }) => Roles.map(({ Arn }) => Arn)),
      ...users.flatMap(({ Users = [] }) => Users.map(({ Arn }) => Arn)),
    ];
  }
}

function principalOf(arn: string | undefined): Principal {
  const principal = parsePrincipalArn(arn ?? "");
  if (principal === undefined) throw new Error(`IAM listed a principal with the ARN ${arn}`);
  return principal;
}

/** An ARN says everything that is known of a principal. */
const isSame = (some: readonly Principal[], others: readonly Principal[]): boolean =>
  some.length === others.length && some.every(({ arn }, index) => arn === others[index]?.arn);
