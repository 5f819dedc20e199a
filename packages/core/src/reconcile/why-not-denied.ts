import { canBeNamed } from "../enforcement/contribution.ts";
import { canDeny, type Directory, unlisted } from "../enforcement/scope.ts";
import type { Undeniable } from "../principal/principal.ts";
import type { Key } from "./journal.ts";

/** What keeps a deny from a key, and what to do instead. */
export interface Obstacle {
  readonly why: string;
  readonly instead: string;
}

/** Undefined if nothing does, or if the key stands for everyone a limit selects. */
export function whyNotDenied(key: Key, directory: Directory): Obstacle | undefined {
  if (key.principal === undefined) return undefined;
  if (!canBeNamed(key)) {
    const why = `no deny can name ${key.model}: no catalogue says which model is behind it`;
    return { why, instead: "deny that model by hand, or check that the profile still exists" };
  }
  const principal = directory.byId.get(key.principal) ?? unlisted(key.principal);
  if (canDeny(directory, principal)) return undefined;
  const { undeniable } = principal;
  if (undeniable === undefined) {
    const instead = "stop it by hand if it should stop";
    return { why: `${key.principal} is protected, so the governor never denies it`, instead };
  }
  return { why: `${key.principal} cannot be denied (${undeniable})`, instead: INSTEAD[undeniable] };
}

const INSTEAD: Readonly<Record<Undeniable, string>> = {
  "service-linked role": "stop the service that uses this role: not even a service control policy applies to it",
  "Identity Center role": "attach a guard policy to its permission set, or remove the assignment",
  "Identity Center user": "attach a guard policy to the permission set, or remove the assignment",
  "federated user": "deny the models to the user that federates it, whose permissions it can at most have",
  "root user": "do not use the root user for calls; only a service control policy stops it",
  "principal of another account": "take away its access in that account, or in the resource policy",
  "not in this account's list of roles and users": "check whether it still exists; once it is listed it is denied",
};
