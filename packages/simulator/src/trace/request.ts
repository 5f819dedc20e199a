import type { ModelId } from "@bedrock-governor/core/model/model-id";
import type { EpochMs } from "@bedrock-governor/core/period/period";

/** When every trace and workload begins: Monday 2026-01-05T00:00:00Z. */
export const TRACE_START: EpochMs = Date.UTC(2026, 0, 5);

/** One call of a model, as it arrives. */
export interface Request {
  /** Milliseconds from the start of the trace. */
  readonly atMs: number;
  readonly model: ModelId;
  /** The tail of the caller's ARN, with its path: `role/data-science/notebooks`. */
  readonly principal: string;
  /** What is neither read from a cache nor written to one. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheWriteTokens: number;
  readonly cacheReadTokens: number;
}
