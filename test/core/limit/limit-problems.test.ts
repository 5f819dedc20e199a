import { readLimit } from "@bedrock-governor/core/limit/read-limit";
import { describe, expect, it } from "vitest";
import { BUDGET, sentences, told } from "./written-limit.ts";

const MUST_BE_THRESHOLD = "must be a number above 0 and at most 1,000,000,000,000,000";

describe("an operator is told what is wrong, what is allowed and what to do", () => {
  const cases: readonly (readonly [string, object, string | RegExp])[] = [
    ["a threshold of 0", { threshold: 0 }, `it: threshold = 0 ${MUST_BE_THRESHOLD}; write it, as in "threshold": 100.`],
    [
      "a negative threshold",
      { threshold: -5 },
      `it: threshold = -5 ${MUST_BE_THRESHOLD}; write it, as in "threshold": 100.`,
    ],
    [
      "a threshold nobody reaches",
      { threshold: 1e16 },
      `it: threshold = 10000000000000000 ${MUST_BE_THRESHOLD}; write it, as in "threshold": 100.`,
    ],
    [
      "a number in quotes",
      { threshold: "100" },
      `it: threshold = "100" ${MUST_BE_THRESHOLD}; write 100 without the quotes.`,
    ],
    [
      "a threshold of null",
      { threshold: null },
      `it: threshold = null ${MUST_BE_THRESHOLD}; write it, as in "threshold": 100.`,
    ],
    ["a misspelt key", { thresold: 5 }, "it: thresold = 5 is no key known here; rename it to threshold, or remove it."],
    ["a misspelt measure", { measure: "token" }, /measure = "token" must be one of invocations, .*, usd; write/],
    [
      "a misspelt source",
      { source: "log" },
      'it: source = "log" must be "metrics", "logs" or "budget:" and a budget\'s name; write "logs".',
    ],
    ["a budget's name with a colon", { ...BUDGET, source: "budget:a:b" }, /1 to 100 characters, none of them ":" or/],
    ["a budget without a name", { ...BUDGET, source: "budget:" }, /1 to 100 characters/],
    ["a budget's name that is too long", { ...BUDGET, source: `budget:${"x".repeat(101)}` }, /1 to 100 characters/],
    [
      "one pattern instead of a list",
      { models: "anthropic.*" },
      'it: models = "anthropic.*" must be a list of at least one model id or pattern; put it in a list: ["anthropic.*"].',
    ],
    ["no models", { models: [] }, /^it: models = \[\] must be a list of at least one model id or pattern; /],
    ["no principals", { principals: [] }, /^it: principals = \[\] must be a list of at least one principal/],
    [
      "no steps",
      { steps: [] },
      /^it: steps = \[\] must be a list of at least one step; without the key it is told at 80 and denied at 100;/,
    ],
    ["paused", { mode: "paused" }, /only everything together can be paused, by the parameter \/mode; write "observe"/],
    ["a misspelt mode", { mode: "enforced" }, /must be "enforce" or "observe"; write "enforce"\.$/],
    ["an empty owner", { owner: " " }, /^it: owner = " " must be text that says whom to ask;/],
    ["a misspelt reset", { reset: "perod" }, 'it: reset = "perod" must be "period" or "manual"; write "period".'],
    [
      "metrics per principal",
      { source: "metrics" },
      /per = \["principal"\] cannot hold "principal" with source "metrics", which knows models only: .*; remove "principal", or write "source": "logs"/,
    ],
    [
      "an entry of per twice",
      { per: ["model", "model"] },
      /^it: per = \["model","model"\] names one of its entries twice; write \["model"\]\.$/,
    ],
    ["bounds upside down", { bounds: { min: 200, max: 100 } }, /bounds = .* has a min above its max; swap them/],
    [
      "a threshold outside its bounds",
      { bounds: { min: 200, max: 300 } },
      /threshold = 100 must be within the limit's own bounds, 200 to 300;/,
    ],
    ["half of the bounds", { bounds: { min: 20 } }, /^it: bounds\.max is missing: it must be a number above 0/],
    ["a lift mark without a rolling period", { liftBelow: 50 }, /liftBelow = 50 goes only with rolling periods/],
    ["a lift mark for a budget", { ...BUDGET, liftBelow: 50 }, /liftBelow = 50 goes only with rolling periods/],
    [
      "a lift mark above 100",
      { period: "rolling PT1H", liftBelow: 101 },
      /liftBelow = 101 must be a number of percent above 0 and at most 100/,
    ],
    [
      "a rolling period in a time zone",
      { period: "rolling PT1H", timeZone: "UTC" },
      /timeZone = "UTC" does not go with a rolling period/,
    ],
    [
      "nobody left",
      { exceptPrincipals: ["role/*", "user/*"] },
      /exceptPrincipals = .* covers everyone in principals, so the limit holds for nobody/,
    ],
    ["everyone excepted", { exceptPrincipals: ["*"] }, /holds for nobody/],
    [
      "overrides of a shared threshold",
      { per: [], overrides: [{ principals: ["user/ci"], threshold: 1 }] },
      /goes only with "principal" in per/,
    ],
    [
      "an override without a threshold",
      { overrides: [{ principals: ["user/ci"] }] },
      /^it: overrides\[0\]\.threshold is missing/,
    ],
    [
      "an override for nobody the limit selects",
      { overrides: [{ principals: ["user/cj"], threshold: 1 }] },
      /overrides\[0\]\.principals = \["user\/cj"\] selects nobody whom principals selects/,
    ],
    [
      "an override for someone excepted",
      { exceptPrincipals: ["user/ci"], overrides: [{ principals: ["user/ci"], threshold: 1 }] },
      /exceptPrincipals takes all of them out/,
    ],
  ];

  it.each(cases)("%s", (_, changes, sentence) =>
    expect(told(changes)).toEqual([expect.stringMatching(asRegExp(sentence))]),
  );
});

