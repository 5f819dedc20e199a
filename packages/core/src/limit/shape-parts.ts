import { Temporal } from "temporal-polyfill";
import * as z from "zod";
import type { EpochMs } from "../period/period.ts";
import { whyNoPattern } from "./pattern-rule.ts";
import type { Fault } from "./problem.ts";
import { whyNoSelector } from "./selector-rule.ts";

/** Beyond this, counts of tokens are not exact any more; no account reaches it. */
export const HIGHEST_THRESHOLD = 1e15;
export const MUST_BE_THRESHOLD = "must be a number above 0 and at most 1,000,000,000,000,000";

/** An object with these keys and no others. */
export function object<S extends z.ZodRawShape>(shape: S, must: string) {
  // What zod says of unknown keys never reaches anyone: shape-words.ts takes the known ones from it.
  const known = Object.keys(shape).join(", ");
  return z.strictObject(shape, { error: (issue) => (issue.code === "unrecognized_keys" ? known : must) });
}

/** A list with something in it. */
export const list = <S extends z.ZodType>(item: S, must: string) => z.array(item, must).nonempty(must);

/** Text that a rule finds nothing wrong with. */
export function ruled(must: string, rule: (text: string) => Fault | undefined) {
  return z.string(must).check((context) => {
    const fault = rule(context.value);
    if (fault !== undefined) context.issues.push(faultIssue(fault, [], context.value));
  });
}

/** Text that says something which is kept in another form. */
export function meaning<T>(must: string, read: (text: string) => { readonly value: T } | Fault) {
  return z.string(must).transform((text, context): T => {
    const reading = read(text);
    if ("value" in reading) return reading.value;
    context.issues.push(faultIssue(reading, [], text));
    return z.NEVER;
  });
}

/** A fault as zod carries it, so that `problemsOf` finds it again; `path` is seen from `input`. */
export const faultIssue = (fault: Fault, path: PropertyKey[], input: unknown) =>
  ({ code: "custom", input, path, message: fault.problem, params: fault, continue: true }) as const;

/** A number above one bound and up to another. */
export const between = (above: number, atMost: number, must: string) =>
  z.number(must).gt(above, must).lte(atMost, must);

export const threshold = between(0, HIGHEST_THRESHOLD, MUST_BE_THRESHOLD);
export const percent = (atMost: number) =>
  between(0, atMost, `must be a number of percent above 0 and at most ${atMost}`);

export const pattern = ruled("must be a model id or a pattern of ids, as text", whyNoPattern);
export const patterns = list(pattern, "must be a list of at least one model id or pattern");

export const selector = ruled("must name principals, as text", whyNoSelector);
export const selectors = list(selector, "must be a list of at least one principal, such as role/<name>");

/** Text that people read in notices. */
export function prose(must: string) {
  return ruled(must, (text) =>
    text.trim() === "" ? { problem: must, remedy: "write it, or leave the key out" } : undefined,
  );
}

const MUST_BE_REASON = "must say in a few words why, for whoever reads it later";
export const reason = ruled(MUST_BE_REASON, (text) =>
  text.trim() === "" ? { problem: MUST_BE_REASON, remedy: 'write it, as in "reason": "quarterly report"' } : undefined,
);

const MUST_BE_INSTANT = "must be a date and time with an offset or Z (ISO 8601)";
export const instant = meaning<EpochMs>(MUST_BE_INSTANT, (text) => {
  try {
    return { value: Temporal.Instant.from(text).epochMilliseconds };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { problem: MUST_BE_INSTANT, remedy: 'write it as in "2026-03-31T18:00:00+02:00" or "2026-03-31T16:00:00Z"' };
  }
});
