import { type Decision, decide, type Situation } from "../enforcement/decide.ts";
import { type DeclaredState, declaredState } from "../enforcement/declared.ts";
import type { DenySet } from "../enforcement/deny-set.ts";
import type { LimitReadings } from "../enforcement/judge-limit.ts";
import { type Approval, type Guarded, guardMassDeny, withoutDeniesOf } from "../enforcement/mass-deny-guard.ts";
import { limitOverview } from "../enforcement/overview.ts";
import { plan } from "../enforcement/plan.ts";
import type { Settings } from "../limit/settings.ts";
import type { EpochMs } from "../period/period.ts";
import { createCalendar } from "../period/span-at.ts";
import { denyPolicies } from "../policy/deny-policies.ts";
import type { PrincipalId } from "../principal/principal.ts";
import type { Selector } from "../principal/selector.ts";
import { announce } from "./announce.ts";
import { type Applied, apply } from "./apply.ts";
import { checkBills } from "./bill-check.ts";
import { withoutBillsSetBack } from "./bills-set-back.ts";
import type { GovernorEvent } from "./event.ts";
import { eventMaker } from "./event-maker.ts";
import { createObserver } from "./gently.ts";
import { heldNow } from "./held-now.ts";
import { type JournalEntry, type Mark, markId, marksOf } from "./journal.ts";
import { journalEntries, wouldBeDenied } from "./journal-entries.ts";
import { checkMeters, withDoubts } from "./meter-check.ts";
import type { Ports } from "./ports.ts";
import { readUsage, usageNeeds } from "./queries.ts";
import type { Failure, Report } from "./report.ts";
import { resetEntries, saidIds } from "./resets.ts";
import { createScoping, type Scoping } from "./scoping.ts";
import { troubledPrincipals } from "./troubles.ts";
import { tellStanding } from "./warnings.ts";

/** What a deployment fixes and no operator tunes. */
export interface Deployment {
  readonly stage: string;
  readonly account: string;
  /** `aws`, `aws-us-gov`, … */
  readonly partition: string;
  /** Never denied: the governor's own roles and the break-glass roles. */
  readonly protectedPrincipals: readonly Selector[];
  /** Who may be denied: the permission to attach reaches no further. Everyone if not given. */
  readonly governedPrincipals?: readonly Selector[];
  /** `none`: has no permission to change access, so it observes at most, and leaves alone who is denied already. */
  readonly enforcement: "on" | "none";
  /** Letters, digits and hyphens, put into policy names: where a denied person can ask. */
  readonly helpSlug?: string;
}

/** Remembers what was computed from unchanged settings, so that a quiet run is cheap. */
export interface Governor {
  /**
   * One run of the loop: observes, decides, plans, applies and announces. Rejects if limits or
   * current denies could not be read; nothing has then been changed.
   *
   * @param deadline no write is begun after it; what is left is done by the next run.
   * @param how `gently`: what was observed within the last minute is enough to find that there is nothing to do.
   */
  reconcile(deadline?: EpochMs, how?: { readonly gently?: boolean }): Promise<Report>;
}

/** Everything one run knows once it has decided. */
export interface Run {
  readonly now: EpochMs;
  readonly deployment: Deployment;
  readonly settings: Settings;
  readonly scoping: Scoping;
  readonly readings: ReadonlyMap<string, LimitReadings>;
  /** Limits whose usage is unknown and need not be known yet. */
  readonly expected: ReadonlySet<string>;
  readonly marks: readonly Mark[];
  readonly declared: DeclaredState;
  readonly decision: Decision;
  /** Of steps that were reached. */
  readonly warnings: readonly JournalEntry[];
  /** Of what was billed last, and of the comparisons of the log with CloudWatch and of both with the bill. */
  readonly checked: readonly JournalEntry[];
  readonly guarded: Guarded;
  readonly applied: Applied;
  /** What each principal is denied after our writes, as far as we know. */
  readonly denied: ReadonlyMap<PrincipalId, DenySet>;
}

export function createGovernor(deployment: Deployment, ports: Ports): Governor {
  const loop = createLoop(deployment);
  const observer = createObserver(ports);
  return {
    async reconcile(deadline = Number.POSITIVE_INFINITY, { gently = false } = {}) {
      const run = (some: Ports) => loop.run(some, deadline);
      return (gently ? await observer.gently(run) : undefined) ?? observer.fully(run);
    },
  };
}

