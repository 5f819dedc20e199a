import type { Limit } from "../limit/limit.ts";
import { SECRET } from "../limit/parameter-name.ts";
import { readExemption } from "../limit/read-exemption.ts";
import { readLimit } from "../limit/read-limit.ts";
import { readMode } from "../limit/read-word.ts";
import type { Authorship, SettingsProblem } from "../limit/settings.ts";
import { differences, isShort } from "../words/differences.ts";
import { clock } from "../words/when.ts";
import type { EventType, GovernorEvent } from "./event.ts";
import { aboutLimit, type EventFields, type MakeEvent } from "./event-maker.ts";
import { type JournalEntry, type JournalWrite, type MarkOf, marksOf } from "./journal.ts";
import type { Run } from "./reconcile.ts";
import { sharedByMany } from "./shared-by-many.ts";

type Seen = MarkOf<"parameter">;
type About = Pick<Run, "settings" | "marks" | "scoping" | "now">;

/** That the parameters were looked at once: from then on the first one ever is news too. */
const LOOKED = { kind: "said", id: "parameters", until: Number.MAX_SAFE_INTEGER } as const;

/**
 * Tells what people changed: each new writing of a parameter once, a removal, and a value that is
 * not valid with what holds instead. The first run of all only takes note of what is in force.
 */
export function parameterEntries(run: About, makeEvent: MakeEvent): readonly JournalEntry[] {
  const { settings, marks } = run;
  const seen = new Map(marksOf(marks, "parameter").map((mark) => [mark.parameter, mark]));
  const looked = marksOf(marks, "said").some(({ id }) => id === LOOKED.id);
  // Early versions of the governor noted parameters only, and not that they had looked.
  const first = !looked && seen.size === 0;
  const entries: JournalEntry[] = [];
  const problems = new Set(settings.problems.map(({ parameter }) => parameter));
  const isMended = (parameter: string) => !problems.has(parameter) && seen.has(invalid(parameter));
  const modeWritten = seen.get("mode")?.at;
  for (const authorship of settings.authorship) {
    const { parameter } = authorship;
    const before = seen.get(parameter);
    seen.delete(parameter);
    if (before !== undefined && isSame(before, authorship)) continue;
    const mark: Seen = { kind: "parameter", ...pick(authorship) };
    const event = first ? undefined : changed(authorship, before, isMended(parameter), run, makeEvent);
    entries.push(entry(before, mark, event));
  }
  for (const problem of settings.problems) {
    const name = invalid(problem.parameter);
    const before = seen.get(name);
    seen.delete(name);
    if (before !== undefined && isOneWriting(before, problem)) continue;
    const since = problem.inForceSince ?? (problem.parameter === "mode" ? modeWritten : undefined);
    const mark: Seen = { kind: "parameter", parameter: name, version: problem.version, value: "", at: problem.at };
    entries.push(entry(before, mark, refused(problem, since, run, makeEvent)));
  }
  for (const mark of seen.values()) {
    const event = isInvalid(mark.parameter) ? undefined : removed(mark, run, makeEvent);
    entries.push({ writes: [{ op: "close", mark }], ...(event !== undefined && { event }) });
  }
  // Last: a first run that could not note everything is followed by another first run, if it noted nothing.
  if (!looked) entries.push({ writes: [{ op: "open", mark: LOOKED }] });
  return entries;
}

const invalid = (parameter: string): string => `${parameter} (invalid)`;
const isInvalid = (name: string): boolean => name.endsWith(" (invalid)");

/** Versions begin anew with a parameter that is removed and made again, so the version alone does not tell. */
const isOneWriting = (before: Seen, { version, at }: Pick<Authorship, "version" | "at">): boolean =>
  before.version === version && (before.at === undefined || before.at === at);

const isSame = (before: Seen, now: Authorship): boolean => isOneWriting(before, now) && before.value === now.value;

const pick = ({ parameter, version, value, at }: Authorship) => ({ parameter, version, value, at });

/** Of two runs that see the same change, one replaces what was seen, and tells it. */
function entry(before: Seen | undefined, mark: Seen, event: JournalEntry["event"]): JournalEntry {
  const write: JournalWrite = before === undefined ? { op: "open", mark } : { op: "replace", before, mark };
  return { writes: [write], ...(event !== undefined && { event }) };
}

const isExemption = (parameter: string): boolean => parameter.startsWith("exemptions/");

function typeOf(parameter: string): EventType {
  if (parameter === "mode") return "Mode Changed";
  return isExemption(parameter) ? "Exemption Granted" : "Limit Changed";
}

function changed(
  now: Authorship,
  before: Seen | undefined,
  isMended: boolean,
  run: About,
  makeEvent: MakeEvent,
): GovernorEvent {
  const { parameter, by } = now;
  const told = [
    sentence(now, before),
    ...(isMended ? ["what was written before was not valid, and this is in force"] : []),
    ...(parameter === "mode" ? inEffect(now.value, run) : []),
    ...sharedByMany(parameter, run),
  ];
  return makeEvent(typeOf(parameter), {
    ...limitOf(parameter, run),
    ...modeOf(parameter, run),
    reason: told.join("; "),
    change: {
      ...(parameter !== SECRET && { ...(before !== undefined && { old: cut(before.value) }), new: cut(now.value) }),
      by,
    },
  });
}

