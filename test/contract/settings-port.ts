import type { SettingsPort } from "@bedrock-governor/core/reconcile/ports";
import { beforeEach, describe, expect, it } from "vitest";

/** Parameters as an operator writes them, named without the stage's prefix. */
export interface SettingsSubject {
  readonly port: SettingsPort;
  put(parameter: string, value: string): Promise<void>;
  remove(parameter: string): Promise<void>;
}

const LIMIT = {
  models: ["anthropic.*"],
  principals: ["role/batch"],
  source: "logs",
  measure: "usd",
  per: ["principal"],
  period: "day",
  threshold: 100,
  bounds: { min: 20, max: 300 },
};

/** What `SettingsPort` promises, whoever stands behind it. */
export function describeSettingsPort(name: string, makeSubject: () => Promise<SettingsSubject>): void {
  describe(`settings, by ${name}`, () => {
    let subject: SettingsSubject;
    beforeEach(async () => {
      subject = await makeSubject();
    });
    const put = (parameter: string, value: unknown) =>
      subject.put(parameter, typeof value === "string" ? value : JSON.stringify(value));
    const read = () => subject.port.read();

    it("observes without limits where nothing was set", async () => {
      expect(await read()).toMatchObject({
        mode: "observe",
        limits: [],
        exemptions: [],
        denies: [],
        resets: [],
        prices: [],
        maxNewDenies: 25,
        problems: [],
        authorship: [],
      });
    });

    it("reads every kind of parameter, limits in the order of their names", async () => {
      await put("mode", "enforce");
      await put("max-new-denies", "7");
      await put("plan-approved", "0123456789abcdef");
      await put("limits/b-limit", LIMIT);
      await put("limits/a-limit", { ...LIMIT, threshold: 50 });
      await put("exemptions/launch", { principals: ["role/x"], until: "2030-01-01T00:00:00Z", reason: "launch" });
      await put("denies/stop", { principals: ["role/y"], models: ["*"], reason: "leaked key" });
      await put("resets/again", { limit: "a-limit", at: "2026-01-05T10:00:00Z", reason: "asked for" });
      await put("prices/ours", { models: ["anthropic.*"], multiplier: 0.85 });
      const settings = await read();
      expect(settings).toMatchObject({
        mode: "enforce",
        maxNewDenies: 7,
        planApproved: "0123456789abcdef",
        limits: [
          { name: "a-limit", threshold: 50 },
          { name: "b-limit", threshold: 100 },
        ],
        exemptions: [{ name: "launch" }],
        denies: [{ name: "stop" }],
        resets: [{ name: "again", at: Date.UTC(2026, 0, 5, 10) }],
        prices: [{ name: "ours", price: { multiplier: 0.85 } }],
        problems: [],
      });
      expect(settings.authorship.map(({ parameter }) => parameter).sort()).toEqual([
        "denies/stop",
        "exemptions/launch",
        "limits/a-limit",
        "limits/b-limit",
        "max-new-denies",
        "mode",
        "plan-approved",
        "prices/ours",
        "resets/again",
      ]);
    });

    it("gives the same settings as long as nothing changed", async () => {
      await put("limits/daily", LIMIT);
      const before = await read();
      expect(await read()).toBe(before);
      await put("limits/daily", { ...LIMIT, threshold: 101 });
      expect((await read()).limits[0]?.threshold).toBe(101);
    });

    it("keeps the last valid version of a value that became malformed, and says so by its version", async () => {
      await put("limits/daily", LIMIT);
      await put("limits/daily", { ...LIMIT, threshold: -1 });
      await put("limits/daily", "{");
      const { limits, problems, authorship } = await read();
      expect(limits).toMatchObject([{ name: "daily", threshold: 100 }]);
      expect(problems).toMatchObject([
        { parameter: "limits/daily", version: 3, by: expect.any(String), problems: [expect.any(Object)] },
      ]);
      expect(authorship).toMatchObject([{ parameter: "limits/daily", version: 1, at: problems[0]?.inForceSince }]);
      expect(problems[0]?.at).toBeGreaterThanOrEqual(authorship[0]?.at ?? Number.NaN);
    });

    it("puts a value that never was valid not in force", async () => {
      await put("limits/daily", { ...LIMIT, measure: "hugs" });
      await put("mode", "enforced");
      await put("max-new-denies", "many");
      const { limits, mode, maxNewDenies, problems } = await read();
      expect([limits, mode, maxNewDenies]).toEqual([[], "observe", 25]);
      expect(problems.map(({ parameter }) => parameter).sort()).toEqual(["limits/daily", "max-new-denies", "mode"]);
    });

    it("forgets a limit that is removed", async () => {
      await put("limits/daily", LIMIT);
      await read();
      await subject.remove("limits/daily");
      expect(await read()).toMatchObject({ limits: [], problems: [], authorship: [] });
    });

    it("keeps a mode that is removed, because its history goes with it", async () => {
      await put("mode", "enforce");
      await read();
      await subject.remove("mode");
      expect((await read()).mode).toBe("enforce");
    });

    it("puts a delegated threshold in place of the limit's own, within its bounds", async () => {
      await put("limits/daily", LIMIT);
      await put("limits/daily/threshold", "250");
      expect((await read()).limits[0]?.threshold).toBe(250);
      await put("limits/daily/threshold", "301");
      const { limits, problems } = await read();
      expect(limits[0]?.threshold).toBe(250);
      expect(problems).toMatchObject([{ parameter: "limits/daily/threshold", version: 2 }]);
    });

    it("shows nobody the value of a secret", async () => {
      await put("notify/slack-webhook", "https://hooks.slack.com/services/secret");
      expect(JSON.stringify(await read())).not.toContain("hooks.slack.com");
    });

    it("reads all parameters, however many there are", async () => {
      for (let number = 0; number < 60; number++) await put(`limits/limit-${number}`, LIMIT);
      expect((await read()).limits).toHaveLength(60);
    });
  });
}
