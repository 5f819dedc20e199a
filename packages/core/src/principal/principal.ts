/**
 * Names one principal of the account: `role/NAME`, `user/NAME`, `sso/PERMISSION-SET/USER`, or the
 * full ARN of anything else (federated user, root, another account's principal). Meters keep these without what
 * their callers make up: `keptPrincipal`.
 *
 * The path is left out, as the invocation log leaves it out: role and user names are unique in an
 * account, so a role seen with and without its path is one principal.
 */
export type PrincipalId = string;

/** Why attaching a policy to a principal is impossible or forbidden. */
export type Undeniable =
  | "service-linked role"
  | "Identity Center role"
  | "Identity Center user"
  | "federated user"
  | "root user"
  | "principal of another account"
  | "not in this account's list of roles and users";

export interface Principal {
  readonly id: PrincipalId;
  /** The ARN's tail with its path, which selectors match: `role/data-science/batch`. */
  readonly tail: string;
  readonly arn: string;
  /** Set when IAM refuses to attach a deny policy to it. */
  readonly undeniable?: Undeniable;
}

const ACCOUNT = /^\d{12}$/;

/**
 * Reads an IAM or STS ARN as IAM lists it or the invocation log records it.
 *
 * @param account when given, principals of other accounts keep their full ARN.
 * @returns undefined if the text is not an ARN of IAM or STS.
 */
export function parsePrincipalArn(arn: string, account?: string): Principal | undefined {
  const [scheme, , service, , owner, ...rest] = arn.split(":");
  const resource = rest.join(":");
  if (scheme !== "arn" || owner === undefined || !ACCOUNT.test(owner) || resource === "") return undefined;
  if (account !== undefined && owner !== account) {
    return { id: arn, tail: arn, arn, undeniable: "principal of another account" };
  }
  if (service === "sts") return parseSession(arn, resource);
  if (service !== "iam") return undefined;
  if (resource === "root") return { id: arn, tail: "root", arn, undeniable: "root user" };
  const [kind, ...path] = resource.split("/");
  const name = path.at(-1);
  if ((kind !== "role" && kind !== "user") || name === undefined || name === "") return undefined;
  const why = kind === "role" ? whyUnmodifiable(resource, name) : undefined;
  return { id: `${kind}/${name}`, tail: resource, arn, ...(why && { undeniable: why }) };
}

/** Why nothing can be attached to someone who used a model and is not among the account's roles and users. */
export function undeniableUnlisted(id: PrincipalId): Undeniable {
  if (id.startsWith("sso/")) return "Identity Center user";
  const why = id.startsWith("arn:") ? whyForeign(id) : whyUnmodifiable(id, id.slice(id.indexOf("/") + 1));
  return why ?? "not in this account's list of roles and users";
}

function whyForeign(arn: string): Undeniable | undefined {
  const read = parsePrincipalArn(arn);
  // Of our own account, roles and users go by their names.
  return read === undefined || read.id === arn ? read?.undeniable : "principal of another account";
}

const SSO_ROLE = /^AWSReservedSSO_(.+)_[0-9a-f]{16}$/;

/** Source: "Logging and monitoring AWS STS", and records seen of each kind of session. */
function parseSession(arn: string, resource: string): Principal | undefined {
  const [kind, name, ...session] = resource.split("/");
  if (name === undefined || name === "") return undefined;
  if (kind === "federated-user") return { id: arn, tail: resource, arn, undeniable: "federated user" };
  if (kind !== "assumed-role") return undefined;
  const set = SSO_ROLE.exec(name)?.[1];
  // Only Identity Center sets its sessions' names itself; on any other role the caller chooses it.
  if (set !== undefined && session.length > 0) {
    const id = `sso/${set}/${session.join("/")}`;
    return { id, tail: id, arn, undeniable: "Identity Center user" };
  }
  const why = whyUnmodifiable(`role/${name}`, name);
  return { id: `role/${name}`, tail: `role/${name}`, arn, ...(why && { undeniable: why }) };
}

function whyUnmodifiable(tail: string, name: string): Undeniable | undefined {
  if (tail.startsWith("role/aws-reserved/sso.amazonaws.com/") || name.startsWith("AWSReservedSSO_")) {
    return "Identity Center role";
  }
  return tail.startsWith("role/aws-service-role/") || name.startsWith("AWSServiceRoleFor")
    ? "service-linked role"
    : undefined;
}
