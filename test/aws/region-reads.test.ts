import { setTimeout as sleep } from "node:timers/promises";
import { createRegionReads } from "@bedrock-governor/aws/region-reads";
import { describe, expect, it } from "vitest";

const MINUTE = 60_000;

function setUp() {
  const state = { now: Date.UTC(2026, 10, 18), asked: 0 };
  const reads = createRegionReads({ now: () => state.now, patienceMs: 20 });
  return {
    state,
    reads,
    /** Waits as a client does whose region gives no answer. */
    hang: () =>
      reads.read("eu-west-1", async (signal) => {
        state.asked++;
        await sleep(10_000, undefined, { signal });
      }),
    answer: (region = "eu-west-1") => reads.read(region, async () => `from ${region}`),
  };
}

describe("reads of regions", () => {
  it("leave a region that gives no answer alone, for longer each time, and ask others meanwhile", async () => {
    const { state, hang, answer } = setUp();
    const runs: number[] = [];
    for (let run = 0; run < 20; run++) {
      const before = state.asked;
      await expect(hang()).rejects.toThrow("eu-west-1 gave no answer");
      if (state.asked > before) runs.push(run);
      expect(await answer("us-east-1")).toBe("from us-east-1");
      state.now += MINUTE;
    }
    expect(runs).toEqual([0, 1, 3, 7, 12, 17]);
  });

  it("ask it as before once it answers", async () => {
    const { state, hang, answer } = setUp();
    await expect(hang()).rejects.toThrow();
    await expect(answer()).rejects.toThrow("eu-west-1 gave no answer lately");
    state.now += MINUTE;
    expect(await answer()).toBe("from eu-west-1");
    await expect(hang()).rejects.toThrow();
    state.now += MINUTE;
    expect(await answer()).toBe("from eu-west-1");
  });

  it("count a connection that timed out as no answer, and a refusal as one", async () => {
    const { reads, answer } = setUp();
    const refused = Object.assign(new Error("no"), { name: "AccessDeniedException" });
    await expect(reads.read("eu-west-1", () => Promise.reject(refused))).rejects.toBe(refused);
    expect(await answer()).toBe("from eu-west-1");
    const timedOut = new Error("a list is unread", { cause: Object.assign(new Error(), { name: "TimeoutError" }) });
    await expect(reads.read("eu-west-1", () => Promise.reject(timedOut))).rejects.toThrow("gave no answer");
    await expect(answer()).rejects.toThrow("lately");
  });
});
