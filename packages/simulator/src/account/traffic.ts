import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Amounts } from "./amounts.ts";
import type { Caller } from "./callers.ts";
import type { Call } from "./calls.ts";
import type { Point } from "./metrics.ts";

/** Is told what happens to calls and their usage. It must not keep a `Call`: it is used again for another one. */
export interface TrafficObserver {
  /** Let through; `call.completesAt` is known already. */
  begun?(call: Call): void;
  refused?(caller: Caller, amounts: Amounts): void;
  completed?(call: Call): void;
  /** Its record lies in the invocation log. */
  delivered?(call: Call): void;
  /** It is counted in the usage table. */
  metered?(call: Call): void;
  /** CloudWatch shows this point. */
  published?(point: Point): void;
  /** The bill shows everything before this time. */
  billed?(upTo: EpochMs): void;
}

/** What a caller asks for; what is left out is 0. */
export interface Use {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheWriteTokens?: number;
  readonly cacheReadTokens?: number;
  readonly images?: number;
}
