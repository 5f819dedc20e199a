import { type Cause, mainCause } from "../enforcement/cause.ts";
import { type DenySet, denies } from "../enforcement/deny-set.ts";
import type { Pattern } from "../model/pattern.ts";
import type { EpochMs } from "../period/period.ts";
import type { PrincipalId } from "../principal/principal.ts";
import { causeFields, causeName, type EventFields, type MakeEvent } from "./event-maker.ts";
import { type JournalEntry, type JournalWrite, type Mark, type MarkOf, marksOf } from "./journal.ts";
import type { LimitNow } from "./limit-now.ts";

type Episode = MarkOf<"episode">;

export interface EpisodeInput {
  /** Real denies, or those of mode observe. */
  readonly would: boolean;
  /** What each principal is denied as far as we know, after our writes. */
  readonly denied: ReadonlyMap<PrincipalId, DenySet>;
  /** Why exactly this member was asked for. */
  readonly ownCausesOf: (principal: PrincipalId, member: Pattern) => readonly Cause[];
  /** Everything that would keep a part of it. */
  readonly causesOf: (principal: PrincipalId, member: Pattern) => readonly Cause[];
  readonly liftReason: (episode: Episode) => string;
  /** What stays open to a principal of the models that a cause's limit is about. */
  readonly stillOpen: (principal: PrincipalId, cause: Exclude<Cause, { kind: "manual" }>) => readonly string[];
  readonly limitNow: LimitNow;
  readonly marks: readonly Mark[];
  readonly now: EpochMs;
  readonly makeEvent: MakeEvent;
}

/**
 * Brings the journal's episodes in line with who is denied what, whichever run brought the change
 * about. Only what was open before is told as denied, and only what is open now as lifted: a set that
 * grows around a member, or shrinks to a part of one, carries that episode on without a word.
 */
export function episodeEntries(input: EpisodeInput): readonly JournalEntry[] {
  const open = new Map<PrincipalId, Map<Pattern, Episode>>();
  for (const mark of marksOf(input.marks, "episode")) {
    if (mark.would !== input.would) continue;
    const members = open.get(mark.principal) ?? new Map<Pattern, Episode>();
    open.set(mark.principal, members.set(mark.member, mark));
  }
  const principals = new Set([...open.keys(), ...input.denied.keys()]);
  return [...principals].flatMap((principal) =>
    entriesOf(principal, open.get(principal) ?? new Map<Pattern, Episode>(), input.denied.get(principal) ?? [], input),
  );
}

function entriesOf(
  principal: PrincipalId,
  open: ReadonlyMap<Pattern, Episode>,
  now: DenySet,
  input: EpisodeInput,
): readonly JournalEntry[] {
  const before = [...open.keys()];
  const begun = now.filter((member) => !open.has(member));
  const ended = [...open.values()].filter(({ member }) => !now.includes(member));
  const denied = begun.filter((member) => !denies(before, member));
  const lifted = ended.filter(({ member }) => !denies(now, member));
  const carriedOn: JournalWrite[] = [
    ...begun
      .filter((member) => !denied.includes(member))
      .map((member) => {
        const since = Math.min(
          ...ended.filter((episode) => denies([episode.member], member)).map(({ since }) => since),
        );
        return { op: "open" as const, mark: episode(principal, member, since, input) };
      }),
    ...ended.filter((mark) => !lifted.includes(mark)).map((mark) => ({ op: "close" as const, mark })),
  ];
  const entries: JournalEntry[] = [];
  entries.push(...lifting(principal, lifted, now, input));
  entries.push(...denying(principal, denied, [...open.values()], input));
  const [first] = entries;
  if (carriedOn.length > 0) {
    // Together with what it is due to: neither without the other.
    if (first === undefined) entries.push({ writes: carriedOn });
    else entries[0] = { ...first, writes: [...first.writes, ...carriedOn] };
  }
  for (const mark of open.values()) if (now.includes(mark.member)) entries.push(...continuing(mark, input));
  return entries;
}