function asRegExp(sentence: string | RegExp): RegExp {
  return typeof sentence === "string" ? new RegExp(`^${sentence.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}$`) : sentence;
}

it("every problem is told, not only the first", () => {
  expect(
    told({
      threshold: 0,
      measure: "dollars",
      models: ["us.anthropic.*"],
      timeZone: "Berlin",
      bounds: { min: 2, max: 1 },
    }),
  ).toHaveLength(5);
});

it("an empty object is told every key it needs", () => {
  const missing = sentences(readLimit("x", "{}")).map((sentence) => /it: (\w+) is missing/.exec(sentence)?.[1]);
  expect(missing.sort()).toEqual(["measure", "models", "per", "period", "principals", "source", "threshold"]);
});

it("an override that earlier ones cover is refused, and one that they only touch is not", () => {
  const overrides = (...lists: readonly (readonly string[])[]) => ({
    principals: ["*"],
    overrides: lists.map((principals) => ({ principals, threshold: 10 })),
  });
  expect(told(overrides(["role/*"], ["role/batch"]))).toEqual([expect.stringContaining("overrides[1].principals")]);
  expect(told(overrides(["role/a"], ["role/b"], ["role/a", "role/b"]))).toEqual([
    expect.stringContaining("overrides[2]"),
  ]);
  expect(told(overrides(["role/batch"], ["role/*"]))).toEqual([]);
  expect(told(overrides(["role/a*"], ["role/*b"]))).toEqual([]);
});

it.each(["per", "period", "timeZone", "measure", "overrides"])("a budget brings its own %s", (key) => {
  const value = { per: [], period: "day", timeZone: "UTC", measure: "usd", overrides: [] }[key];
  expect(told({ ...BUDGET, [key]: value })).toEqual([
    `it: ${key} = ${JSON.stringify(value)} does not go with source "budget:bedrock": a budget brings its own; remove it.`,
  ]);
});

describe("the name of a limit fits into the name of an SSM parameter", () => {
  it.each(["opus-daily", "a", "Team_1.tokens", "x".repeat(100)])("%s does", (name) =>
    expect(sentences(readLimit(name, JSON.stringify({})))).not.toContainEqual(expect.stringContaining("valid name")),
  );
  it.each(["", "a b", "a/b", "a:b", "é", "-rm", ".hidden", "x".repeat(101)])("%j does not", (name) =>
    expect(sentences(readLimit(name, JSON.stringify({})))[0]).toMatch(
      /^it is no valid name, which has 1 to 100 letters, .*; rename it\.$/,
    ),
  );
});

it("a key called __proto__ is as unknown as any other", () => {
  const read = readLimit("x", '{"__proto__": {"threshold": 1}}');
  expect(sentences(read)).toContainEqual(
    expect.stringContaining('it: __proto__ = {"threshold":1} is no key known here'),
  );
});
