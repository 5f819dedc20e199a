import { type DenySet, denies, denySet } from "../enforcement/deny-set.ts";
import { GUARD_WINDOW_MS } from "../enforcement/mass-deny-guard.ts";
import type { Pattern } from "../model/pattern.ts";
import type { EpochMs } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { clock } from "../words/when.ts";
import { episodeEntries } from "./episodes.ts";
import type { MakeEvent } from "./event-maker.ts";
import { PROPAGATION_MS } from "./held-now.ts";
import { approvedPlanEntries, heldPlanEntries } from "./held-plans.ts";
import { type JournalEntry, type Mark, type MarkOf, marksOf } from "./journal.ts";
import { liftReason } from "./lift-reason.ts";
import { createLimitNow } from "./limit-now.ts";
import { parameterEntries } from "./parameters.ts";
import { acts, type Run } from "./reconcile.ts";
import { repairEntries } from "./repairs.ts";
import { saidIds } from "./resets.ts";
import { createStillOpen } from "./still-open.ts";
import { troubleEntries } from "./troubles.ts";
import { ungovernedEntries } from "./ungoverned.ts";
import { peakEntries } from "./warnings.ts";

/** A budget may be for a year. */
const LONGEST_PERIOD_MS = 400 * 24 * 3_600_000;

/** Everything a run has to remember and to tell. What nobody needs to know again is left out. */
export function journalEntries(run: Run, makeEvent: MakeEvent): readonly JournalEntry[] {
  const { now, settings, marks, decision, scoping, applied } = run;
  const said = saidIds(marks);
  const wroteOn = new Set(applied.written.map(({ change }) => change.principal));
  const isLatched = (principals: readonly PrincipalId[]) =>
    settings.mode === "enforce" && principals.some((principal) => run.denied.has(principal));
  const isWanted = (principal: PrincipalId, member: Pattern) => denies(decision.wanted.setOf(principal), member);
  const isUngoverned = (principal: PrincipalId, member: Pattern) =>
    denies(decision.ungoverned.setOf(principal), member);
  const principalOf = (id: PrincipalId) => scoping.directory.byId.get(id);
  const stillOpen = createStillOpen(scoping.known);
  const limitNow = createLimitNow({ ...run, ...scoping });
  const episodes = (would: boolean, denied: ReadonlyMap<PrincipalId, DenySet>) =>
    episodeEntries({
      would,
      denied,
      ownCausesOf: (principal, member) => (would ? decision.would : decision.wanted).ownCausesOf(principal, member),
      causesOf: (principal, member) => (would ? decision.would : decision.wanted).causesOf(principal, member),
      liftReason: (episode) =>
        liftReason(episode, {
          isWanted,
          isUngoverned,
          wroteOn,
          settings,
          scopes: scoping.scopes,
          readings: run.readings,
          principalOf,
          now,
        }),
      stillOpen: (principal, cause) => {
        const real = run.denied.get(principal) ?? [];
        return stillOpen(cause.limit, would ? [...real, ...(denied.get(principal) ?? [])] : real);
      },
      limitNow,
      marks,
      now,
      makeEvent,
    });
  return [
    ...parameterEntries(run, makeEvent),
    ...run.warnings,
    ...run.checked,
    ...peakEntries(decision.latched, isLatched, run),
    ...writeEntries(run),
    ...repairEntries(applied.written, marks, now, makeEvent),
    ...episodes(false, run.denied),
    ...episodes(true, settings.mode === "paused" ? openWould(run) : wouldStillBeDenied(run)),
    ...strayEntries(run, said, makeEvent),
    ...approvedPlanEntries(run),
    ...heldPlanEntries(run, makeEvent),
    ...exemptionEntries(run, said, makeEvent),
    ...ungovernedEntries(run, said, makeEvent),
    ...troubleEntries({
      applied,
      acts: acts(settings, run.deployment),
      unknown: decision.unknown,
      expected: run.expected,
      settings,
      said,
      marks,
      now,
      makeEvent,
    }),
    ...expired(run),
  ];
}

/** What limits and modes that only observe would deny, beyond what is denied. */
export function wouldBeDenied({ decision }: Pick<Run, "decision">): ReadonlyMap<PrincipalId, DenySet> {
  const denied = new Map<PrincipalId, DenySet>();
  for (const principal of decision.would.principals) {
    const real = decision.wanted.setOf(principal);
    const set = decision.would.setOf(principal).filter((member) => !denies(real, member));
    if (set.length > 0) denied.set(principal, denySet(set));
  }
  return denied;
}

