import type { Ports } from "@bedrock-governor/core/reconcile/ports";
import { createGovernor, type Deployment } from "@bedrock-governor/core/reconcile/reconcile";
import type { Report } from "@bedrock-governor/core/reconcile/report";
import type { Clock } from "../clock.ts";
import type { Latency } from "../latency.ts";
import { createRandom } from "../random.ts";

export interface ReactionOptions {
  readonly clock: Clock;
  readonly latency: Latency;
  readonly seed: number;
  readonly deployment: Deployment;
  readonly ports: Ports;
  readonly reported?: (report: Report) => void;
}

/** The governor on the clock: woken, one run at a time. */
export interface Reaction {
  /** Something was metered. */
  metered(): void;
  /** Anything else that wakes it at once, such as a parameter that was changed. */
  wake(): void;
  readonly runs: number;
}

type How = { readonly gently: boolean };

/** Metered usage wakes the governor at most this often. */
const WAKE_EVERY_MS = 1_000;

/**
 * Runs the loop when something is metered and at each tick of the schedule. A run takes
 * `reconcileMs` from what it reads to its writes, whether or not there are any. A wake during a run
 * makes one more run follow.
 */
export function createReaction(options: ReactionOptions): Reaction {
  const { clock, latency, seed, deployment, ports, reported } = options;
  const random = createRandom(seed, "wake");
  let writesFrom = 0;
  const readyToWrite = async () => {
    if (clock.now() < writesFrom) await clock.sleep(writesFrom - clock.now());
  };
  const governor = createGovernor(deployment, delayed(ports, readyToWrite));
  let runs = 0;
  let running = false;
  let next: How | undefined;
  let waking = false;
  let lastWake = Number.NEGATIVE_INFINITY;

  async function run(how: How): Promise<void> {
    // Of several that come during a run, the most thorough follows it.
    next = { gently: how.gently && next?.gently !== false };
    if (running) return;
    running = true;
    try {
      while (next !== undefined) {
        const present: How = next;
        next = undefined;
        runs++;
        writesFrom = clock.now() + Math.round(latency.reconcile());
        const report = await governor.reconcile(undefined, present);
        reported?.(report);
        await readyToWrite();
      }
    } finally {
      running = false;
    }
  }

  async function onSchedule(): Promise<void> {
    clock.start(clock.now() + latency.schedule(), onSchedule);
    await run({ gently: false });
  }
  clock.start(clock.now(), onSchedule);

  return {
    metered() {
      // One wake is enough for everything that is metered until it comes.
      if (waking) return;
      waking = true;
      const at = Math.max(clock.now() + Math.round(latency.wake(random)), lastWake + WAKE_EVERY_MS);
      clock.start(at, async () => {
        waking = false;
        lastWake = clock.now();
        await run({ gently: true });
      });
    },
    wake: () => clock.start(clock.now(), () => run({ gently: false })),
    get runs() {
      return runs;
    },
  };
}

/** Ports whose writes on IAM wait until the run has got so far. */
function delayed(ports: Ports, ready: () => Promise<void>): Ports {
  const { access, publisher } = ports;
  return {
    ...ports,
    access: {
      observe: () => access.observe(),
      async attach(principal, policyName) {
        await ready();
        return access.attach(principal, policyName);
      },
      async detach(principal, policyName) {
        await ready();
        return access.detach(principal, policyName);
      },
    },
    publisher: {
      async publish(policies) {
        await ready();
        return publisher.publish(policies);
      },
    },
  };
}
