import { canBeNamed } from "../enforcement/contribution.ts";
import type { LimitReadings } from "../enforcement/judge-limit.ts";
import { type Directory, directory, type LimitScope, limitScope } from "../enforcement/scope.ts";
import type { Limit } from "../limit/limit.ts";
import type { Catalogue } from "../model/catalogue.ts";
import type { ModelId } from "../model/model-id.ts";
import { usableArns } from "../policy/deny-document.ts";
import type { Principal, PrincipalId } from "../principal/principal.ts";
import { selectsAny } from "../principal/selector.ts";
import type { Deployment } from "./reconcile.ts";

/** Whom and which models the limits of this run are about. */
export interface Scoping {
  readonly directory: Directory;
  readonly scopes: readonly LimitScope[];
  /** Every model we know of, sorted: those that patterns with exceptions stand for. */
  readonly known: readonly ModelId[];
  /** Principals that limits select and that are never denied. */
  readonly protectedPrincipals: readonly PrincipalId[];
  readonly isProtected: (principal: PrincipalId) => boolean;
  /** ARNs to deny besides, of models in the catalogue; undefined without one. */
  readonly otherArns: Catalogue["otherArns"] | undefined;
}

type ScopingOf = (
  limits: readonly Limit[],
  principals: readonly Principal[],
  catalogue: Catalogue | undefined,
  readings: ReadonlyMap<string, LimitReadings>,
) => Scoping;

/** Keeps what was worked out as long as limits and principals are the same objects. */
export function createScoping({
  protectedPrincipals,
  governedPrincipals,
  partition,
}: Pick<Deployment, "protectedPrincipals" | "governedPrincipals" | "partition">): ScopingOf {
  type Whom = Omit<Scoping, "known" | "otherArns">;
  let arns: { of: Catalogue; usable: Catalogue["otherArns"] } | undefined;
  let last: { limits: readonly Limit[]; principals: readonly Principal[]; whom: Whom } | undefined;

  const whomOf = (limits: readonly Limit[], principals: readonly Principal[]): Whom => {
    if (last?.limits === limits && last.principals === principals) return last.whom;
    const all = directory(principals, protectedPrincipals, governedPrincipals);
    const scopes = limits.map((limit) => limitScope(limit, all));
    const kept = principals.filter(
      (principal) => all.isProtected(principal) && scopes.some(({ selected }) => selected.has(principal.id)),
    );
    const isProtected = (id: PrincipalId) => {
      const principal = all.byId.get(id);
      // Deleted meanwhile, or listed without its path: the name must do.
      return principal === undefined
        ? selectsAny(protectedPrincipals, { id, tail: id, arn: id })
        : all.isProtected(principal);
    };
    const whom = { directory: all, scopes, protectedPrincipals: kept.map(({ id }) => id).sort(), isProtected };
    last = { limits, principals, whom };
    return whom;
  };

  const arnsOf = (catalogue: Catalogue): Catalogue["otherArns"] => {
    if (arns?.of !== catalogue) arns = { of: catalogue, usable: usableArns(catalogue.otherArns, partition) };
    return arns.usable;
  };

  return (limits, principals, catalogue, readings) => ({
    ...whomOf(limits, principals),
    otherArns: catalogue && arnsOf(catalogue),
    known: knownModels(limits, catalogue, readings),
  });
}

/**
 * The catalogue, and what limits name and people used besides.
 */
function knownModels(
  limits: readonly Limit[],
  catalogue: Catalogue | undefined,
  readings: ReadonlyMap<string, LimitReadings>,
): readonly ModelId[] {
  const known = new Set<ModelId>(catalogue?.models);
  const add = (names: Iterable<string>) => {
    for (const name of names) if (!name.includes("*") && canBeNamed({ model: name })) known.add(name);
  };
  for (const { models } of limits) add(models);
  const tables = new Set(
    [...readings.values()].flatMap(({ main }) => (main.status === "known" ? [main.table.models] : [])),
  );
  for (const models of tables) add(models);
  return [...known].sort();
}