/** As with real denies, a limit whose usage is unknown ends none of those that it would hold. */
function wouldStillBeDenied(run: Run): ReadonlyMap<PrincipalId, DenySet> {
  const { settings, decision } = run;
  const denied = new Map(wouldBeDenied(run));
  if (decision.unknown.size === 0) return denied;
  const held = settings.limits.filter(
    ({ name, mode }) => decision.unknown.has(name) && (settings.mode === "observe" || mode === "observe"),
  );
  const causes = new Set(held.map(({ name }) => `limits/${name}`));
  for (const [principal, members] of openWould(run, ({ limits }) => limits.some((cause) => causes.has(cause)))) {
    const real = decision.wanted.setOf(principal);
    const kept = run.scoping.directory.byId.has(principal) ? members.filter((member) => !denies(real, member)) : [];
    if (kept.length > 0) denied.set(principal, denySet([...(denied.get(principal) ?? []), ...kept]));
  }
  return denied;
}

/** What would be denied as it was last told: paused tells nothing new either way. */
function openWould(
  { marks }: Run,
  which: (mark: MarkOf<"episode">) => boolean = () => true,
): ReadonlyMap<PrincipalId, DenySet> {
  const open = new Map<PrincipalId, string[]>();
  for (const mark of marksOf(marks, "episode")) {
    if (mark.would && which(mark)) open.set(mark.principal, [...(open.get(mark.principal) ?? []), mark.member]);
  }
  return open;
}

function writeEntries({ applied }: Run): readonly JournalEntry[] {
  return applied.written.map(({ change: { principal }, attached, denied, at }) => ({
    writes: [{ op: "set" as const, mark: { kind: "write" as const, principal, attached, denied, at } }],
  }));
}

/** A deny policy of ours that somebody attached by hand, taken off again: it had no episode that could close. */
function strayEntries(
  { applied, marks, now }: Run,
  said: ReadonlySet<string>,
  makeEvent: MakeEvent,
): readonly JournalEntry[] {
  const open = new Set(marksOf(marks, "episode").flatMap((mark) => (mark.would ? [] : [mark.principal])));
  return applied.written.flatMap(({ change, denied }) => {
    if (open.has(change.principal) || change.attached.length === 0 || denied.length > 0) return [];
    const id = ["stray", change.principal, ...change.attached, Math.floor(now / GUARD_WINDOW_MS)].join("#");
    if (said.has(id)) return [];
    const event = makeEvent("Access Lifted", {
      principal: change.principal,
      models: change.from,
      reason: "a deny policy was attached by hand, and no limit and no operator denies it",
    });
    return [
      {
        writes: [{ op: "open" as const, mark: { kind: "said" as const, id, until: now + 2 * GUARD_WINDOW_MS } }],
        event,
      },
    ];
  });
}

const exemptionId = (name: string, until: EpochMs): string => `exemption-expired#${name}#${until}`;
const isExemptionId = (id: string): boolean => id.startsWith("exemption-expired#");

/** Told once when an exemption's time is over; what it lets through shows in the denies that follow. */
function exemptionEntries(
  { settings, now }: Run,
  said: ReadonlySet<string>,
  makeEvent: MakeEvent,
): readonly JournalEntry[] {
  return settings.exemptions.flatMap(({ name, until, reason }) => {
    const id = exemptionId(name, until);
    if (until > now || said.has(id)) return [];
    const event = makeEvent("Exemption Expired", {
      reason: `exemption ${name} (${reason}) ended at ${clock(until, "UTC", now)}`,
    });
    // Kept for as long as the parameter is there.
    return [
      { writes: [{ op: "open" as const, mark: { kind: "said" as const, id, until: now + LONGEST_PERIOD_MS } }], event },
    ];
  });
}

/** Marks that have served their purpose. */
function expired({ marks, now, settings, guarded }: Run): readonly JournalEntry[] {
  const limits = new Set(settings.limits.map(({ name }) => name));
  const exemptionIds = new Set(settings.exemptions.map(({ name, until }) => exemptionId(name, until)));
  const over = (at: EpochMs, ms: number) => at <= now - ms;
  const isGone = (mark: Mark): boolean =>
    (mark.kind === "write" && over(mark.at, PROPAGATION_MS)) ||
    (mark.kind === "new-deny" && over(mark.at, GUARD_WINDOW_MS) && !guarded.pending.has(mark.principal)) ||
    (mark.kind === "said" && (mark.until <= now || (isExemptionId(mark.id) && !exemptionIds.has(mark.id)))) ||
    (mark.kind === "baseline" && over(mark.periodStart, LONGEST_PERIOD_MS)) ||
    ((mark.kind === "peak" || mark.kind === "held-step") && !limits.has(mark.limit));
  return marks.filter(isGone).map((mark) => ({ writes: [{ op: "close", mark }] }));
}
