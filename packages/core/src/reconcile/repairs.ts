import type { EpochMs } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import type { Written } from "./apply.ts";
import type { MakeEvent } from "./event-maker.ts";
import { type JournalEntry, type Mark, type MarkOf, marksOf } from "./journal.ts";
import { saidIds } from "./resets.ts";

const CONTESTED_AFTER = 3;
const DAY_MS = 24 * 3_600_000;

/**
 * Counts denies that were put back after somebody took them off, and says so after the third within
 * a day: another tool owns the role's attachments, and fighting it does not help. Told again only after a day of peace.
 */
export function repairEntries(
  written: readonly Written[],
  marks: readonly Mark[],
  now: EpochMs,
  makeEvent: MakeEvent,
): readonly JournalEntry[] {
  const episodes = new Map<PrincipalId, MarkOf<"episode">[]>();
  for (const mark of marksOf(marks, "episode")) {
    if (!mark.would) episodes.set(mark.principal, [...(episodes.get(mark.principal) ?? []), mark]);
  }
  const said = saidIds(marks);
  return written.flatMap(({ change }) => {
    const repaired = (episodes.get(change.principal) ?? []).filter(({ member }) => change.denied.includes(member));
    if (repaired.length === 0) return [];
    const counted = repaired.map((before) => ({
      op: "replace" as const,
      before,
      mark: { ...before, repairs: [...before.repairs.filter((at) => at > now - DAY_MS), now] },
    }));
    const contested = counted.some(({ mark }) => mark.repairs.length >= CONTESTED_AFTER);
    const id = `contested#${change.principal}`;
    const mark = { kind: "said" as const, id, until: now + DAY_MS };
    return [
      {
        writes: contested ? [...counted, { op: "set" as const, mark }] : counted,
        ...(contested &&
          !said.has(id) && {
            event: makeEvent("Attachment Contested", {
              principal: change.principal,
              models: repaired.map(({ member }) => member),
              reason: `the deny policy of ${change.principal} was taken off and put back ${CONTESTED_AFTER} times within a day: another tool seems to own the role's attachments`,
              ends: "let that tool ignore policies under /bedrock-governor/, or give the role a guard policy instead",
            }),
          }),
      },
    ];
  });
}
