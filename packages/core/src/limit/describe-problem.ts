import type { Problem } from "./problem.ts";

const LONGEST_VALUE = 60;
const LINE_BREAKING = /[\p{Cc}\u2028\u2029]/gu;

/**
 * Says in one sentence what is wrong, where, what is allowed and what to do.
 *
 * @param parameter what the operator knows the value by: a parameter's name, or a file's.
 */
export function describeProblem(problem: Problem, parameter: string): string {
  const where = problem.path === "" ? parameter : `${parameter}: ${problem.path}${found(problem.value)}`;
  return onOneLine(`${where} ${problem.problem}; ${problem.remedy}.`);
}

const found = (value: unknown): string => (value === undefined ? "" : ` = ${showValue(value)}`);

/** A value as an operator would write it, cut to a readable length. */
export function showValue(value: unknown): string {
  // JSON has no Infinity, which is what a number such as 1e400 is read as.
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? "nothing");
  return text.length <= LONGEST_VALUE ? text : `${text.slice(0, LONGEST_VALUE - 1)}…`;
}

/** What somebody wrote may hold line breaks and terminal codes; a sentence shows them and obeys none. */
export function onOneLine(text: string): string {
  return text.replace(LINE_BREAKING, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
