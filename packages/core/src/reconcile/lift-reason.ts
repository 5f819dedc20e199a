import { exemptionsOf } from "../enforcement/contribution.ts";
import type { LimitReadings } from "../enforcement/judge-limit.ts";
import { type LimitScope, unlisted } from "../enforcement/scope.ts";
import type { Settings } from "../limit/settings.ts";
import type { Pattern } from "../model/pattern.ts";
import type { EpochMs } from "../period/period.ts";
import type { Principal, PrincipalId } from "../principal/principal.ts";
import { selectsAny } from "../principal/selector.ts";
import { clock } from "../words/when.ts";
import type { MarkOf } from "./journal.ts";

interface LiftInput {
  /** Whether the member should still be denied. */
  readonly isWanted: (principal: PrincipalId, member: Pattern) => boolean;
  /** Whether it would be, if this stage governed the principal. */
  readonly isUngoverned: (principal: PrincipalId, member: Pattern) => boolean;
  /** Those we wrote on in this run. */
  readonly wroteOn: ReadonlySet<PrincipalId>;
  readonly settings: Settings;
  readonly scopes: readonly LimitScope[];
  readonly readings: ReadonlyMap<string, LimitReadings>;
  readonly principalOf: (id: PrincipalId) => Principal | undefined;
  readonly now: EpochMs;
}

/** Says why an episode ended: for each thing that had caused it, what became of that. */
export function liftReason(episode: MarkOf<"episode">, input: LiftInput): string {
  if (input.principalOf(episode.principal) === undefined) return `${episode.principal} does not exist any more`;
  if (!episode.would && input.isWanted(episode.principal, episode.member)) {
    if (input.wroteOn.has(episode.principal)) {
      return "the deny policy was taken off to be replaced, and its replacement could not be attached; the next run tries again";
    }
    return input.settings.mode === "paused"
      ? "the deny policy was taken off by someone else, and mode is paused"
      : "the deny policy was taken off by someone else, and has not been put back yet";
  }
  if (input.settings.mode === "observe" && !episode.would) return "mode is observe, in which nothing is denied";
  if (input.isUngoverned(episode.principal, episode.member)) {
    return `${episode.principal} is not among the principals this stage governs any more`;
  }
  if (episode.would && input.settings.mode === "enforce") {
    const observing = input.settings.limits.some(
      ({ name, mode }) => mode === "observe" && episode.limits.includes(`limits/${name}`),
    );
    if (!observing) return "mode is enforce now: what was only told is decided anew";
  }
  if (episode.limits.length === 0) return "no limit and no operator denies it";
  return episode.limits.map((cause) => because(cause, episode, input)).join("; ");
}

function because(cause: string, episode: MarkOf<"episode">, input: LiftInput): string {
  const [kind, name = ""] = cause.split("/");
  if (kind === "denies") return `the deny by hand ${name} ended`;
  const scope = input.scopes.find(({ limit }) => limit.name === name);
  if (scope === undefined) return `limit ${name} was removed`;
  const principal = input.principalOf(episode.principal) ?? unlisted(episode.principal);
  if (!scope.selected.has(principal.id)) return `limit ${name} is not for ${principal.id} any more`;
  const exemption = exemptionsOf(input.settings.exemptions, name, input.now).find(({ principals }) =>
    selectsAny(principals, principal),
  );
  if (exemption !== undefined) {
    return `exemption ${exemption.name} until ${clock(exemption.until, "UTC", input.now)}: ${exemption.reason}`;
  }
  const reset = input.settings.resets.find(({ limit, at }) => limit === name && at >= episode.since && at <= input.now);
  if (reset !== undefined) return `reset ${reset.name}: ${reset.reason}`;
  const reading = input.readings.get(name)?.main;
  const { period } = scope.limit;
  if (reading?.status === "known" && period.kind !== "rolling" && reading.span.start > episode.since) {
    const zone = period.kind === "calendar" ? period.timeZone : "UTC";
    return `a new period of limit ${name} began at ${clock(reading.span.start, zone, input.now)}`;
  }
  return `usage is below limit ${name} as it is now`;
}
