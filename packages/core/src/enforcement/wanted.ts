import { covers, type Pattern } from "../model/pattern.ts";
import type { PrincipalId } from "../principal/principal.ts";
import type { Cause } from "./cause.ts";
import { type DenySet, denySet } from "./deny-set.ts";

/** Denies being collected, per principal, each with what causes it. */
export class Wanted {
  readonly #byPrincipal = new Map<PrincipalId, Map<Pattern, Cause[]>>();
  readonly #sets = new Map<string, DenySet>();

  add(principal: PrincipalId, patterns: readonly Pattern[], cause: Cause): void {
    let causes = this.#byPrincipal.get(principal);
    if (causes === undefined) {
      causes = new Map();
      this.#byPrincipal.set(principal, causes);
    }
    for (const pattern of patterns) {
      const known = causes.get(pattern);
      if (known === undefined) causes.set(pattern, [cause]);
      else known.push(cause);
    }
  }

  get principals(): Iterable<PrincipalId> {
    return this.#byPrincipal.keys();
  }

  /** Equal sets are one object: many principals are denied the same. */
  setOf(principal: PrincipalId): DenySet {
    const causes = this.#byPrincipal.get(principal);
    if (causes === undefined) return [];
    const patterns = [...causes.keys()].sort();
    const key = patterns.join(" ");
    const set = this.#sets.get(key) ?? denySet(patterns);
    this.#sets.set(key, set);
    return set;
  }

  /** Why exactly this pattern was asked for. */
  ownCausesOf(principal: PrincipalId, member: Pattern): readonly Cause[] {
    return this.#byPrincipal.get(principal)?.get(member) ?? [];
  }

  /** Why a member of a set is denied: the causes of everything it covers, each of which would keep it in part. */
  causesOf(principal: PrincipalId, member: Pattern): readonly Cause[] {
    const causes = this.#byPrincipal.get(principal);
    if (causes === undefined) return [];
    const own = causes.get(member) ?? [];
    if (!member.includes("*")) return own;
    const covered = [...causes].filter(([pattern]) => pattern !== member && covers(member, pattern));
    return [...own, ...covered.flatMap(([, those]) => those)];
  }
}
