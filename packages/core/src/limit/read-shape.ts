import type { z } from "zod";
import { whyNoName } from "./name-rule.ts";
import type { Checked, Problem } from "./problem.ts";
import { readJson } from "./read-json.ts";
import { problemsOf } from "./shape-words.ts";

/** Those keys of an object that are well-formed by themselves, for rules about their combinations. */
export type Draft<S extends z.ZodObject> = Partial<z.output<S>>;

/** A rule about combinations. `written` is what stands in the JSON, well-formed or not. */
export type Rule<S extends z.ZodObject> = (draft: Draft<S>, written: object) => readonly Problem[];

/**
 * Reads the JSON of a named parameter: its name, text and shape, then rules about combinations of
 * those keys that are well-formed, so that as many problems as possible are found at once.
 */
export function readShape<S extends z.ZodObject>(
  name: string,
  text: string,
  schema: S,
  rules: readonly Rule<S>[],
): Checked<z.output<S>> {
  const fault = whyNoName(name);
  const problems: Problem[] = fault === undefined ? [] : [{ path: "", value: name, ...fault }];
  const json = readJson(text);
  problems.push(...json.problems);
  if (json.value === undefined) return { ok: false, problems };
  const result = schema.safeParse(json.value);
  if (!result.success) problems.push(...result.error.issues.flatMap((issue) => problemsOf(issue, json.value)));
  const { value } = json;
  if (isObject(value)) {
    const draft = result.success ? result.data : wellFormed(schema, value);
    problems.push(...rules.flatMap((rule) => rule(draft, value)));
  }
  if (result.success && problems.length === 0) return { ok: true, value: result.data };
  return { ok: false, problems };
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function wellFormed<S extends z.ZodObject>(schema: S, written: object): Draft<S> {
  const entries: [string, unknown][] = [];
  for (const [key, part] of Object.entries(schema.shape)) {
    if (!Object.hasOwn(written, key)) continue;
    const result = (part as z.ZodType).safeParse(Reflect.get(written, key));
    if (result.success) entries.push([key, result.data]);
  }
  return Object.fromEntries(entries) as Draft<S>;
}
