import type { LastSuccess } from "@bedrock-governor/aws/dynamodb/last-success";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Ports } from "@bedrock-governor/core/reconcile/ports";
import { createInstruments } from "@bedrock-governor/functions/instruments";
import { createMetrics } from "@bedrock-governor/functions/logging";
import { createReconcileHandler } from "@bedrock-governor/functions/reconcile-handler";
import { lambdaContext } from "../support/lambda-context.ts";
import { createWorld, DEPLOYMENT, type WorldOptions } from "../support/world.ts";

/** The reconcile function on an account in memory. */
export function reconcileFunction(options: WorldOptions = {}) {
  const world = createWorld(options);
  const success = rememberedSuccess();
  let unreadLists = 0;
  const start = () =>
    createReconcileHandler({
      ...createInstruments(DEPLOYMENT),
      metrics: createMetrics(DEPLOYMENT),
      now: world.clock.now,
      reconcile: (deadline, how) => world.run(deadline, how),
      lastSuccess: success,
      unreadLists: () => unreadLists,
    });
  let handler = start();
  return {
    world,
    success,
    leaveUnread(lists: number) {
      unreadLists = lists;
    },
    /** A function with other ports, in a fresh process. */
    restart(ports: Partial<Ports>, deployment = DEPLOYMENT) {
      world.restart({ ...world.ports, ...ports }, deployment);
      handler = start();
    },
    invoke: (event: unknown = {}, remainingMs = 60_000) => handler(event, lambdaContext(remainingMs)),
  };
}

function rememberedSuccess(): LastSuccess & { at: EpochMs | undefined; failing: "reading" | "writing" | undefined } {
  return {
    at: undefined,
    failing: undefined,
    async read() {
      if (this.failing === "reading") throw new Error("the table is not there");
      return this.at;
    },
    async write(at) {
      if (this.failing === "writing") throw new Error("the table is not there");
      this.at = at;
    },
  };
}
