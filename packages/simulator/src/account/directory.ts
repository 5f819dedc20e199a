import { type Principal, type PrincipalId, parsePrincipalArn } from "@bedrock-governor/core/principal/principal";
import type { DirectoryPort } from "@bedrock-governor/core/reconcile/ports";

/** The roles and users of the account. */
export interface Directory {
  readonly port: DirectoryPort;
  /**
   * Creates a role or user by its ARN's tail (`role/data-science/batch`), unless it is there already.
   * A tail of IAM's own paths makes one that cannot be modified.
   */
  create(tail: string): Principal;
  /** Deletes one with everything attached to it; made again, it is another that has nothing attached. */
  delete(principal: PrincipalId): void;
  find(principal: PrincipalId): Principal | undefined;
  onCreated(listener: (principal: PrincipalId) => void): void;
  onDeleted(listener: (principal: PrincipalId) => void): void;
}

export interface DirectoryOptions {
  readonly account: string;
  readonly partition: string;
}

export function createDirectory({ account, partition }: DirectoryOptions): Directory {
  const byId = new Map<PrincipalId, Principal>();
  const onCreated: ((principal: PrincipalId) => void)[] = [];
  const onDeleted: ((principal: PrincipalId) => void)[] = [];
  let list: readonly Principal[] | undefined;

  return {
    port: {
      async list() {
        list ??= [...byId.values()];
        return list;
      },
    },
    create(tail) {
      const principal = parsePrincipalArn(`arn:${partition}:iam::${account}:${tail}`);
      if (principal === undefined) throw new RangeError(`"${tail}" is not role/… or user/….`);
      const there = byId.get(principal.id);
      if (there !== undefined) return there;
      byId.set(principal.id, principal);
      list = undefined;
      for (const listener of onCreated) listener(principal.id);
      return principal;
    },
    delete(principal) {
      if (!byId.delete(principal)) return;
      list = undefined;
      for (const listener of onDeleted) listener(principal);
    },
    find: (principal) => byId.get(principal),
    onCreated: (listener) => onCreated.push(listener),
    onDeleted: (listener) => onDeleted.push(listener),
  };
}
