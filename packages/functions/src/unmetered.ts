import type { UsagePort } from "@bedrock-governor/core/reconcile/ports";

/** A source that this version does not read. Its limits are unknown, and so change nobody's access. */
export const unmetered = (source: string): UsagePort => ({
  read: async (queries) => queries.map(() => ({ status: "unknown", why: whyOf(source) })),
});

/** Whether a reading is unknown for that reason: nothing is broken, and nothing but another version changes it. */
export const isUnmetered = (why: string): boolean => why.startsWith(THIS_VERSION);

const THIS_VERSION = "this version meters from CloudWatch only";

const whyOf = (source: string): string => `${THIS_VERSION}: ${source} is not read yet; write "source": "metrics"`;
