import type { Fault } from "./problem.ts";

const LONGEST = 100;
const NAME = /^[a-zA-Z0-9_][a-zA-Z0-9_.-]*$/;

/**
 * Says why a text cannot name a limit or another parameter. SSM admits letters, digits and `_.-` in
 * names; a leading hyphen would read as an option on the command line, a leading dot hides a file.
 */
export function whyNoName(name: string): Fault | undefined {
  if (NAME.test(name) && name.length <= LONGEST) return undefined;
  return {
    problem: `is no valid name, which has 1 to ${LONGEST} letters, digits, "_", "." and "-" and begins with neither "." nor "-"`,
    remedy: "rename it",
  };
}
