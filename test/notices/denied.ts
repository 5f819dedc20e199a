import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";

/** One of many denies, each of another role. */
export const denied = (n: number, time: EpochMs): GovernorEvent => ({
  id: `${String(n).padStart(8, "0")}${String(time).padStart(24, "0")}`,
  type: "Access Denied",
  version: 1,
  time,
  stage: "test",
  account: "111122223333",
  limit: "opus-daily",
  principal: `role/agent-${n}`,
  models: ["anthropic.claude-opus-4-5-20251101-v1:0"],
  measure: "usd",
  usage: 120,
  threshold: 100,
  period: { start: time - 3_600_000, end: time + 3_600_000, timeZone: "UTC" },
  step: 100,
  steps: [{ at: 100, denies: true }],
  source: "logs",
  stillOpen: ["amazon.nova-pro-v1:0"],
  reason: "$120 of $100 used today",
  ends: "lifts at 00:00 UTC",
});
