import { createHash } from "node:crypto";

const PLAIN = /^[A-Za-z0-9_.-]{1,60}$/;

/**
 * An element's id for a limit: different for different names, and the same from one update to the
 * next. Names that Parameter Store would not take, or long ones, are stood for by their hash.
 */
export const limitId = (name: string): string => idOf("bg-limit", name);

/** The same for anything else that a section shows by name. */
export function idOf(what: string, name: string): string {
  if (PLAIN.test(name)) return `${what}-${name}`;
  // As UTF-16, because in UTF-8 lone surrogates would all be the same.
  return `${what}-~${createHash("sha256").update(name, "utf16le").digest("hex").slice(0, 20)}`;
}
