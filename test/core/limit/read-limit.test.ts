import { readdirSync, readFileSync } from "node:fs";
import { readLimit } from "@bedrock-governor/core/limit/read-limit";
import { describe, expect, it } from "vitest";
import { BUDGET, limit, sentences, WRITTEN, written } from "./written-limit.ts";

describe("a limit that leaves out whatever it may", () => {
  it("is told at 80 and denied at 100 percent, resets with its period and is enforced", () => {
    expect(limit()).toEqual({
      name: "opus-daily",
      models: WRITTEN.models,
      principals: WRITTEN.principals,
      exceptPrincipals: [],
      source: "logs",
      measure: "usd",
      per: { principal: true, model: false },
      period: { kind: "calendar", unit: "day", timeZone: "UTC" },
      threshold: 100,
      overrides: [],
      steps: [
        { at: 80, notify: true, except: [] },
        { at: 100, notify: true, deny: "counted", except: [] },
      ],
      reset: "period",
      liftBelow: 90,
      mode: "enforce",
    });
  });

  it("takes measure, period and threshold from its budget", () => {
    const fromBudget = limit(BUDGET);
    expect(fromBudget).toMatchObject({
      source: "budget:bedrock",
      measure: "usd",
      per: { principal: false, model: false },
      period: { kind: "budget" },
    });
    expect(fromBudget).not.toHaveProperty("threshold");
  });
});

it("a limit that says everything is read as it stands", () => {
  const everything = {
    description: "Opus for data science",
    owner: "ml-platform",
    exceptPrincipals: ["role/data-science/lead"],
    per: ["principal", "model"],
    bounds: { min: 20, max: 300 },
    overrides: [{ principals: ["role/data-science/batch"], threshold: 400 }],
    reset: "manual",
    mode: "observe",
  };
  expect(limit({ ...everything, timeZone: "Europe/Berlin" })).toMatchObject({
    ...everything,
    per: { principal: true, model: true },
    period: { kind: "calendar", unit: "day", timeZone: "Europe/Berlin" },
  });
});

it("steps are sorted, and a step that denies is always told", () => {
  const steps = [
    { at: 100, deny: true, except: ["anthropic.*haiku*"] },
    { at: 50, notify: true, deny: false },
    { at: 80, deny: ["anthropic.claude-opus-*"] },
  ];
  expect(limit({ steps }).steps).toEqual([
    { at: 50, notify: true, except: [] },
    { at: 80, notify: true, deny: ["anthropic.claude-opus-*"], except: [] },
    { at: 100, notify: true, deny: "counted", except: ["anthropic.*haiku*"] },
  ]);
});

describe("what a limit may combine", () => {
  it.each([
    ["metrics per model", { source: "metrics", per: ["model"], measure: "images" }],
    ["metrics as one shared threshold", { source: "metrics", per: [] }],
    ["a budget with a threshold of its own", { ...BUDGET, threshold: 500 }],
    ["a budget whose amount may be replaced within bounds", { ...BUDGET, bounds: { min: 100, max: 500 } }],
    [
      "an override beyond the bounds, which are for the delegated threshold",
      { bounds: { min: 20, max: 300 }, overrides: [{ principals: ["user/ci"], threshold: 9_000 }] },
    ],
    [
      "patterns that cover each other or stand twice",
      { models: ["anthropic.*", "anthropic.claude-opus-*", "anthropic.*"] },
    ],
    ["a rolling period with a lift mark", { period: "rolling PT15M", liftBelow: 50 }],
    ["a deny of more than it counts", { steps: [{ at: 100, deny: ["*"] }] }],
  ])("%s", (_, changes) => expect(sentences(readLimit("it", written(changes)))).toEqual([]));
});

describe("every example is a valid limit", () => {
  const directory = new URL("../../../examples/limits/", import.meta.url);
  it.each(readdirSync(directory))("%s", (file) => {
    const read = readLimit(file.replace(/\.json$/, ""), readFileSync(new URL(file, directory), "utf8"));
    expect(sentences(read)).toEqual([]);
    expect(read).toHaveProperty("value.description");
    expect(read).toHaveProperty("value.owner");
  });
});
