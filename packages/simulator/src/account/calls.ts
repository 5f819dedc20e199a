import type { EpochMs } from "@bedrock-governor/core/period/period";
import FlatQueue from "flatqueue";
import type { Clock } from "../clock.ts";
import { type Amounts, createAmounts } from "./amounts.ts";
import type { Caller } from "./callers.ts";

/** What becomes of a call that was let through. */
export interface CallStages {
  /** Milliseconds from arrival to completion. */
  duration(outputTokens: number): number;
  /** Milliseconds from the completion of call number `number` until its record lies in the log. */
  delivery(number: number): number;
  /** Milliseconds from there until it is counted. */
  meter(): number;
  completed(call: Call): void;
  delivered(call: Call): void;
  metered(call: Call): void;
}

/** A call under way. The object is used again for another call after `metered`. */
export interface Call {
  number: number;
  caller: Caller;
  completesAt: EpochMs;
  readonly amounts: Amounts;
}

export interface Calls {
  /** Lets one through that arrives now. `amounts` is copied; `number` decides how long its record takes. */
  begin(number: number, caller: Caller, amounts: Amounts): Call;
  /** How many are not metered yet. */
  readonly underWay: number;
}

const OUTPUT_TOKENS = 2;

/**
 * Calls on their way from arrival over completion and delivery to metering. A trace has a million of
 * such steps, so they are plain objects in one queue, used over and over again.
 */
export function createCalls(clock: Clock, stages: CallStages): Calls {
  interface Step extends Call {
    stage: "completed" | "delivered" | "metered";
  }
  const queue = new FlatQueue<Step>();
  const free: Step[] = [];

  function advance(step: Step): void {
    switch (step.stage) {
      case "completed":
        stages.completed(step);
        // Mantle has no invocation log.
        if (step.caller.road === "mantle") {
          free.push(step);
          return;
        }
        step.stage = "delivered";
        queue.push(step, clock.now() + Math.round(stages.delivery(step.number)));
        return;
      case "delivered":
        stages.delivered(step);
        step.stage = "metered";
        queue.push(step, clock.now() + Math.round(stages.meter()));
        return;
      case "metered":
        stages.metered(step);
        free.push(step);
    }
  }

  clock.addStream({
    nextAt: () => queue.peekValue() ?? Number.POSITIVE_INFINITY,
    handle() {
      const step = queue.pop();
      if (step !== undefined) advance(step);
    },
  });

  return {
    begin(number, caller, amounts) {
      const step: Step = free.pop() ?? { number, caller, completesAt: 0, amounts: createAmounts(), stage: "completed" };
      step.number = number;
      step.caller = caller;
      step.amounts.set(amounts);
      step.stage = "completed";
      step.completesAt = Math.round(clock.now() + stages.duration(amounts[OUTPUT_TOKENS] as number));
      queue.push(step, step.completesAt);
      return step;
    },
    get underWay() {
      return queue.length;
    },
  };
}
