import { createHash } from "node:crypto";
import type { DenySet } from "../enforcement/deny-set.ts";

/** IAM's limit for a policy's name, which admits letters, digits and `_+=,.@-`. */
const MAX_NAME = 128;
const MAX_SLUG = 40;
/** 80 bits: the documents it tells apart are all denies of our own form. */
const HASH_DIGITS = 20;

/**
 * Names a deny policy to the person it denies, who reads it in AWS's AccessDenied message, and
 * binds the name to the document's text. Always the same for the same arguments.
 */
export function policyName(members: DenySet, text: string, helpSlug = ""): string {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, HASH_DIGITS);
  const more = members.length > 1 ? `.and-${members.length - 1}-more` : "";
  const slug = helpSlug.replace(/[^A-Za-z0-9-]/g, "-").slice(0, MAX_SLUG);
  const end = `${more}${slug && `.${slug}`}.${hash}`;
  const start = `usage-limit-reached.${readable(members[0] ?? "")}`;
  return start.slice(0, MAX_NAME - end.length) + end;
}

const readable = (pattern: string): string =>
  pattern
    .replaceAll(":", "_")
    .replaceAll("*", "+")
    .replace(/[^\w+=,.@-]/g, "-");