function createLoop(deployment: Deployment) {
  const scopingOf = createScoping(deployment);
  const { spanAt } = createCalendar();
  return {
    async run(ports: Ports, deadline: EpochMs): Promise<Report> {
      const failures: Failure[] = [];
      const [written, principals, catalogue, journal] = await Promise.all([
        ports.settings.read(),
        ports.directory.list(),
        ports.catalogue.read(),
        ports.journal.read(),
      ]);
      const settings = inEffect(written, deployment);
      const now = ports.now();
      const makeEvent = eventMaker(deployment, now);
      const needs = usageNeeds(settings.limits, settings.resets, now, spanAt, saidIds(journal.marks));
      const read = await readUsage(needs, ports.usage, failures);
      const check = await checkMeters({ ports, settings, marks: journal.marks, now, makeEvent, failures });
      const access = await ports.access.observe();

      const held = heldNow(access, journal.marks, now);
      const doubted = withDoubts(read, settings.limits, check.doubts, held.keys());
      const bills = withoutBillsSetBack(doubted, settings.limits, journal.marks, now);
      const { readings } = bills;
      const denied = new Map([...held].map(([principal, { set }]) => [principal, set]));
      const scoping = scopingOf(settings.limits, principals, catalogue, readings);
      const resets = resetEntries({
        scopes: scoping.scopes,
        resets: settings.resets,
        authorship: settings.authorship,
        readings,
        marks: journal.marks,
        now,
        makeEvent,
      });
      const { marks, told } = await commitResets(ports, journal.marks, resets);
      const declared = declaredState(marks, settings.limits);
      const { directory, scopes, known } = scoping;
      const warnings: JournalEntry[] = [];
      const warning = { declared, directory, said: saidIds(marks), marks, now, makeEvent };
      const decision = decide(
        {
          now,
          settings,
          directory,
          scopes,
          readings,
          current: denied,
          known,
          catalogueKnown: catalogue !== undefined,
          declared,
          dueTo: dueTo(marks),
        },
        (found) => tellStanding(found, warning, (entry) => warnings.push(entry)),
      );

      const planning = {
        wanted: decision.wanted,
        held,
        isProtected: scoping.isProtected,
        troubled: troubledPrincipals(marks),
        policiesOf: (set: DenySet) => denyPolicies(set, { ...deployment, otherArns: scoping.otherArns }),
        catalogueKnown: catalogue !== undefined,
      };
      const guarded = guardMassDeny({
        ...planning,
        changes: acts(settings, deployment) ? plan(planning) : [],
        marks,
        maxNewDenies: settings.maxNewDenies,
        approval: approval(settings),
        now,
      });
      const counted = await countNewDenies(guarded.counted, settings.maxNewDenies, now, ports, failures);
      const applied = await apply({
        changes: counted ? guarded.changes : withoutDeniesOf(guarded.counted, guarded.changes, planning),
        access: ports.access,
        publisher: ports.publisher,
        published: access.published,
        principalOf: (id) => directory.byId.get(id),
        now: ports.now,
        deadline,
      });
      for (const { change, denied: left } of applied.written) {
        if (left.length > 0) denied.set(change.principal, left);
        else denied.delete(change.principal);
      }
      const compared = await checkBills({ ports, settings, readings, marks, now, deadline, makeEvent, failures });

      const run: Run = {
        now,
        deployment,
        settings,
        scoping,
        readings,
        expected: expectedSilence(readings),
        marks,
        declared,
        decision,
        warnings,
        checked: [...check.entries, ...bills.entries, ...compared.entries],
        guarded,
        applied,
        denied,
      };
      const events = await announce({ entries: journalEntries(run, makeEvent), told, journal, now }, ports, failures);
      return {
        at: now,
        observedAt: now,
        mode: settings.mode,
        changed: applied.written.map(({ change }) => change),
        would: wouldBeDenied(run),
        ...(guarded.held && { heldPlan: { id: guarded.held.id, changes: guarded.held.changes } }),
        blocked: applied.blocked,
        passing: [...failures, ...applied.passing],
        postponed: applied.postponed.length,
        unknown: decision.unknown,
        expected: run.expected,
        unseen: unseenBy(readings),
        money: compared.money,
        protectedPrincipals: scoping.protectedPrincipals,
        ungoverned: [...decision.ungoverned.principals].sort(),
        problems: settings.problems,
        events,
        denied: run.denied,
        causesOf: (principal, member) => [
          ...decision.wanted.ownCausesOf(principal, member),
          ...decision.would.ownCausesOf(principal, member),
        ],
        overview: (mostKeys) =>
          scopes.map((scope) => {
            const evidence = { now, directory, readings: readings.get(scope.limit.name), declared };
            return limitOverview(scope, evidence, mostKeys);
          }),
      };
    },
  };
}

