import type { LogEvent } from "@bedrock-governor/aws/logs/log-events";
import fc from "fast-check";
import { expect, it } from "vitest";
import { HAIKU, OPUS, session } from "../support/invocation-record.ts";
import { delivered, logEvent, meterScene, queued } from "./meter-setup.ts";
import { captureOutput } from "./output.ts";

captureOutput();

const METERS = 8;

/** What befalls a request: nothing, a refusal, an answer that is lost, or the end of the process before it or after it. */
const fates = ["none", "refused", "lost", "killed before", "killed after"] as const;
type Fate = (typeof fates)[number];

const deliveries = fc.array(
  fc.array(fc.record({ alice: fc.boolean(), haiku: fc.boolean() }), { minLength: 1, maxLength: 6 }),
  {
    minLength: 1,
    maxLength: 6,
  },
);

/** Each takes what is to do now, in which order of events, and what befalls its requests, one after the other. */
const turns = fc.array(
  fc.record({
    which: fc.nat(),
    reversed: fc.boolean(),
    fates: fc.array(fc.constantFrom(...fates), { maxLength: 4 }),
  }),
  { minLength: 1, maxLength: 20 },
);

it("counts every delivery once, whatever is delivered twice, reordered, interleaved, killed, refused or unseen", async () => {
  await fc.assert(
    fc.asyncProperty(deliveries, turns, async (batches, order) => {
      const scene = meterScene();
      let n = 0;
      const events = batches.map((calls) =>
        calls.map(({ alice, haiku }) =>
          logEvent(n++, { arn: session(alice ? "alice" : "bob"), modelId: haiku ? HAIKU : OPUS }),
        ),
      );
      // Knows of every event, so that any of them can be read back.
      for (const some of events) await scene.deliver(some, async () => undefined as never);

      const done = new Set<readonly LogEvent[]>();
      const attempt = async ({
        which,
        reversed,
        fates,
      }: {
        which: number;
        reversed: boolean;
        fates: readonly Fate[];
      }) => {
        const some = events[which % events.length] ?? [];
        const before = scene.queue.length;
        const answered = await invoke(fates, delivered(reversed ? some.toReversed() : some));
        if (answered && scene.queue.length === before) done.add(some);
      };
      for (let at = 0; at < order.length; at += METERS) await Promise.all(order.slice(at, at + METERS).map(attempt));

      // What did not succeed is delivered again, and the queue is worked off.
      for (const some of events) if (!done.has(some)) await invoke([], delivered(some));
      expect(await scene.meter()(queued(...scene.queue))).toEqual({ batchItemFailures: [] });

      const expected = Object.entries(
        Object.groupBy(batches.flat(), ({ alice, haiku }) => `role/${alice ? "alice" : "bob"} ${haiku ? HAIKU : OPUS}`),
      ).map(([pair, calls = []]) => [pair, calls.length] as const);
      expect(await scene.totals("invocations")).toEqual(Object.fromEntries(expected));

      /** Resolves with whether the invocation succeeded; what is killed never answers. */
      function invoke(fates: readonly Fate[], event: unknown): Promise<boolean> {
        const left = [...fates];
        let fate: Fate = "none";
        return new Promise((resolve) => {
          const end = () => {
            resolve(false);
            return new Promise(() => {});
          };
          const process = scene.meter({
            before() {
              fate = left.shift() ?? "none";
              if (fate === "killed before") return end();
              if (fate === "refused") throw new Error("DynamoDB is out of order");
              return undefined;
            },
            after() {
              if (fate === "killed after") return end();
              if (fate === "lost") throw new Error("the answer is lost");
              return undefined;
            },
          });
          // A process that was killed is out of its meter's hands: nothing gives up for it.
          process(event, 60_000).then(
            () => resolve(true),
            () => resolve(false),
          );
        });
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);
