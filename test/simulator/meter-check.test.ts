import { createLatency, defaultLatency } from "@bedrock-governor/simulator/latency";
import { createReaction } from "@bedrock-governor/simulator/replay/reaction";
import { describe, expect, it } from "vitest";
import { HAIKU, MINUTE, OPUS, START, setUp, use } from "./account-scene.ts";

const LIMIT = {
  models: ["anthropic.*"],
  principals: ["*"],
  source: "logs",
  measure: "totalTokens",
  per: ["principal"],
  period: "day",
  threshold: 1e12,
};

/** Four hours of calls at all times, with delays as they are measured, and a governor that checks the log. */
async function fourHours(call: (account: ReturnType<typeof setUp>["account"], minute: number) => void) {
  const { account, clock, pass } = setUp({ latency: defaultLatency });
  account.parameters.put("mode", "enforce");
  account.parameters.put("limits/daily", JSON.stringify(LIMIT));
  const unknown = new Set<string>();
  createReaction({
    clock,
    seed: 1,
    latency: createLatency(defaultLatency),
    deployment: { stage: "test", ...account.place, protectedPrincipals: [], enforcement: "on" },
    ports: { ...account.ports, measured: account.measured },
    reported: (report) => {
      for (const limit of report.unknown.keys()) unknown.add(limit);
    },
  });
  for (let minute = 0; minute < 4 * 60; minute++) {
    call(account, minute);
    await pass(MINUTE);
  }
  return { told: account.bus.events.filter(({ type }) => type === "Metering Drift"), unknown };
}

describe("the check of the log in the account", () => {
  it("finds no drift where every call is logged, however late its record and its point are", async () => {
    const { told, unknown } = await fourHours(({ call, callers }, minute) => {
      for (const name of ["alice", "bob", "carol"]) {
        call(callers.caller(`role/${name}`, `us.${OPUS}`), use(3_000, 500 + (minute % 7) * 400));
        call(callers.caller(`role/${name}`, HAIKU), use(800, 60));
      }
    });
    expect([told, [...unknown]]).toEqual([[], []]);
  });

  it("names calls through bedrock-mantle, and takes them for no drift", async () => {
    const { told, unknown } = await fourHours(({ call, callers }) => {
      call(callers.caller("role/alice", OPUS), use(3_000, 500));
      call(callers.caller("role/alice", OPUS, "mantle"), use(9_000, 500));
    });
    expect(told).toMatchObject([
      { models: [OPUS], reason: expect.stringContaining("went through bedrock-mantle, which has no invocation log") },
    ]);
    expect([...unknown]).toEqual([]);
  });

  it("catches up with hours in which nothing was known of the log", async () => {
    const { told } = await fourHours(({ call, callers, silences }, minute) => {
      if (minute === 0) silences.silence("logs", "usage is being lost");
      if (minute === 200) silences.restore("logs");
      const road = minute === 5 ? "mantle" : "runtime";
      call(callers.caller("role/alice", OPUS, road), use(3_000, 500));
    });
    expect(told).toMatchObject([{ models: [OPUS], period: { start: START } }]);
  });
});
