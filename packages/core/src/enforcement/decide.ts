import type { Step } from "../limit/limit.ts";
import type { Exemption, Settings } from "../limit/settings.ts";
import type { ModelId } from "../model/model-id.ts";
import { covers, overlaps, type Pattern } from "../model/pattern.ts";
import type { EpochMs } from "../period/period.ts";
import type { Principal, PrincipalId } from "../principal/principal.ts";
import { selectsAny } from "../principal/selector.ts";
import type { Key } from "../reconcile/journal.ts";
import type { Cause } from "./cause.ts";
import { exemptionsOf, exemptModels, stepPatterns } from "./contribution.ts";
import type { DeclaredState } from "./declared.ts";
import { common, type DenySet, without } from "./deny-set.ts";
import { judgeLimit, type LimitReadings } from "./judge-limit.ts";
import { canDeny, type Directory, type LimitScope } from "./scope.ts";
import type { Standing } from "./standing.ts";
import { Wanted } from "./wanted.ts";

/** All that a decision rests on. */
export interface Situation {
  readonly now: EpochMs;
  readonly settings: Settings;
  readonly directory: Directory;
  readonly scopes: readonly LimitScope[];
  /** By limit. */
  readonly readings: ReadonlyMap<string, LimitReadings>;
  readonly current: ReadonlyMap<PrincipalId, DenySet>;
  readonly known: readonly ModelId[];
  /** Whether the account's catalogue is part of that. */
  readonly catalogueKnown: boolean;
  readonly declared: DeclaredState;
  /**
   * Names of the limits that a principal's member of a deny set was due to when that was last known;
   * undefined if nothing is recorded.
   */
  readonly dueTo: (principal: PrincipalId, member: Pattern) => readonly string[] | undefined;
}

export interface Decision {
  /** What each principal should be denied; who is not in it, nothing. Empty in mode observe. */
  readonly wanted: Wanted;
  /** What would be denied besides if nothing were in mode observe. */
  readonly would: Wanted;
  /** Those whose denies will wait for a manual reset, and whom they deny. */
  readonly latched: readonly { readonly found: Standing; readonly principals: readonly PrincipalId[] }[];
  /** Limits of which some usage is unknown, and why. */
  readonly unknown: ReadonlyMap<string, string>;
}

/**
 * Decides what every principal should be denied: who, which models, and why.
 *
 * Denies of several steps, limits and hands are united. Missing evidence changes nobody's access in
 * either direction: what could be denied by a limit whose usage is unknown stays as it is.
 *
 * @param tell called with each key that has reached a step, or that an earlier run declared something about. They
 *   are not collected: of a large account's 100,000 hardly one is news.
 */
export function decide(situation: Situation, tell: (found: Standing) => void = () => {}): Decision {
  const { now, settings, directory } = situation;
  const wanted = new Wanted();
  const would = new Wanted();
  const latched: Decision["latched"][number][] = [];
  const unknown = new Map<string, string>();
  const evidence = { now, directory, declared: situation.declared };
  const observing = settings.mode === "observe";

  for (const scope of situation.scopes) {
    const { limit } = scope;
    const exemptions = exemptionsOf(settings.exemptions, limit.name, now);
    // The more cautious of the two modes holds.
    const into = observing || limit.mode === "observe" ? would : wanted;
    const judge = (found: Standing) => {
      tell(found);
      const principals = denyFor(found, scope, exemptions, situation, into);
      if (principals.length > 0 && into === wanted) latched.push({ found, principals });
    };
    const doubt = (key: Key, why: string) => {
      unknown.set(limit.name, why);
      if (into === wanted) holdFor(key, why, scope, exemptions, situation, wanted);
    };
    judgeLimit(scope, { ...evidence, readings: situation.readings.get(limit.name) }, { judge, doubt });
  }
  for (const deny of settings.denies) {
    if (deny.until !== undefined && deny.until <= now) continue;
    const cause: Cause = { kind: "manual", deny };
    for (const principal of directory.byId.values()) {
      if (canDeny(directory, principal) && selectsAny(deny.principals, principal)) {
        (observing ? would : wanted).add(principal.id, deny.models, cause);
      }
    }
  }
  return { wanted, would, latched, unknown };
}

