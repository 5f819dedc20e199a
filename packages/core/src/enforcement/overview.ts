import type { Limit } from "../limit/limit.ts";
import type { EpochMs, Span } from "../period/period.ts";
import type { Key } from "../reconcile/journal.ts";
import { known, type Usage, unknown } from "../usage/usage.ts";
import { type Evidence, judgeLimit } from "./judge-limit.ts";
import type { LimitScope } from "./scope.ts";

/** Where one limit stands, for people to look at. */
export interface LimitOverview {
  readonly limit: Limit;
  /** Undefined while a budget's period is not known. */
  readonly span: Span | undefined;
  /** The limit's own threshold, or its budget's amount. */
  readonly threshold: number | undefined;
  /** Calls that the limit's source cannot see, in words. */
  readonly unseen?: string;
  /** When what is billed was last worked out; of a budget only. */
  readonly asOf?: EpochMs;
  /** Those nearest to their threshold first, unknown ones before all; keys without usage are left out. */
  readonly keys: readonly KeyOverview[];
  /** How many keys there are, those included that `keys` has no room for. */
  readonly keyCount: number;
}

export interface KeyOverview {
  /** Empty for a limit with one shared threshold, and where the whole limit is unknown. */
  readonly key: Key;
  /** What counts: usage less what a reset forgave. */
  readonly usage: Usage;
  readonly threshold: number | undefined;
}

/** Shows a limit by its keys, at most so many of them. */
export function limitOverview(scope: LimitScope, evidence: Evidence, mostKeys: number): LimitOverview {
  const keys: KeyOverview[] = [];
  judgeLimit(scope, evidence, {
    judge: ({ key, usage, threshold }) => keys.push({ key, usage: known(usage), threshold }),
    doubt: (key, why) => keys.push({ key, usage: unknown(why), threshold: undefined }),
    everyKey: true,
  });
  const main = evidence.readings?.main;
  const reading = main?.status === "known" ? main : undefined;
  return {
    limit: scope.limit,
    span: reading?.span,
    threshold: scope.limit.threshold ?? reading?.threshold,
    ...(reading?.unseen !== undefined && { unseen: reading.unseen }),
    ...(reading?.asOf !== undefined && { asOf: reading.asOf }),
    keys: keys.sort((a, b) => share(b) - share(a)).slice(0, mostKeys),
    keyCount: keys.length,
  };
}

const share = ({ usage, threshold }: KeyOverview): number =>
  usage.status === "unknown" || threshold === undefined ? Number.POSITIVE_INFINITY : usage.amount / threshold;
