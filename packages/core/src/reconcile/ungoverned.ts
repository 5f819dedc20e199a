import type { Cause } from "../enforcement/cause.ts";
import type { Mode } from "../limit/limit.ts";
import type { EpochMs } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { listed } from "../words/listed.ts";
import { aboutLimit, causeName, type MakeEvent } from "./event-maker.ts";
import type { JournalEntry } from "./journal.ts";
import type { Run } from "./reconcile.ts";

const DAY_MS = 24 * 3_600_000;

/** Tells of those who would be denied if this stage governed them: all together, once per limit and period. */
export function ungovernedEntries(
  { decision, settings, now }: Pick<Run, "decision" | "settings" | "now">,
  said: ReadonlySet<string>,
  makeEvent: MakeEvent,
): readonly JournalEntry[] {
  return [...byCause(decision.ungoverned)].flatMap(([name, { cause, principals }]) => {
    const period = periodOf(cause, now);
    const id = ["ungoverned", name, period.start].join("#");
    if (said.has(id)) return [];
    const [denies, is] = observed(cause, settings.mode) ? ["would deny", "would be"] : ["denies", "was"];
    const event = makeEvent("Enforcement Failed", {
      ...(cause.kind === "limit" && aboutLimit(cause.limit)),
      reason: `${name} ${denies} ${counted(principals.size)} that this stage does not govern, so nothing ${is} done: ${listed(principals)}`,
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

const observed = (cause: Cause, mode: Mode): boolean =>
  mode === "observe" || (cause.kind === "limit" && cause.limit.mode === "observe");
