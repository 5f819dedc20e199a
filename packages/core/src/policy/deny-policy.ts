import type { DenySet } from "../enforcement/deny-set.ts";

/** An IAM policy document of explicit denies, as it is sent to IAM. */
export interface DenyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly DenyStatement[];
}

export interface DenyStatement {
  readonly Sid: string;
  readonly Effect: "Deny";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** An immutable policy for exactly one deny set (or, of a set too large for one, a part of it). */
export interface DenyPolicy {
  /** Names the set to the person who is denied, and carries the hash of `text`. */
  readonly name: string;
  readonly members: DenySet;
  readonly document: DenyDocument;
  /** The document as JSON without white space: at most 6,144 characters. */
  readonly text: string;
  /** The set, cut at IAM's 1,000 characters; the document is authoritative. */
  readonly description: string;
}
