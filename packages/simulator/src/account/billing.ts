import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Clock } from "../clock.ts";

export interface Billing {
  /** Up to when usage is on the bill: a whole minute. */
  readonly upTo: EpochMs;
}

const MINUTE_MS = 60_000;

/**
 * Billing data moves a few times a day and then shows everything until that minute.
 *
 * @param pause milliseconds from update number `number - 1` (or the beginning) to update number `number`
 */
export function createBilling(
  clock: Clock,
  pause: (number: number) => number,
  updated: (upTo: EpochMs) => void,
): Billing {
  const billing = { upTo: Number.NEGATIVE_INFINITY };
  function plan(number: number): void {
    clock.at(clock.now() + Math.max(MINUTE_MS, Math.round(pause(number))), () => {
      billing.upTo = Math.floor(clock.now() / MINUTE_MS) * MINUTE_MS;
      updated(billing.upTo);
      plan(number + 1);
    });
  }
  plan(0);
  return billing;
}
