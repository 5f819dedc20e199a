import type { Cause } from "../enforcement/cause.ts";
import type { EpochMs } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { causeName, type MakeEvent } from "./event-maker.ts";
import type { JournalEntry } from "./journal.ts";
import type { Run } from "./reconcile.ts";

const DAY_MS = 24 * 3_600_000;
const MOST_NAMES = 5;

/** Tells of those who would be denied if this stage governed them: all together, once per limit and period. */
export function ungovernedEntries(
  { decision, now }: Pick<Run, "decision" | "now">,
  said: ReadonlySet<string>,
  makeEvent: MakeEvent,
): readonly JournalEntry[] {
  return [...byCause(decision.ungoverned)].flatMap(([name, { cause, principals }]) => {
    const period = periodOf(cause, now);
    const id = ["ungoverned", name, period.start].join("#");
    if (said.has(id)) return [];
    const event = makeEvent("Enforcement Failed", {
      ...(cause.kind === "limit" && { limit: cause.limit.name }),
      ...(cause.kind === "limit" && cause.limit.owner !== undefined && { owner: cause.limit.owner }),
      reason: `${name} denies ${counted(principals.size)} that this stage does not govern, so nothing was done: ${listed(principals)}`,
      ends: `add them to governedPrincipals, or leave them out of ${name}`,
    });
    const mark = { kind: "said" as const, id, until: period.end + DAY_MS };
    return [{ writes: [{ op: "open" as const, mark }], event }];
  });
}

function byCause(ungoverned: Run["decision"]["ungoverned"]) {
  const found = new Map<string, { readonly cause: Cause; readonly principals: Set<PrincipalId> }>();
  for (const principal of ungoverned.principals) {
    for (const cause of ungoverned.setOf(principal).flatMap((member) => ungoverned.causesOf(principal, member))) {
      const name = causeName(cause);
      const same = found.get(name) ?? { cause, principals: new Set() };
      found.set(name, same);
      same.principals.add(principal);
    }
  }
  return found;
}

/** A rolling period and a deny by hand have no start to count by: they are told once a day at most. */
function periodOf(cause: Cause, now: EpochMs): { readonly start: EpochMs; readonly end: EpochMs } {
  if (cause.kind === "limit" && cause.limit.period.kind !== "rolling") return cause.span;
  const start = Math.floor(now / DAY_MS) * DAY_MS;
  return { start, end: start + DAY_MS };
}

const counted = (count: number): string => (count === 1 ? "1 principal" : `${count} principals`);

function listed(principals: ReadonlySet<PrincipalId>): string {
  const names = [...principals].sort().slice(0, MOST_NAMES).join(", ");
  const more = principals.size - MOST_NAMES;
  return more > 0 ? `${names} and ${more} more` : names;
}
