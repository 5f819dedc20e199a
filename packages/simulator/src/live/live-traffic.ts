import { type Catalogue, resolveModel } from "@bedrock-governor/core/model/catalogue";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import { createCalendar } from "@bedrock-governor/core/period/span-at";
import { createPriceBook } from "@bedrock-governor/core/usage/price";
import type { Account } from "../account/account.ts";
import type { Caller } from "../account/callers.ts";
import type { Clock } from "../clock.ts";
import { readRows } from "../replay/trace-rows.ts";
import { type Request, TRACE_START } from "../trace/request.ts";
import type { Workload, WorkloadRequest } from "../workload/workload.ts";

/** Requests for an account that is watched as it works. */
export interface Traffic {
  /** Tails of the ARNs of those who call. */
  readonly principals: readonly string[];
  readonly catalogue: Catalogue;
  /** From when on it is worth watching; what comes before is made up for at once. */
  readonly playFrom: EpochMs | undefined;
  /** In which times are shown. */
  readonly timeZone: string;
  /** What is worth showing of the time around a moment. */
  readonly spanAt: (now: EpochMs) => Span;
  /** Dollars, if the price of everything that is called is known. */
  readonly measure: "usd" | "totalTokens";
  /** A day after the last request; undefined if they never end. */
  readonly endsAt: EpochMs | undefined;
  /** Puts the requests on the clock, each on the account when it is due. */
  begin(account: Account, clock: Clock): void;
}

const AFTER_MS = 5 * 60_000;
/** 96 minutes divide into 96 bars. */
const BUCKETS_MS = 96 * 60_000;
const DAY_MS = 24 * 3_600_000;
/** 8 o'clock on the company's clock. */
const OFFICE_OPENS_MS = 7 * 3_600_000;

/** A workload's days, one after the other without end. */
export function workloadTraffic(workload: Workload, timeZone: string): Traffic {
  const calendar = createCalendar();
  const day = { kind: "calendar", unit: "day", timeZone } as const;
  return {
    principals: workload.principals,
    catalogue: workload.catalogue,
    timeZone,
    playFrom: TRACE_START + OFFICE_OPENS_MS,
    spanAt: (now) => calendar.spanAt(day, now),
    measure: "usd",
    endsAt: undefined,
    begin(account, clock) {
      let day = 0;
      let requests = workload.requests(day);
      let next = 0;
      const stream = () => {
        while (next >= requests.length) {
          requests = workload.requests(++day);
          next = 0;
        }
        return requests[next] as WorkloadRequest;
      };
      clock.addStream({
        nextAt: () => TRACE_START + stream().atMs,
        handle() {
          const request = stream();
          next++;
          call(account, request);
        },
      });
    },
  };
}

/** A request as it was asked for, and where that is refused its fallback. */
function call(account: Account, request: WorkloadRequest): void {
  const { principal, spelling, fallback } = request;
  const done = account.call(account.callers.caller(principal, spelling), request);
  if (!done && fallback !== undefined) account.call(account.callers.caller(principal, fallback), request);
}

/** A trace, read whole first, as roles exist before they call. @throws as reading it does */
export async function traceTraffic(trace: AsyncIterable<readonly Request[]>): Promise<Traffic> {
  const { length, atMs, caller, callers, input, output, cacheWrite, cacheRead } = await readRows(trace);
  const models = new Set(callers.map(({ model }) => resolveModel(model) ?? model));
  const prices = createPriceBook([]);
  // Whole minutes, a few more than the trace has: the last calls complete after the last row.
  const end = TRACE_START + Math.ceil(((atMs[length - 1] as number) + AFTER_MS) / BUCKETS_MS) * BUCKETS_MS;
  const at = (row: number) => TRACE_START + (atMs[row] as number);
  return {
    principals: [...new Set(callers.map(({ principal }) => principal))].sort(),
    catalogue: { models: [...models].sort(), aliases: new Map(), otherArns: new Map() },
    timeZone: "UTC",
    playFrom: undefined,
    spanAt: (now) => (now < end ? { start: TRACE_START, end } : { start: end, end: end + DAY_MS }),
    measure: [...models].every((model) => prices.priceOf(model) !== undefined) ? "usd" : "totalTokens",
    endsAt: at(length - 1) + DAY_MS,
    begin(account, clock) {
      const who = callers.map(({ principal, model }) => account.callers.caller(principal, model));
      let row = 0;
      clock.addStream({
        nextAt: () => (row < length ? at(row) : Number.POSITIVE_INFINITY),
        handle() {
          account.call(who[caller[row] as number] as Caller, {
            inputTokens: input[row] as number,
            outputTokens: output[row] as number,
            cacheWriteTokens: cacheWrite[row] as number,
            cacheReadTokens: cacheRead[row] as number,
          });
          row++;
        },
      });
    },
  };
}
