import type { Limit } from "../limit/limit.ts";
import type { Principal, PrincipalId } from "../principal/principal.ts";
import { type Selector, selectsAny } from "../principal/selector.ts";

/** Whom one limit is for, among the principals that exist. */
export interface LimitScope {
  readonly limit: Limit;
  readonly directory: Directory;
  /** Everyone whose usage it counts, those included that cannot be denied. */
  readonly selected: ReadonlyMap<PrincipalId, Principal>;
  /** Those of them that may be denied. */
  readonly deniable: readonly Principal[];
  /** Thresholds that differ from the limit's own. */
  readonly overrides: ReadonlyMap<PrincipalId, number>;
}

/** Whom limits, denies by hand and exemptions can be about. */
export interface Directory {
  readonly byId: ReadonlyMap<PrincipalId, Principal>;
  /** Never denied, whatever a limit says. */
  isProtected(principal: Principal): boolean;
}

export function directory(principals: readonly Principal[], protectedPrincipals: readonly Selector[]): Directory {
  const byId = new Map(principals.map((principal) => [principal.id, principal]));
  const kept = new Set(
    principals.filter((principal) => selectsAny(protectedPrincipals, principal)).map(({ id }) => id),
  );
  return { byId, isProtected: ({ id }) => kept.has(id) };
}

/** Says whether a deny can be planned for a principal at all. */
export const canDeny = (directory: Directory, principal: Principal): boolean =>
  principal.undeniable === undefined && !directory.isProtected(principal);

/** Selection comes from limits and the directory alone: who was seen using a model does not matter. */
export function limitScope(limit: Limit, directory: Directory): LimitScope {
  const selected = new Map<PrincipalId, Principal>();
  const overrides = new Map<PrincipalId, number>();
  for (const principal of directory.byId.values()) {
    if (!isSelected(limit, principal)) continue;
    selected.set(principal.id, principal);
    const override = limit.overrides.find(({ principals }) => selectsAny(principals, principal));
    if (override !== undefined) overrides.set(principal.id, override.threshold);
  }
  const deniable = [...selected.values()].filter((principal) => canDeny(directory, principal));
  return { limit, directory, selected, deniable, overrides };
}

/** Says whether a limit counts the usage of whoever used a model under this id. */
export function countsUsageOf(scope: LimitScope, principal: PrincipalId): boolean {
  if (scope.directory.byId.has(principal)) return scope.selected.has(principal);
  return isSelected(scope.limit, unlisted(principal));
}

function isSelected(limit: Limit, principal: Principal): boolean {
  return selectsAny(limit.principals, principal) && !selectsAny(limit.exceptPrincipals, principal);
}

/**
 * A principal that used a model without being in the account's list: deleted, of another account,
 * or no role at all. Its usage counts; it cannot be denied, since without its path nobody knows
 * whether it is protected.
 */
export const unlisted = (id: PrincipalId): Principal => ({
  id,
  tail: id,
  arn: id,
  undeniable: "not in this account's list of roles and users",
});