/** Whom a key's denies are for: its principal, or everyone the limit selects. */
function targets(scope: LimitScope, key: Key): readonly Principal[] {
  if (key.principal === undefined) return scope.deniable;
  const principal = scope.selected.get(key.principal);
  return principal !== undefined && canDeny(scope.directory, principal) ? [principal] : [];
}

/** Adds what the steps that a key has reached deny; of a limit with a manual reset says whom, once for each step. */
function denyFor(
  found: Standing,
  scope: LimitScope,
  exemptions: readonly Exemption[],
  situation: Situation,
  into: Wanted,
): readonly PrincipalId[] {
  const { known } = situation;
  const denied: PrincipalId[] = [];
  const principals = targets(scope, found.key);
  if (principals.length === 0) return denied;
  for (const { step, because } of found.reached) {
    if (step.deny === undefined) continue;
    const patterns = stepPatterns(found.limit, step, found.key, known);
    const cause: Cause = {
      kind: "limit",
      limit: found.limit,
      key: found.key,
      step: step.at,
      usage: found.usage,
      threshold: found.threshold,
      span: found.span,
      because,
    };
    for (const principal of principals) {
      const open = openTo(exemptions, principal, found.usage, found.threshold);
      if (open === "all") continue;
      const left = open.length === 0 ? patterns : without(patterns, open, known);
      const kept = situation.catalogueKnown ? NONE : notShrunk(found, step, open, principal, situation);
      if (left.length + kept.length === 0) continue;
      into.add(principal.id, kept.length === 0 ? left : [...new Set([...left, ...kept])], cause);
      if (found.limit.reset === "manual") denied.push(principal.id);
    }
  }
  return denied;
}

/**
 * Members of what a principal is denied now that a step would go on denying if the catalogue could be
 * read: without it, what an exception leaves of a pattern is not known, and no set gets smaller.
 */
function notShrunk(
  { limit, key }: Standing,
  step: Step,
  open: readonly Pattern[],
  principal: Principal,
  { current }: Situation,
): readonly Pattern[] {
  const except = [...step.except, ...open];
  if (except.length === 0) return [];
  const whole = stepPatterns(limit, { ...step, except: [] }, key, []);
  return (current.get(principal.id) ?? []).filter(
    (member) =>
      whole.some((pattern) => overlaps(pattern, member)) && !except.some((exception) => covers(exception, member)),
  );
}

/**
 * Keeps what a principal is denied on account of a limit whose usage is unknown. What is known to be
 * due to other limits alone is theirs to lift; where nothing is recorded, everything that the limit
 * could deny is kept.
 */
function holdFor(
  key: Key,
  why: string,
  scope: LimitScope,
  exemptions: readonly Exemption[],
  { known, current, dueTo }: Situation,
  into: Wanted,
): void {
  const { limit } = scope;
  const cause: Cause = { kind: "held", limit, why };
  const possible = limit.steps.flatMap((step) => stepPatterns(limit, step, key, known));
  for (const principal of targets(scope, key)) {
    const mayBeDue = (current.get(principal.id) ?? []).filter(
      (member) => dueTo(principal.id, member)?.includes(limit.name) ?? true,
    );
    if (mayBeDue.length === 0) continue;
    const open = openTo(exemptions, principal, Number.NaN, Number.NaN);
    if (open === "all") continue;
    const kept = common(mayBeDue, without(possible, open, known), known);
    if (kept.length > 0) into.add(principal.id, kept, cause);
  }
}

const openTo = (
  exemptions: readonly Exemption[],
  principal: Principal,
  usage: number,
  threshold: number,
): readonly Pattern[] | "all" =>
  exemptions.length === 0 ? NONE : exemptModels(exemptions, principal, usage, threshold);

const NONE: readonly Pattern[] = [];
