import { TransactionCanceledException, TransactionConflictException } from "@aws-sdk/client-dynamodb";

const PASSING_REASONS = new Set(["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]);

/** Why a transaction was cancelled, without the items that had no part in it; empty for any other error. */
export function cancellationReasons(error: unknown): readonly string[] {
  if (!(error instanceof TransactionCanceledException)) return [];
  const codes = (error.CancellationReasons ?? []).flatMap(({ Code }) => Code ?? []);
  return codes.filter((code) => code !== "None");
}

/**
 * Whether others are in the way of a write, which will pass, and which the SDK does not try again by
 * itself as it does after throttling, lost answers and `TransactionInProgressException`. A condition
 * that failed is an answer: asking again changes nothing.
 */
export function isPassing(error: unknown): boolean {
  const why = cancellationReasons(error);
  if (why.length > 0) return why.every((code) => PASSING_REASONS.has(code));
  return error instanceof TransactionConflictException;
}
