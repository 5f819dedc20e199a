import { type Cause, worstCause } from "../enforcement/cause.ts";
import type { DenySet } from "../enforcement/deny-set.ts";
import type { Pattern } from "../model/pattern.ts";
import type { EpochMs } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { causeFields, causeName, type MakeEvent } from "./event-maker.ts";
import type { JournalEntry, Mark, MarkOf } from "./journal.ts";

type Episode = MarkOf<"episode">;

export interface EpisodeInput {
  /** Real denies, or those of mode observe. */
  readonly would: boolean;
  /** What each principal is denied as far as we know, after our writes. */
  readonly denied: ReadonlyMap<PrincipalId, DenySet>;
  readonly causesOf: (principal: PrincipalId, member: Pattern) => readonly Cause[];
  readonly liftReason: (episode: Episode) => string;
  readonly marks: readonly Mark[];
  readonly now: EpochMs;
  readonly makeEvent: MakeEvent;
}

/**
 * Brings the journal's episodes in line with who is denied what: one opens with each member of a
 * deny set and closes with it, whichever run brought the change about. A principal's members that
 * open or close together are told together.
 */
export function episodeEntries(input: EpisodeInput): readonly JournalEntry[] {
  const open = new Map<PrincipalId, Map<Pattern, Episode>>();
  for (const mark of input.marks) {
    if (mark.kind !== "episode" || mark.would !== input.would) continue;
    const members = open.get(mark.principal) ?? new Map<Pattern, Episode>();
    open.set(mark.principal, members.set(mark.member, mark));
  }
  const entries: JournalEntry[] = [];
  for (const principal of new Set([...open.keys(), ...input.denied.keys()])) {
    const now = input.denied.get(principal) ?? [];
    const before = open.get(principal);
    const opened = now.filter((member) => before?.has(member) !== true);
    const closed = [...(before?.values() ?? [])].filter(({ member }) => !now.includes(member));
    if (closed.length > 0) entries.push(closing(principal, closed, input));
    if (opened.length > 0) entries.push(opening(principal, opened, input));
    for (const episode of before?.values() ?? [])
      if (now.includes(episode.member)) entries.push(...continuing(episode, input));
  }
  return entries;
}

/** Keeps what an episode is due to up to date: if a limit becomes unknown, its part is held and no other. */
function continuing(episode: Episode, { causesOf }: EpisodeInput): readonly JournalEntry[] {
  const limits = namesOf(causesOf(episode.principal, episode.member));
  // Nothing causes it where mode is paused: what it was due to is still the last that is known.
  if (limits.length === 0 || limits.join() === episode.limits.join()) return [];
  return [{ writes: [{ op: "replace", before: episode, mark: { ...episode, limits } }] }];
}

const namesOf = (causes: readonly Cause[]): readonly string[] => [...new Set(causes.map(causeName))].sort();

function opening(principal: PrincipalId, members: readonly Pattern[], input: EpisodeInput): JournalEntry {
  const { would, now } = input;
  const causes = members.map((member) => input.causesOf(principal, member));
  const fields = causeFields(worstCause(causes.flat()), now);
  const writes = members.map((member, index) => ({
    op: "open" as const,
    mark: {
      kind: "episode" as const,
      principal,
      member,
      would,
      since: now,
      limits: namesOf(causes[index] ?? []),
      reason: fields.reason,
      repairs: [],
    },
  }));
  return {
    writes,
    event: input.makeEvent(would ? "Would Deny" : "Access Denied", { ...fields, principal, models: members }),
  };
}

function closing(principal: PrincipalId, episodes: readonly Episode[], input: EpisodeInput): JournalEntry {
  const limit = episodes.flatMap(({ limits }) => limits).find((name) => name.startsWith("limits/"));
  return {
    writes: episodes.map((mark) => ({ op: "close" as const, mark })),
    event: input.makeEvent(input.would ? "Would Lift" : "Access Lifted", {
      principal,
      models: episodes.map(({ member }) => member),
      ...(limit !== undefined && { limit: limit.slice("limits/".length) }),
      reason: [...new Set(episodes.map(input.liftReason))].join("; "),
    }),
  };
}
