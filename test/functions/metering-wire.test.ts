import { readFileSync } from "node:fs";
import path from "node:path";
import { wireInvocationLogging, wireMeter, wireRollUp } from "@bedrock-governor/functions/wire";
import { describe, expect, it } from "vitest";
import { ENVIRONMENT } from "./variables.ts";

describe("wiring of what meters", () => {
  const wires = [
    ["meter", wireMeter],
    ["roll-up", wireRollUp],
    ["invocation logging", wireInvocationLogging],
  ] as const;

  it.each(wires)("makes the %s at once, without asking AWS anything", (_, wire) => {
    expect(wire(ENVIRONMENT)).toBeDefined();
  });

  it.each(wires)("refuses an environment that the %s was not deployed with", (_, wire) => {
    expect(() => wire({})).toThrow("GOVERNOR_STAGE is not set");
  });

  it("names every mistake in a meter's environment at once", () => {
    const wrong = {
      ...ENVIRONMENT,
      GOVERNOR_HOME_REGION: "home",
      GOVERNOR_REPLAY_QUEUE: "replay",
      GOVERNOR_LOG_GROUP: "a group",
    };
    expect(() => wireMeter(wrong)).toThrow(/GOVERNOR_HOME_REGION.*GOVERNOR_REPLAY_QUEUE.*GOVERNOR_LOG_GROUP/s);
    expect(() => wireInvocationLogging({ ...ENVIRONMENT, GOVERNOR_LOGGING_ROLE: "role" })).toThrow(
      "it must be the ARN of a role",
    );
  });

  it.each(["meter", "roll-up", "invocation-logging"])("has one line of its own in %s", (entry) => {
    const file = path.resolve(import.meta.dirname, `../../packages/functions/src/${entry}.ts`);
    const statements = readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line.startsWith("export"));
    expect(statements).toEqual([
      expect.stringMatching(/^export const handler = create\w+Handler\(wire\w+\(process\.env\)\);$/),
    ]);
  });
});
