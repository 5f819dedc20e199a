/** IAM's own name of an error: `NoSuchEntity` for the SDK's `NoSuchEntityException`; empty if it is not an error. */
export const codeOf = (error: unknown): string => (error instanceof Error ? error.name.replace(/Exception$/, "") : "");

export const isMissing = (error: unknown): boolean => codeOf(error) === "NoSuchEntity";

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const PASSING: ReadonlySet<string> = new Set([
  "ConcurrentModification",
  "EntityTemporarilyUnmodifiable",
  "InternalError",
  "InternalFailure",
  "PriorRequestNotComplete",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestTimeout",
  "ServiceFailure",
  "ServiceUnavailable",
  "Throttled",
  "Throttling",
  "TimeoutError",
  "TooManyRequests",
]);
const NETWORK: ReadonlySet<unknown> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
]);

/**
 * Says whether the same call may succeed a moment later: IAM throttled it, failed, or was not reached.
 * All calls made here can be repeated: attaching and detaching twice are as good as once, and a policy
 * that was created after all is found to exist.
 */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (PASSING.has(codeOf(error)) || ("code" in error && NETWORK.has(error.code))) return true;
  if ("$retryable" in error && error.$retryable !== undefined) return true;
  const status = "$metadata" in error ? (error.$metadata as { httpStatusCode?: number }).httpStatusCode : undefined;
  return status !== undefined && (status >= 500 || status === 429);
}
