import type { Limit } from "../limit/limit.ts";
import { type Principal, type PrincipalId, undeniableUnlisted } from "../principal/principal.ts";
import { type Selector, selectsAny } from "../principal/selector.ts";

/** Those of the account's principals that a limit names. */
interface Selection {
  /** Everyone whose usage it counts, those included that cannot be denied. */
  readonly selected: ReadonlyMap<PrincipalId, Principal>;
  /** Those of them that may be denied. */
  readonly deniable: readonly Principal[];
}

/** Whom one limit is for, among the principals that exist. */
export interface LimitScope extends Selection {
  readonly limit: Limit;
  readonly directory: Directory;
  /** Thresholds that differ from the limit's own. */
  readonly overrides: ReadonlyMap<PrincipalId, number>;
}

/** Whom limits, denies by hand and exemptions can be about. */
export interface Directory {
  readonly byId: ReadonlyMap<PrincipalId, Principal>;
  /** Never denied, whatever a limit says. */
  isProtected(principal: Principal): boolean;
  /** Whether the stage may deny it anything. */
  isGoverned(principal: Principal): boolean;
  /** The same object for all limits that name the same principals: many do, of thousands. */
  selection(limit: Limit): Selection;
}

/** @param governedPrincipals undefined: everyone */
export function directory(
  principals: readonly Principal[],
  protectedPrincipals: readonly Selector[],
  governedPrincipals?: readonly Selector[],
): Directory {
  const byId = new Map(principals.map((principal) => [principal.id, principal]));
  const idsOf = (selectors: readonly Selector[]): ReadonlySet<PrincipalId> =>
    new Set(principals.filter((principal) => selectsAny(selectors, principal)).map(({ id }) => id));
  const kept = idsOf(protectedPrincipals);
  const governed = governedPrincipals && idsOf(governedPrincipals);
  const selections = new Map<string, Selection>();
  const all: Directory = {
    byId,
    isProtected: ({ id }) => kept.has(id),
    isGoverned: ({ id }) => governed === undefined || governed.has(id),
    selection(limit) {
      const key = JSON.stringify([limit.principals, limit.exceptPrincipals]);
      const there = selections.get(key);
      if (there !== undefined) return there;
      const chosen = principals.filter((principal) => isSelected(limit, principal));
      const selection = {
        selected: new Map(chosen.map((principal) => [principal.id, principal])),
        deniable: chosen.filter((principal) => canDeny(all, principal)),
      };
      selections.set(key, selection);
      return selection;
    },
  };
  return all;
}

/** Says whether a deny can be planned for a principal at all. */
export const canDeny = (directory: Directory, principal: Principal): boolean =>
  principal.undeniable === undefined && !directory.isProtected(principal);

/** Selection comes from limits and the directory alone: who was seen using a model does not matter. */
export function limitScope(limit: Limit, directory: Directory): LimitScope {
  const selection = directory.selection(limit);
  const overrides = new Map<PrincipalId, number>();
  if (limit.overrides.length > 0) {
    for (const principal of selection.selected.values()) {
      const override = limit.overrides.find(({ principals }) => selectsAny(principals, principal));
      if (override !== undefined) overrides.set(principal.id, override.threshold);
    }
  }
  return { limit, directory, ...selection, overrides };
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
  undeniable: undeniableUnlisted(id),
});
