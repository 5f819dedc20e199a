import { createWakeMark } from "@bedrock-governor/aws/dynamodb/usage/wake-mark";
import fc from "fast-check";
import { expect, it } from "vitest";
import { setUp } from "./setup.ts";

function meters() {
  const { process, clock, requests } = setUp();
  return { meter: () => createWakeMark(process()), clock, requests };
}

it("wakes at once for what comes first", async () => {
  const { meter, requests } = meters();
  const one = meter();
  const sent = await requests(async () => expect(await one.claim()).toBe(0));
  expect(sent).toEqual(["UpdateItem"]);
});

it("wakes once more at the end of the second for all that came in it", async () => {
  const { meter, clock } = meters();
  const [one, other, third] = [meter(), meter(), meter()];
  expect(await one.claim()).toBe(0);
  clock.at += 300;
  expect(await other.claim()).toBe(700);
  clock.at += 100;
  expect([await third.claim(), await one.claim(), await other.claim()]).toEqual([undefined, undefined, undefined]);
});

it("asks DynamoDB nothing while a wake that it knows of is still to come", async () => {
  const { meter, clock, requests } = meters();
  const one = meter();
  await one.claim();
  clock.at += 300;
  expect(await requests(async () => expect(await one.claim()).toBe(700))).toEqual(["UpdateItem"]);
  expect(await requests(async () => expect(await one.claim()).toBeUndefined())).toEqual([]);
});

it("wakes at most once a second, and after everything that is written, whoever asks", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ meter: fc.nat(7), ms: fc.nat(400) }), { minLength: 1, maxLength: 40 }),
      async (steps) => {
        const { meter, clock } = meters();
        const all = Array.from({ length: 8 }, meter);
        const wakes: number[] = [];
        const written: number[] = [];
        for (const { meter: number, ms } of steps) {
          clock.at += ms;
          written.push(clock.at);
          const after = await all[number]?.claim();
          if (after !== undefined) wakes.push(clock.at + after);
        }
        wakes.sort((a, b) => a - b);
        for (const [index, wake] of wakes.entries())
          expect(wake - (wakes[index - 1] ?? 0)).toBeGreaterThanOrEqual(1_000);
        for (const at of written) expect(wakes.some((wake) => wake >= at && wake <= at + 1_000)).toBe(true);
      },
    ),
  );
});

it("does not wait for a wake that a meter with a wrong clock put far ahead", async () => {
  const { meter, clock } = meters();
  const [wrong, one, other] = [meter(), meter(), meter()];
  const at = clock.at;
  await one.claim();
  clock.at = at + 3_600_000;
  expect(await wrong.claim()).toBe(0);

  clock.at = at + 300;
  expect(await other.claim()).toBe(0);
  clock.at = at + 500;
  expect([await one.claim(), await other.claim()]).toEqual([800, undefined]);
});

it("wakes again at once when its own clock was far ahead and is right now", async () => {
  const { meter, clock } = meters();
  const one = meter();
  const at = clock.at;
  clock.at = at + 3_600_000;
  await one.claim();
  clock.at = at;
  expect(await one.claim()).toBe(0);
});

it("waits for a wake of a clock that is ahead by less than meters' clocks may be", async () => {
  const { meter, clock } = meters();
  const at = clock.at;
  clock.at = at + 4_000;
  expect(await meter().claim()).toBe(0);
  clock.at = at;
  expect(await meter().claim()).toBeUndefined();
});

it("tells its caller when DynamoDB does not answer", async () => {
  const { process } = setUp();
  const broken = {
    before: () => {
      throw new Error("DynamoDB is out of order");
    },
  };
  await expect(createWakeMark(process(broken)).claim()).rejects.toThrow("out of order");
});
