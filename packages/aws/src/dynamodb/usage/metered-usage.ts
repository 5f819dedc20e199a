import type { ModelId } from "@bedrock-governor/core/model/model-id";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";

/** What one principal used of one model in the calls of one minute. */
export interface MeteredUsage {
  /** The start of the minute in which the calls were made. */
  readonly minute: EpochMs;
  readonly principal: PrincipalId;
  /** Canonical. */
  readonly model: ModelId;
  readonly invocations: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly images: number;
  /** Dollars, of the calls that have a price. */
  readonly usd: number;
  /** Calls whose price is not known: with any, the dollars of the whole are not known. */
  readonly unpriced: number;
}

/** The usage that one delivery of log events tells of. */
export interface MeteredBatch {
  /**
   * Made of the ids of its log events, so that the same events delivered again are the same batch:
   * letters and digits, at most 64. Whoever meters gives the same events the same batch.
   */
  readonly batch: string;
  readonly usage: readonly MeteredUsage[];
}
