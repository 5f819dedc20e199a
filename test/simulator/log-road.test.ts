import { defaultLatency } from "@bedrock-governor/simulator/latency";
import { createRandom } from "@bedrock-governor/simulator/random";
import { replay } from "@bedrock-governor/simulator/replay/replay";
import { expect, it } from "vitest";
import { everySecond, limit, traceOf } from "./replay-scene.ts";

const HOUR = 3_600_000;
const PRINCIPALS = 400;

/** The share of sorted values that are not above it. */
const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;

it("sends a deny within three seconds of the log event in 95 of 100 cases, with the run times of the latency model", async () => {
  const random = createRandom(1, "crossings");
  const crossing = (number: number) =>
    everySecond(1, { principal: `role/r${number}`, atMs: Math.floor(random.uniform(0, HOUR)), inputTokens: 200 });
  const trace = traceOf(...Array.from({ length: PRINCIPALS }, (_, number) => crossing(number)));
  const { limits } = await replay({ trace, limits: [limit("each")], latency: defaultLatency });
  const added = limits
    .flatMap(({ crossings }) => crossings)
    .map(({ evidenceAtMs, deniedAtMs }) => (deniedAtMs ?? Number.NaN) - (evidenceAtMs ?? Number.NaN))
    .sort((a, b) => a - b);
  expect(added).toHaveLength(PRINCIPALS);
  expect(percentile(added, 0.95)).toBeLessThanOrEqual(3_000);
  // What the model says a meter and a run take at least.
  expect(added[0]).toBeGreaterThanOrEqual(defaultLatency.meterMs.fixed + defaultLatency.reconcileMs.fixed);
});
