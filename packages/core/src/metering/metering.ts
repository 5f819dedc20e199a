import { createAttribution } from "./attribution.ts";
import { createRecordReader, type LoggedCall } from "./read-record.ts";
import { createSeenRequests } from "./seen-requests.ts";
import { createTally, type TallyOptions, type TallyRow } from "./tally.ts";

/** One minute: what sums of batches are kept in. */
export const MINUTE_MS = 60_000;

export interface MeteringOptions extends TallyOptions {
  /** The account whose log it is. Without it, each record's own word is taken. */
  readonly account?: string;
}

/** What a batch or a pile of files adds up to. */
export interface Metering {
  /**
   * Counts one message of the log.
   *
   * @returns why it could not be, in words that show nothing of what a caller wrote; undefined if it
   *   was, or if there was nothing to count.
   */
  take(message: string): string | undefined;
  rows(): readonly TallyRow[];
  /** Calls that ended in an error. */
  readonly failed: number;
  /** Calls of which the log tells nothing that went in: they count as calls, and their tokens as 0. */
  readonly uncounted: number;
  /** Messages about a request that had been counted before. */
  readonly repeated: number;
  /** Whose logs they are, as far as the records say. */
  readonly accounts: ReadonlySet<string>;
}

/** Reads messages of the invocation log and adds up who used which model, and how much; each request once. */
export function createMetering({ account, ...options }: MeteringOptions): Metering {
  const read = createRecordReader();
  const attribute = createAttribution();
  const tally = createTally(options);
  const seen = createSeenRequests();
  const accounts = new Set<string>();
  let failed = 0;
  let uncounted = 0;
  let repeated = 0;

  function count(call: LoggedCall): string | undefined {
    const principal = attribute(call.identity, account ?? call.account);
    if (principal === undefined) return "identity.arn is no ARN";
    if (!seen.add(call.requestId)) repeated++;
    else {
      tally.add(principal, call);
      if (!call.counted) uncounted++;
    }
    if (call.account !== undefined) accounts.add(call.account);
    return undefined;
  }

  return {
    take(message) {
      const reading = read(message);
      switch (reading.kind) {
        case "call":
          return count(reading.call);
        case "rejected":
          return reading.reason;
        case "failed":
          if (seen.add(reading.requestId)) failed++;
          else repeated++;
          return undefined;
        case "notice":
          return undefined;
      }
    },
    rows: tally.rows,
    get failed() {
      return failed;
    },
    get uncounted() {
      return uncounted;
    },
    get repeated() {
      return repeated;
    },
    accounts,
  };
}
