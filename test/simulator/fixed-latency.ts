import { type LatencyModel, readLatency } from "@bedrock-governor/simulator/latency";

/** Delays that a test can do sums with; nothing random is left in them. */
export function fixedLatency(overrides: Record<string, unknown> = {}): LatencyModel {
  const always = (ms: number) => ({ uniform: [ms, ms] });
  return readLatency({
    requestDurationMs: { firstToken: 0, outputTokensPerSecond: 1000 },
    logDeliveryMs: always(5_000),
    meterMs: { fixed: 400 },
    wakeMs: always(100),
    metricPublicationMs: { afterMinuteEnds: always(90_000) },
    scheduleMs: { every: 60_000 },
    reconcileMs: { fixed: 700 },
    iamPropagationMs: { lognormal: { median: 4_000, sigma: 0 }, cap: 30_000 },
    billingMs: { every: always(28_800_000) },
    ...overrides,
  });
}
