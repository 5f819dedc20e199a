import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Handler } from "@bedrock-governor/functions/instruments";
import { createInvocationLoggingHandler } from "@bedrock-governor/functions/invocation-logging-handler";
import { createMeterHandler } from "@bedrock-governor/functions/meter-handler";
import { createPublishHandler } from "@bedrock-governor/functions/publish-handler";
import { createReconcileHandler } from "@bedrock-governor/functions/reconcile-handler";
import { createRemoveHandler } from "@bedrock-governor/functions/remove-handler";
import { createRollUpHandler } from "@bedrock-governor/functions/roll-up-handler";
import {
  type Surroundings,
  wireInvocationLogging,
  wireMeter,
  wirePublisher,
  wireReconciler,
  wireRemover,
  wireRollUp,
} from "@bedrock-governor/functions/wire";
import type { AwsFront } from "../support/aws-front/front.ts";
import { lambdaContext } from "../support/lambda-context.ts";

export type Environment = Readonly<Record<string, string>>;

/** A function as Lambda holds it: in one process, until that is killed. */
export interface StartedFunction {
  /** Rejects as the handler does, and with `Killed` if its process does not live to the end. */
  invoke(payload?: unknown): Promise<unknown>;
}

/** The same as infra says. */
const TIMEOUTS_MS = {
  reconcile: 60_000,
  publish: 40_000,
  remove: 900_000,
  meter: 60_000,
  "roll-up": 120_000,
  logging: 120_000,
};

class Killed extends Error {}

/**
 * The governor's functions, wired as they are in Lambda, but for the time, which is the test's. What they ask
 * AWS for goes to the front, since that is what `AWS_ENDPOINT_URL` says.
 */
export function createFunctions(front: AwsFront, environment: Environment, begin: EpochMs) {
  let now = begin;

  function start(
    name: keyof typeof TIMEOUTS_MS,
    create: (surroundings: Surroundings) => Handler<unknown>,
    caller: string = name,
  ): StartedFunction {
    const process = front.start(caller);
    const handler = process.run(() =>
      create({
        now: () => now,
        random: () => 0.5,
        async sleep(ms) {
          // A process that was killed does not wake up.
          if (!process.alive) await new Promise(() => {});
          now += Math.ceil(ms);
        },
      }),
    );
    return {
      async invoke(payload = {}) {
        const end = process.killed.then(() => {
          throw new Killed(`the process of ${caller} was killed`);
        });
        return Promise.race([process.run(() => handler(payload, lambdaContext(TIMEOUTS_MS[name]))), end]);
      },
    };
  }

  const startPublisher = () => start("publish", (own) => createPublishHandler(wirePublisher(environment, own)));
  let publisher = startPublisher();
  front.deploy(environment.GOVERNOR_PUBLISHER ?? "", async (payload) => {
    try {
      return await publisher.invoke(payload);
    } catch (error) {
      if (error instanceof Killed) publisher = startPublisher();
      throw error;
    }
  });

  return {
    now: () => now,
    pass(ms: number) {
      now += ms;
    },
    startReconciler: () => start("reconcile", (own) => createReconcileHandler(wireReconciler(environment, own))),
    startRemover: () => start("remove", (own) => createRemoveHandler(wireRemover(environment, own))),
    /** @param variables where they differ from the others', as those of another region do. */
    startMeter: (variables: Environment = {}, caller = "meter") =>
      start("meter", (own) => createMeterHandler(wireMeter({ ...environment, ...variables }, own)), caller),
    startRollUp: () => start("roll-up", (own) => createRollUpHandler(wireRollUp(environment, own))),
    startLogging: (variables: Environment = {}) =>
      start("logging", (own) =>
        createInvocationLoggingHandler(wireInvocationLogging({ ...environment, ...variables }, own)),
      ),
  };
}
