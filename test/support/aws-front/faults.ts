import type { Call } from "./call.ts";

/**
 * How one call goes wrong. `timed out before`: it never arrives. `timed out after`: it takes effect, and
 * its answer is lost. `killed after`: it takes effect, and the process that sent it is gone. `quota reached`
 * is IAM's alone; the emulator knows no quotas.
 */
export type Fault =
  | "throttled"
  | "timed out before"
  | "timed out after"
  | "access denied"
  | "killed after"
  | "quota reached";

/** Whether only one request fails, so that a retry of it succeeds, or every request for the same thing. */
export type Tries = "once" | "always";

export interface FaultPlan {
  /** What happens to this call, if anything. To be asked once for each, in order. */
  of(call: Call): Fault | undefined;
  /** Whether the call it was for has been made. */
  readonly struck: boolean;
}

/** @param isIt picks the call: the first one for which it says so. */
export function faultPlan(isIt: (call: Call) => boolean, fault: Fault, tries: Tries): FaultPlan {
  let identity: string | undefined;
  return {
    of(call) {
      if (identity === undefined && isIt(call)) {
        identity = call.identity;
        return fault;
      }
      return tries === "always" && call.identity === identity ? fault : undefined;
    },
    get struck() {
      return identity !== undefined;
    },
  };
}
