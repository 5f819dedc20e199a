import { JsonReader, NotJson } from "./json-reader.ts";
import type { Fault, Problem } from "./problem.ts";

/** Bytes of UTF-8 that a standard SSM parameter holds. Source: "Managing parameter tiers". */
export const MAX_BYTES = 4096;

/** A JSON value and what is wrong with its text; the value is undefined if it could not be read. */
export interface JsonReading {
  readonly value: unknown;
  readonly problems: readonly Problem[];
}

/**
 * Reads strict JSON. `JSON.parse` is not enough: of a key that stands twice it silently takes the
 * last, and what it says of a mistake depends on the engine's version.
 */
export function readJson(text: string): JsonReading {
  const fault = wholeText(text);
  if (fault !== undefined) return { value: undefined, problems: [{ path: "", ...fault }] };
  const problems: Problem[] = [];
  try {
    return { value: new JsonReader(text, problems).readAll(), problems };
  } catch (error) {
    if (!(error instanceof NotJson)) throw error;
    return { value: undefined, problems: [...problems, { path: "", ...error.fault }] };
  }
}

function wholeText(text: string): Fault | undefined {
  if (text.startsWith("\uFEFF")) {
    return { problem: "is not JSON: it begins with a byte order mark", remedy: "save it as UTF-8 without one" };
  }
  if (text.trim() === "") return { problem: "is empty", remedy: "write its value as JSON" };
  const bytes = new TextEncoder().encode(text).length;
  if (bytes <= MAX_BYTES) return undefined;
  return {
    problem: `has ${bytes} bytes, but at most ${MAX_BYTES} fit into a standard SSM parameter`,
    remedy: "shorten it, or split it into two",
  };
}
