import type { UsagePort } from "@bedrock-governor/core/reconcile/ports";

/** A source that this stage does not read. Its limits are unknown, and so change nobody's access. */
export const unmetered = (why: string): UsagePort => ({
  read: async (queries) => queries.map(() => ({ status: "unknown", why })),
});

/** Whether a reading is unknown for such a reason: nothing is broken, and nothing but another deploy changes it. */
export const isUnmetered = (why: string): boolean => why === NO_METERS;

export const NO_METERS =
  'no region of this stage is metered, so nobody reads the invocation log: set `metering` for its regions, or write "source": "metrics"';

/** Usage by the log, and with it what no meter sees (ADR 0009). */
export function metered(port: UsagePort, regions: readonly string[], meteredRegions: readonly string[]): UsagePort {
  const without = regions.filter((region) => !meteredRegions.includes(region));
  const unseen = ["calls through bedrock-mantle", ...without.map((region) => `calls in ${region}, which has no meter`)];
  return {
    async read(queries) {
      const readings = await port.read(queries);
      return readings.map((reading) => {
        if (reading.status === "unknown") return reading;
        const all = reading.unseen === undefined ? unseen : [...unseen, reading.unseen];
        return { ...reading, unseen: all.join("; ") };
      });
    },
  };
}
