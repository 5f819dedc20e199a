import { canBeNamed } from "../enforcement/contribution.ts";
import type { DenySet } from "../enforcement/deny-set.ts";
import type { LimitReadings } from "../enforcement/judge-limit.ts";
import { type Directory, directory, type LimitScope, limitScope } from "../enforcement/scope.ts";
import type { Limit } from "../limit/limit.ts";
import type { Catalogue } from "../model/catalogue.ts";
import type { ModelId } from "../model/model-id.ts";
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
}

type ScopingOf = (
  limits: readonly Limit[],
  principals: readonly Principal[],
  catalogue: Catalogue | undefined,
  readings: ReadonlyMap<string, LimitReadings>,
  denied: ReadonlyMap<PrincipalId, DenySet>,
) => Scoping;

/** Keeps what was worked out as long as limits and principals are the same objects. */
export function createScoping({ protectedPrincipals }: Pick<Deployment, "protectedPrincipals">): ScopingOf {
  type Whom = Omit<Scoping, "known">;
  let last: { limits: readonly Limit[]; principals: readonly Principal[]; whom: Whom } | undefined;

  const whomOf = (limits: readonly Limit[], principals: readonly Principal[]): Whom => {
    if (last?.limits === limits && last.principals === principals) return last.whom;
    const all = directory(principals, protectedPrincipals);
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

  return (limits, principals, catalogue, readings, denied) => ({
    ...whomOf(limits, principals),
    known: knownModels(limits, catalogue, readings, denied),
  });
}

/**
 * The catalogue, and what limits name and people used besides. Without a catalogue, what is denied
 * now counts as known too, so that no deny shrinks because a list could not be read.
 */
function knownModels(
  limits: readonly Limit[],
  catalogue: Catalogue | undefined,
  readings: ReadonlyMap<string, LimitReadings>,
  denied: ReadonlyMap<PrincipalId, DenySet>,
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
  if (catalogue === undefined) for (const set of denied.values()) add(set);
  return [...known].sort();
}