/** The mode in effect is what an operator wrote, as far as the deployment can carry it out. */
const inEffect = (settings: Settings, { enforcement }: Deployment): Settings =>
  enforcement === "none" && settings.mode === "enforce" ? { ...settings, mode: "observe" } : settings;

/** Whether a run may change who is denied. */
export const acts = ({ mode }: Settings, { enforcement }: Deployment): boolean =>
  mode !== "paused" && enforcement === "on";

function expectedSilence(readings: ReadonlyMap<string, LimitReadings>): ReadonlySet<string> {
  const silent = [...readings].filter(([, { main }]) => main.status === "unknown" && main.expected === true);
  return new Set(silent.map(([limit]) => limit));
}

function unseenBy(readings: ReadonlyMap<string, LimitReadings>): Report["unseen"] {
  const unseen = [...readings].map(([limit, { main }]) => [limit, main.status === "known" ? main.unseen : undefined]);
  return new Map(unseen.filter((one): one is [string, string] => one[1] !== undefined));
}

/** Baselines count from this very run on, so they are written before it decides. */
async function commitResets(
  ports: Ports,
  marks: readonly Mark[],
  entries: readonly JournalEntry[],
): Promise<{ readonly marks: readonly Mark[]; readonly told: readonly GovernorEvent[] }> {
  if (entries.length === 0) return { marks, told: [] };
  const done = await ports.journal.commit(entries);
  const writes = done.flatMap((entry) => entry.writes);
  const closed = new Set(writes.flatMap(({ op, mark }) => (op === "close" ? [markId(mark)] : [])));
  const opened = writes.flatMap(({ op, mark }) => (op === "open" ? [mark] : []));
  return {
    marks: [...marks.filter((mark) => !closed.has(markId(mark))), ...opened],
    told: done.flatMap(({ event }) => event ?? []),
  };
}

/**
 * Notes who is about to be newly denied, for the mass-deny guard's ten minutes: before they are, so that a
 * journal that cannot be written holds them instead of switching the guard off.
 */
async function countNewDenies(
  principals: ReadonlySet<PrincipalId>,
  maxNewDenies: number,
  now: EpochMs,
  { journal }: Ports,
  failures: Failure[],
): Promise<boolean> {
  if (principals.size === 0 || maxNewDenies === Number.POSITIVE_INFINITY) return true;
  try {
    const writes = [...principals].map((principal) => ({
      op: "set" as const,
      mark: { kind: "new-deny" as const, principal, at: now },
    }));
    await journal.commit(writes.map((write) => ({ writes: [write] })));
    return true;
  } catch (error) {
    failures.push({ what: `noting ${principals.size} new denies, none of which is put in force`, error });
    return false;
  }
}

/** The journal's episodes, read as who caused what. */
function dueTo(marks: readonly Mark[]): Situation["dueTo"] {
  const limits = new Map<string, readonly string[]>();
  for (const mark of marksOf(marks, "episode")) {
    if (mark.would) continue;
    const names = mark.limits.flatMap((name) => (name.startsWith("limits/") ? [name.slice("limits/".length)] : []));
    limits.set(`${mark.principal} ${mark.member}`, names);
  }
  return (principal, member) => limits.get(`${principal} ${member}`);
}

function approval({ planApproved, authorship }: Settings): Approval | undefined {
  const written = authorship.find(({ parameter }) => parameter === "plan-approved");
  return planApproved === undefined || written === undefined ? undefined : { id: planApproved, at: written.at };
}
