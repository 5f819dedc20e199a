import { readExemption } from "../limit/read-exemption.ts";
import { readMode } from "../limit/read-word.ts";
import type { Authorship, Settings } from "../limit/settings.ts";
import type { EpochMs } from "../period/period.ts";
import type { EventType } from "./event.ts";
import type { MakeEvent } from "./event-maker.ts";
import { type JournalEntry, type JournalWrite, type Mark, type MarkOf, marksOf } from "./journal.ts";

type Seen = MarkOf<"parameter">;

/** Which changes are told, by the first part of the parameter's name; the others only take effect. */
const TOLD: Readonly<Record<string, EventType>> = {
  limits: "Limit Changed",
  mode: "Mode Changed",
  exemptions: "Exemption Granted",
};

/**
 * Tells what people changed: each new writing of a parameter once, a removal, and a value that is
 * not valid with what holds instead. The first run of all only takes note.
 */
export function parameterEntries(
  settings: Settings,
  marks: readonly Mark[],
  makeEvent: MakeEvent,
  now: EpochMs,
): readonly JournalEntry[] {
  const seen = new Map(marksOf(marks, "parameter").map((mark) => [mark.parameter, mark]));
  const first = seen.size === 0;
  const entries: JournalEntry[] = [];
  for (const authorship of settings.authorship) {
    const before = seen.get(authorship.parameter);
    seen.delete(authorship.parameter);
    if (before !== undefined && isSame(before, authorship)) continue;
    const mark: Seen = { kind: "parameter", ...pick(authorship) };
    const event = first ? undefined : changed(authorship, before, settings, makeEvent);
    entries.push(entry(before, mark, event));
  }
  for (const { parameter, version, problems, inForceInstead } of settings.problems) {
    const name = `${parameter} (invalid)`;
    const before = seen.get(name);
    seen.delete(name);
    if (before?.version === version) continue;
    const [worst] = problems;
    const reason = `${parameter}: ${worst?.path ? `${worst.path}: ` : ""}${worst?.problem ?? "not valid"}; ${inForceInstead}`;
    const event = makeEvent("Limit Invalid", {
      ...nameOf(parameter),
      reason,
      ...(worst !== undefined && { ends: worst.remedy }),
    });
    entries.push(entry(before, { kind: "parameter", parameter: name, version, value: "" }, event));
  }
  for (const mark of seen.values()) {
    const event = mark.parameter.endsWith(" (invalid)") ? undefined : removed(mark, makeEvent, now);
    entries.push({ writes: [{ op: "close", mark }], ...(event !== undefined && { event }) });
  }
  return entries;
}

/** Versions begin anew with a parameter that is removed and made again, so the version alone does not tell. */
const isSame = (before: Seen, { version, value, at }: Authorship): boolean =>
  before.version === version && before.value === value && (before.at === undefined || before.at === at);

const pick = ({ parameter, version, value, at }: Authorship) => ({ parameter, version, value, at });

/** Of two runs that see the same change, one replaces what was seen, and tells it. */
function entry(before: Seen | undefined, mark: Seen, event: JournalEntry["event"]): JournalEntry {
  const write: JournalWrite = before === undefined ? { op: "open", mark } : { op: "replace", before, mark };
  return { writes: [write], ...(event !== undefined && { event }) };
}

/** Values that can be read in a sentence; a whole limit cannot. */
const isShort = (value: string): boolean => /^[\w."-]{1,40}$/.test(value);
const to = (value: string): string => (isShort(value) ? ` to ${value}` : "");
const from = (value: string): string => (isShort(value) ? ` from ${value}` : "");

function changed(
  now: Authorship,
  before: Seen | undefined,
  { mode }: Settings,
  makeEvent: MakeEvent,
): JournalEntry["event"] {
  const type = TOLD[now.parameter.split("/")[0] ?? ""];
  if (type === undefined) return undefined;
  const what =
    before === undefined
      ? `was set${to(now.value)}`
      : before.value === now.value
        ? "was written again, with the same value,"
        : `was changed${from(before.value)}${to(now.value)}`;
  const written = now.parameter === "mode" ? readMode(now.value) : undefined;
  const without =
    written?.ok && written.value !== mode ? `; the stage is deployed without enforcement, so ${mode} is in effect` : "";
  return makeEvent(type, {
    ...nameOf(now.parameter),
    reason: `${now.parameter} ${what} by ${now.by}${without}`,
    change: { ...(before !== undefined && { old: before.value }), new: now.value, by: now.by },
  });
}

function removed(mark: Seen, makeEvent: MakeEvent, now: EpochMs): JournalEntry["event"] {
  const [kind = "", name = ""] = mark.parameter.split("/");
  const exemption = kind === "exemptions" ? readExemption(name, mark.value) : undefined;
  // Its end was told when it came.
  if (exemption?.ok && exemption.value.until <= now) return undefined;
  const type = kind === "exemptions" ? "Exemption Expired" : TOLD[kind];
  if (type === undefined) return undefined;
  return makeEvent(type, {
    ...nameOf(mark.parameter),
    reason: `${mark.parameter} was removed`,
    change: { old: mark.value, by: "unknown, see CloudTrail" },
  });
}

function nameOf(parameter: string): { limit?: string } {
  const [kind, name] = parameter.split("/");
  return kind === "limits" && name !== undefined ? { limit: name } : {};
}
