import type { LogEvent } from "@bedrock-governor/aws/logs/log-events";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { describeWithAws, NOVA, OPUS } from "../support/aws-front/describe-with-aws.ts";
import type { Fault } from "../support/aws-front/faults.ts";
import { createAccount } from "./account.ts";
import { createInvocationLog } from "./invocation-log.ts";

/** At work at once. */
const METERS = 4;
const RUNS = 10;

const calls = fc.record({ role: fc.constantFrom("alice", "bob"), model: fc.constantFrom(OPUS, NOVA) });
const batches = fc.array(fc.array(calls, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 });
const turns = fc.array(fc.record({ which: fc.nat(), reversed: fc.boolean() }), { minLength: 4, maxLength: 10 });
/** Of the requests to DynamoDB, in the order in which they come, whoever sends them. */
const faults = fc.array(
  fc.option(
    fc.constantFrom<Fault>("throttled", "timed out before", "timed out after", "access denied", "killed after"),
    { nil: undefined },
  ),
  { minLength: 5, maxLength: 40 },
);

describeWithAws("meters at work at once on emulated AWS", (aws) => {
  let struck = 0;
  beforeAll(() => {
    vi.spyOn(Math, "random").mockReturnValue(0); // the SDK waits for a random time between its tries
  });
  afterAll(() => {
    vi.restoreAllMocks();
    console.log(`meters at work at once: ${RUNS} runs, ${struck} requests that went wrong`);
  });

  it("count every batch once, whichever of their requests to DynamoDB go wrong", { timeout: 120_000 }, async () => {
    const { moto, front } = aws();
    await fc.assert(
      fc.asyncProperty(batches, turns, faults, async (contents, order, fates) => {
        await moto.reset();
        front.forget();
        const account = await createAccount(aws());
        await account.rollUpNothing();
        const log = await createInvocationLog(aws(), account);
        const events = await Promise.all(contents.map((some) => log.write(some)));
        const left = [...fates];
        front.failBy(({ service }) => {
          const fault = service === "dynamodb" ? left.shift() : undefined;
          if (fault !== undefined) struck++;
          return fault;
        });
        const delivered = new Set<readonly LogEvent[]>();
        const deliver = async ({ which, reversed }: { which: number; reversed: boolean }) => {
          const some = events[which % events.length] ?? [];
          account.pass(1); // Written in the same millisecond, a batch would be the same item.
          await account
            .startMeter()
            .invoke(log.delivery(reversed ? some.toReversed() : some))
            .then(
              () => delivered.add(some),
              () => undefined,
            );
        };
        for (let at = 0; at < order.length; at += METERS) {
          await Promise.all(order.slice(at, at + METERS).map(deliver));
        }

        // What failed is delivered again, and what was kept is replayed.
        front.failNoMore();
        account.pass(1);
        const meter = account.startMeter();
        for (const some of events) if (!delivered.has(some)) await meter.invoke(log.delivery(some));
        await log.replay(meter);
        expect(await log.kept()).toEqual([]);
        const pairs = contents.flat().map(({ role, model }) => `role/${role} ${model}`);
        const expected = [...Map.groupBy(pairs, (pair) => pair)].map(([pair, all]) => [pair, all.length] as const);
        expect(await account.used("invocations")).toEqual(Object.fromEntries(expected));
      }),
      { numRuns: RUNS },
    );
  });
});
