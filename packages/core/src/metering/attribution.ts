import { type Principal, parsePrincipalArn } from "../principal/principal.ts";

/**
 * Tells the principal behind an identity of the invocation log.
 *
 * @param account whose log it is: principals of others keep their full ARN.
 * @returns undefined if the text is no ARN.
 */
export type Attribution = (identity: string, account: string | undefined) => Principal | undefined;

/** One principal for every session of a role, read once. Memory grows with principals, not with sessions. */
export function createAttribution(): Attribution {
  const accounts = new Map<string | undefined, Map<string, Principal>>();
  return (identity, account) => {
    let known = accounts.get(account);
    if (known === undefined) {
      known = new Map();
      accounts.set(account, known);
    }
    const key = withoutSession(identity);
    const found = known.get(key);
    if (found !== undefined) return found;
    const principal = parsePrincipalArn(identity, account) ?? anythingElse(identity);
    // Another account's is its full ARN, session and all: it has as many as its callers make up.
    if (principal !== undefined && principal.undeniable !== "principal of another account") known.set(key, principal);
    return principal;
  };
}

const SESSION = ":assumed-role/";
const SSO = "AWSReservedSSO_";

/** Callers name their sessions; only Identity Center's say who it is. */
function withoutSession(arn: string): string {
  const at = arn.indexOf(SESSION);
  if (at < 0 || arn.startsWith(SSO, at + SESSION.length)) return arn;
  const end = arn.indexOf("/", at + SESSION.length);
  return end < 0 ? arn : arn.slice(0, end);
}

/** Used, so counted, although nothing can be attached to it. */
function anythingElse(arn: string): Principal | undefined {
  if (!arn.startsWith("arn:")) return undefined;
  return { id: arn, tail: arn, arn, undeniable: "not in this account's list of roles and users" };
}
