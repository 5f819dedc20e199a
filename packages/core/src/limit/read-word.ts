import type { Mode } from "./limit.ts";
import { nearest } from "./nearest.ts";
import type { Checked, Fault } from "./problem.ts";

const MODES = ["observe", "enforce", "paused"] as const satisfies readonly Mode[];

/** Reads the text of `/mode`: a word, with or without JSON's quotes. */
export function readMode(text: string): Checked<Mode> {
  const word = unquoted(text);
  const mode = MODES.find((known) => known === word);
  if (mode !== undefined) return { ok: true, value: mode };
  const meant = nearest(word, MODES) ?? "observe";
  return wrong(text, { problem: `must be ${MODES.join(", ")}, not ${JSON.stringify(word)}`, remedy: `write ${meant}` });
}

/** Reads the text of `/plan-approved`: the id of a held plan, with or without JSON's quotes. */
export function readPlanApproved(text: string): Checked<string> {
  const id = unquoted(text);
  if (/^[\w-]{1,128}$/.test(id)) return { ok: true, value: id };
  return wrong(text, {
    problem: "must be the id of a held plan: letters, digits, _ and -",
    remedy: "copy the id from the notice that says the plan is held",
  });
}

const unquoted = (text: string): string => text.trim().replace(/^"(.*)"$/s, "$1");

const wrong = (text: string, fault: Fault): Checked<never> => ({
  ok: false,
  problems: [{ path: "", value: text, ...fault }],
});
