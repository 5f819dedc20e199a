import type { UsagePort } from "@bedrock-governor/core/reconcile/ports";

/** A source that this version does not read. Its limits are unknown, and so change nobody's access. */
export const unmetered = (source: string): UsagePort => ({
  read: async (queries) => queries.map(() => ({ status: "unknown", why: whyOf(source) })),
});

const whyOf = (source: string): string =>
  `this version meters from CloudWatch only: ${source} is not read yet; write "source": "metrics"`;
