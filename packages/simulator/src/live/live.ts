import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Deployment } from "@bedrock-governor/core/reconcile/reconcile";
import type { Report } from "@bedrock-governor/core/reconcile/report";
import { type Account, createAccount } from "../account/account.ts";
import type { TrafficObserver } from "../account/traffic.ts";
import type { Budget } from "../account/usage.ts";
import { type Clock, createClock } from "../clock.ts";
import { createLatency, defaultLatency, type LatencyModel } from "../latency.ts";
import { createReaction } from "../replay/reaction.ts";
import { TRACE_START } from "../trace/request.ts";
import type { Traffic } from "./live-traffic.ts";

export interface LiveOptions {
  readonly traffic: Traffic;
  /** Parameters as an operator would write them: `limits/<name>` and the JSON text. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly budgets?: readonly Budget[];
  readonly seed?: number;
  readonly latency?: LatencyModel;
  readonly protectedPrincipals?: readonly string[];
  readonly observer?: TrafficObserver;
  readonly reported?: (report: Report) => void;
}

/** An account in memory on which requests arrive and the governor works, for as long as its clock is driven. */
export interface Live {
  readonly account: Account;
  readonly clock: Clock;
  readonly deployment: Deployment;
  /** The report of the latest run; undefined before the first. */
  readonly latest: Report | undefined;
  /** Lets everything happen up to a moment. Rejects if the governor's run does. */
  runUntil(time: EpochMs): Promise<void>;
}

/** Begins at the start of the trace or of day 0. Limits enforce from the first moment. */
export function createLive(options: LiveOptions): Live {
  const { traffic, seed = 1, latency = defaultLatency, protectedPrincipals = [] } = options;
  const clock = createClock(TRACE_START);
  const account = createAccount({
    clock,
    seed,
    latency,
    catalogue: traffic.catalogue,
    budgets: options.budgets ?? [],
    observer: {
      ...options.observer,
      metered(call) {
        options.observer?.metered?.(call);
        reaction.metered();
      },
    },
  });
  for (const tail of traffic.principals) account.directory.create(tail);
  account.parameters.put("mode", "enforce");
  for (const [name, value] of options.parameters) account.parameters.put(name, value);
  traffic.begin(account, clock);

  const { account: id, partition } = account.place;
  const deployment: Deployment = { stage: "local", account: id, partition, protectedPrincipals, enforcement: "on" };
  let latest: Report | undefined;
  const reaction = createReaction({
    clock,
    seed,
    latency: createLatency(latency),
    deployment,
    ports: { ...account.ports, measured: account.measured },
    reported(report) {
      latest = report;
      options.reported?.(report);
    },
  });
  account.parameters.onChange(reaction.wake);

  return {
    account,
    clock,
    deployment,
    get latest() {
      return latest;
    },
    runUntil: (time) => clock.runUntil(time),
  };
}
