import { showValue } from "./describe-problem.ts";
import type { Limit } from "./limit.ts";
import type { Checked, Fault } from "./problem.ts";
import { readJson } from "./read-json.ts";

const MOST_NEW_DENIES = 100_000;

/**
 * Reads the text of `/max-new-denies`: how many principals may be newly denied within 10 minutes.
 * 0 holds every new deny until an operator approves it.
 */
export function readMaxNewDenies(text: string): Checked<number> {
  return readNumber(text, "must be a whole number from 0 to 100,000", (amount) =>
    Number.isInteger(amount) && amount >= 0 && amount <= MOST_NEW_DENIES ? undefined : "write one, as in 25",
  );
}

/**
 * Reads the text of `/limits/<name>/threshold`, which stands in place of the limit's own threshold.
 *
 * Whoever may write that parameter may write nothing else, so it counts only within bounds that the
 * limit sets: a limit without bounds has delegated nothing.
 */
export function readThreshold(limit: Limit, text: string): Checked<number> {
  const { bounds } = limit;
  if (bounds === undefined) {
    const remedy = 'add bounds to the limit, as in "bounds": {"min":20,"max":300}, or change its own threshold';
    return wrong(text, {
      problem: `cannot set a threshold: the limit ${limit.name} has no bounds to keep it within`,
      remedy,
    });
  }
  const { min, max } = bounds;
  return readNumber(text, `must be a number from ${min} to ${max}, the bounds of the limit ${limit.name}`, (amount) =>
    amount >= min && amount <= max
      ? undefined
      : `write ${amount < min ? min : max}, or have the limit's bounds changed`,
  );
}

function readNumber(text: string, must: string, remedyFor: (amount: number) => string | undefined): Checked<number> {
  const json = readJson(text);
  if (json.problems.length > 0) {
    return wrong(text, { problem: `${must}, not ${showValue(text)}`, remedy: "write a number and nothing else" });
  }
  if (typeof json.value !== "number") {
    const number = Number(typeof json.value === "string" ? json.value : undefined);
    const remedy = Number.isFinite(number) ? `write ${number} without the quotes` : "write a number and nothing else";
    return wrong(json.value, { problem: `${must}, not ${showValue(json.value)}`, remedy });
  }
  const remedy = remedyFor(json.value);
  if (remedy === undefined) return { ok: true, value: json.value };
  return wrong(json.value, { problem: `${must}, not ${showValue(json.value)}`, remedy });
}

const wrong = (value: unknown, fault: Fault): Checked<never> => ({
  ok: false,
  problems: [{ path: "", value, ...fault }],
});