function sentence({ parameter, value, by }: Authorship, before: Seen | undefined): string {
  if (parameter === SECRET) return `${parameter} was ${before === undefined ? "set" : "changed"} by ${by}`;
  if (before === undefined) return `${parameter} was set${to(value)} by ${by}`;
  if (before.value === value) return `${parameter} was written again, with the same value, by ${by}`;
  const what = differences(before.value, value);
  return `${parameter} was changed${from(before.value)}${to(value)} by ${by}${what === undefined ? "" : `: ${what}`}`;
}

const to = (value: string): string => (isShort(value) ? ` to ${value}` : "");
const from = (value: string): string => (isShort(value) ? ` from ${value}` : "");

/** A standard parameter holds 4 KB. */
const MOST_CHARACTERS = 4_096;
const cut = (value: string): string =>
  value.length > MOST_CHARACTERS ? `${value.slice(0, MOST_CHARACTERS - 1)}…` : value;

const modeOf = (parameter: string, { settings: { mode } }: About): Pick<EventFields, "mode"> =>
  parameter === "mode" ? { mode } : {};

/** What a mode comes to where the deployment cannot carry it out. */
function inEffect(value: string, { settings: { mode } }: About): readonly string[] {
  const written = readMode(value);
  if (!written.ok || written.value === mode) return [];
  return [`the stage is deployed without enforcement, so ${mode} is in effect`];
}

/** What is wrong, said to whoever wrote it. The value is in no `SettingsProblem`: it may be a secret in the wrong place. */
function refused(
  { parameter, version, by, at, problems, inForceInstead }: SettingsProblem,
  since: number | undefined,
  run: About,
  makeEvent: MakeEvent,
): GovernorEvent {
  const [worst, ...others] = problems;
  const what = `${worst?.path ? `${worst.path}: ` : ""}${worst?.problem ?? "not valid"}`;
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  const when = (ms: number) => clock(ms, "UTC", run.now);
  const instead = `${inForceInstead}${since === undefined ? "" : `, as it has since ${when(since)}`}`;
  return makeEvent("Limit Invalid", {
    ...limitOf(parameter, run),
    reason: `${parameter}: ${what}${more} (version ${version}, written by ${by} at ${when(at)}); ${instead}`,
    ...(worst !== undefined && { ends: worst.remedy }),
    change: { by },
  });
}

function removed(mark: Seen, run: About, makeEvent: MakeEvent): JournalEntry["event"] {
  const { parameter, value } = mark;
  const exemption = isExemption(parameter) ? readExemption(lastOf(parameter), value) : undefined;
  // Its end was told when it came.
  if (exemption?.ok && exemption.value.until <= run.now) return undefined;
  return makeEvent(exemption === undefined ? typeOf(parameter) : "Exemption Expired", {
    ...limitOf(parameter, run, value),
    ...modeOf(parameter, run),
    reason: [`${parameter} was removed`, ...afterRemoval(mark, run)].join("; "),
    change: { ...(parameter !== SECRET && { old: cut(value) }), by: "unknown, see CloudTrail" },
  });
}

/** What holds now, where that is not simply nothing. */
function afterRemoval({ parameter, value, at }: Seen, run: About): readonly string[] {
  const { settings, now } = run;
  if (parameter === "mode") {
    const since = at === undefined ? "" : `, as it has since ${clock(at, "UTC", now)}`;
    return [`mode ${value.trim()} stays in force${since}, until another is set`, ...inEffect(value, run)];
  }
  if (parameter === "max-new-denies") return [`${settings.maxNewDenies} holds`];
  if (parameter === SECRET) return ["nothing is sent to Slack any more"];
  const tuned = /^limits\/([^/]+)\/threshold$/.exec(parameter)?.[1];
  const limit = settings.limits.find(({ name }) => name === tuned);
  return limit === undefined ? [] : [`the limit's own threshold holds: ${limit.threshold}`];
}

const lastOf = (parameter: string): string => parameter.slice(parameter.lastIndexOf("/") + 1);

/** The limit that a parameter is about, as it is now or, removed, as it was. */
function limitOf(parameter: string, { settings }: About, old?: string): Omit<EventFields, "reason"> {
  const [kind, name] = parameter.split("/");
  const about = kind === "resets" ? settings.resets.find((reset) => reset.name === name)?.limit : name;
  if ((kind !== "limits" && kind !== "resets") || about === undefined) return {};
  const limit = settings.limits.find((each) => each.name === about) ?? limitIn(parameter, old);
  return limit === undefined ? { limit: about } : aboutLimit(limit);
}

function limitIn(parameter: string, old: string | undefined): Limit | undefined {
  const read = old === undefined ? undefined : readLimit(lastOf(parameter), old);
  return read?.ok ? read.value : undefined;
}
