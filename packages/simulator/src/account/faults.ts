import type { PrincipalId } from "@bedrock-governor/core/principal/principal";

/**
 * How a call of IAM goes wrong. `timed out` comes in two kinds that the caller cannot tell apart:
 * the write took place, or it did not.
 */
export type Fault = "throttled" | "timed out before" | "timed out after" | "access denied";

/** What can go wrong: writes on one principal, publishing, or reading. */
export type FaultPoint = PrincipalId | "publish" | "observe";

/** Faults that a test plans. */
export interface Faults {
  /** The next so many calls go wrong in this way; without a number, all until `clear`. */
  plan(point: FaultPoint, fault: Fault, times?: number): void;
  clear(point: FaultPoint): void;
  /**
   * Does what is asked, or fails as planned.
   *
   * @throws IamFault
   */
  around<T>(point: FaultPoint, action: () => T): T;
}

/** What IAM answers when it does not do what it is asked and may do it later. */
export class IamFault extends Error {
  override readonly name = "IamFault";
  readonly fault: Fault;
  constructor(fault: Fault, point: FaultPoint) {
    super(`${fault} (${point})`);
    this.fault = fault;
  }
}

export function createFaults(): Faults {
  const planned = new Map<FaultPoint, { fault: Fault; left: number }[]>();

  function next(point: FaultPoint): Fault | undefined {
    const [first] = planned.get(point) ?? [];
    if (first === undefined) return undefined;
    first.left--;
    if (first.left <= 0) planned.get(point)?.shift();
    return first.fault;
  }

  return {
    plan(point, fault, times = Number.POSITIVE_INFINITY) {
      planned.set(point, [...(planned.get(point) ?? []), { fault, left: times }]);
    },
    clear: (point) => planned.delete(point),
    around(point, action) {
      const fault = next(point);
      if (fault === undefined) return action();
      if (fault === "timed out after") action();
      throw new IamFault(fault, point);
    },
  };
}
