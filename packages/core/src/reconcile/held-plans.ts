import { GUARD_WINDOW_MS, pairId } from "../enforcement/mass-deny-guard.ts";
import type { PlannedChange } from "../enforcement/plan.ts";
import { listed } from "../words/listed.ts";
import { aboutLimit, type EventFields, type MakeEvent } from "./event-maker.ts";
import { type JournalEntry, marksOf } from "./journal.ts";
import type { Run } from "./reconcile.ts";

/** For so long an approval is for all of its plan; after that, for what could be done and was not yet. */
const APPROVED_MS = 3_600_000;
const KEPT_MS = 3_600_000;

/**
 * An approval is for once, for each principal of its plan: who is denied by now is taken out of it, and the
 * rest may take many runs. With the last of them the plan is done.
 */
export function approvedPlanEntries({ guarded, denied, now }: Run): readonly JournalEntry[] {
  if (guarded.approved === undefined) return [];
  const { plan, at } = guarded.approved;
  const done = new Set([...denied].map(([principal, set]) => pairId(principal, set)));
  const due = new Set(guarded.changes.map(({ principal, to }) => pairId(principal, to)));
  const pairs = plan.pairs.filter((pair) => !done.has(pair) && (now < at + APPROVED_MS || due.has(pair)));
  if (pairs.length === plan.pairs.length) return [];
  if (pairs.length === 0) return [{ writes: [{ op: "close", mark: plan }] }];
  return [{ writes: [{ op: "replace", before: plan, mark: { ...plan, pairs } }] }];
}

/** A held plan is told when it is new; one that merely grew is told again at half as much more, or after ten minutes. */
export function heldPlanEntries(
  { guarded, marks, decision, settings, now }: Run,
  makeEvent: MakeEvent,
): readonly JournalEntry[] {
  const before = marksOf(marks, "held-plan");
  const { held, approved } = guarded;
  if (held === undefined) {
    // While evidence is missing, or mode is paused, nobody knows whether it would still be held: it is kept for a while.
    const uncertain = decision.unknown.size > 0 || settings.mode === "paused";
    const over = before.filter((mark) => mark !== approved?.plan && !(uncertain && now < mark.at + KEPT_MS));
    return over.map((mark) => ({ writes: [{ op: "close" as const, mark }] }));
  }
  if (before.some(({ id }) => id === held.id)) return [];
  const told = before.some(({ at, pairs }) => at > now - GUARD_WINDOW_MS && held.pairs.length < pairs.length * 1.5);
  const people = new Set(held.changes.map(({ principal }) => principal));
  const mark = { kind: "held-plan" as const, id: held.id, pairs: held.pairs, at: now };
  const event = makeEvent("Plan Held", {
    ...onlyLimit(held.changes),
    reason: `${people.size} principals would newly be denied, more than the ${settings.maxNewDenies} allowed within 10 minutes: none of them is (${listed(people)})`,
    ends: `goes ahead when parameter plan-approved is set to ${held.id}, or when limits change so that fewer are denied`,
    models: [...new Set(held.changes.flatMap(({ denied }) => denied))].sort(),
  });
  return [{ writes: [{ op: "open", mark }], ...(!told && { event }) }];
}

/** The limit that all of a plan is due to, if there is one. */
function onlyLimit(changes: readonly PlannedChange[]): Omit<EventFields, "reason"> {
  const causes = changes.flatMap(({ denied, causes }) => denied.flatMap((member) => causes.get(member) ?? []));
  const limits = new Set(causes.map((cause) => (cause.kind === "manual" ? undefined : cause.limit)));
  const [limit] = limits;
  return limits.size === 1 && limit !== undefined ? aboutLimit(limit) : {};
}