/** Keeps what an episode is due to up to date: if a limit becomes unknown, its part is held and no other. */
function continuing(episode: Episode, { causesOf }: EpisodeInput): readonly JournalEntry[] {
  const limits = namesOf(causesOf(episode.principal, episode.member));
  // Nothing causes it where mode is paused: what it was due to is still the last that is known.
  if (limits.length === 0 || limits.join() === episode.limits.join()) return [];
  return [{ writes: [{ op: "replace", before: episode, mark: { ...episode, limits } }] }];
}

/** Many causes are of one limit. */
function namesOf(causes: readonly Cause[]): readonly string[] {
  const distinct = new Map(causes.map((cause) => [cause.kind === "manual" ? cause.deny : cause.limit, cause]));
  return [...distinct.values()].map(causeName).sort();
}

function episode(principal: PrincipalId, member: Pattern, since: EpochMs, input: EpisodeInput): Episode {
  const { would } = input;
  const cause = mainCause(input.ownCausesOf(principal, member));
  const { reason } = causeFields(cause, input.now, would);
  const limits = namesOf(input.causesOf(principal, member));
  const toldAs = cause && { toldAs: causeName(cause) };
  return { kind: "episode", principal, member, would, since, limits, ...toldAs, reason, repairs: [] };
}

/** What one limit denies is told together, and what it denies further says since when it denies anything. */
function denying(
  principal: PrincipalId,
  members: readonly Pattern[],
  open: readonly Episode[],
  input: EpisodeInput,
): readonly JournalEntry[] {
  const byCause = new Map<Cause | undefined, Pattern[]>();
  for (const member of members) {
    const cause = mainCause(input.ownCausesOf(principal, member));
    const same = [...byCause.keys()].find((other) => isSame(cause, other)) ?? cause;
    byCause.set(same, [...(byCause.get(same) ?? []), member]);
  }
  return [...byCause].map(([cause, models]) => {
    const before = open.filter(({ toldAs }) => cause !== undefined && toldAs === causeName(cause));
    return {
      writes: models.map((member) => ({ op: "open" as const, mark: episode(principal, member, input.now, input) })),
      event: input.makeEvent(input.would ? "Would Deny" : "Access Denied", {
        ...causeFields(cause, input.now, input.would),
        ...(cause !== undefined && cause.kind !== "manual" && { stillOpen: input.stillOpen(principal, cause) }),
        ...(before.length > 0 && { since: Math.min(...before.map(({ since }) => since)) }),
        principal,
        models,
      }),
    };
  });
}

const isSame = (a: Cause | undefined, b: Cause | undefined): boolean =>
  a !== undefined && b !== undefined && a.kind === b.kind && causeName(a) === causeName(b) && stepOf(a) === stepOf(b);

const stepOf = (cause: Cause): number | undefined => (cause.kind === "limit" ? cause.step : undefined);

/** What was told as denied by one limit is told together when it is lifted, and names that limit again. */
function lifting(
  principal: PrincipalId,
  episodes: readonly Episode[],
  now: DenySet,
  input: EpisodeInput,
): readonly JournalEntry[] {
  const byCause = new Map<string | undefined, Episode[]>();
  for (const episode of episodes) {
    const told = episode.toldAs ?? episode.limits.find(isLimit);
    byCause.set(told, [...(byCause.get(told) ?? []), episode]);
  }
  return [...byCause].map(([told, same]) => ({
    writes: same.map((mark) => ({ op: "close" as const, mark })),
    event: input.makeEvent(input.would ? "Would Lift" : "Access Lifted", liftFields(principal, told, same, now, input)),
  }));
}

const isLimit = (cause: string): boolean => cause.startsWith("limits/");

function liftFields(
  principal: PrincipalId,
  told: string | undefined,
  episodes: readonly Episode[],
  now: DenySet,
  input: EpisodeInput,
): EventFields {
  const models = episodes.map(({ member }) => member);
  const rest = now.filter((member) => denies(models, member));
  const reason = [...new Set(episodes.map(input.liftReason))].join("; ");
  const stays = input.would ? "would stay denied" : rest.length === 1 ? "stays denied" : "stay denied";
  return {
    ...(told !== undefined && isLimit(told) && input.limitNow(told.slice("limits/".length), principal, models)),
    principal,
    models,
    since: Math.min(...episodes.map(({ since }) => since)),
    reason: rest.length === 0 ? reason : `${reason}; ${rest.join(", ")} ${stays}`,
  };
}
