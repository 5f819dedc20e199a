import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUDGET, told } from "./written-limit.ts";

const METRICS = { source: "metrics", per: ["model"] };
const EVERYONE = { principals: ["*"] };
const DENIED_THEN_TOLD = {
  steps: [
    { at: 100, deny: true },
    { at: 120, notify: true },
  ],
};

describe("a step says what it does", () => {
  it.each([
    [
      "nothing",
      { at: 50 },
      /steps\[0\] = {"at":50} does nothing: .*; add "notify": true or "deny": true, or remove the step/,
    ],
    ["nothing, explicitly", { at: 50, notify: false, deny: false }, /steps\[0\] = .* does nothing/],
    [
      "a deny in silence",
      { at: 50, deny: true, notify: false },
      /steps\[0\]\.notify = false cannot be false in a step that denies: a deny is always told; remove notify/,
    ],
    [
      "an exception from no deny",
      { at: 50, notify: true, except: ["anthropic.*haiku*"] },
      /steps\[0\]\.except = .*: except goes only with deny/,
    ],
    [
      "an empty list of denies",
      { at: 50, deny: [] },
      /steps\[0\]\.deny = \[\] must be true, false or a list of at least one pattern/,
    ],
    [
      "one pattern instead of a list",
      { at: 50, deny: "anthropic.*" },
      /steps\[0\]\.deny = "anthropic\.\*" must be true, .*; put it in a list: \["anthropic\.\*"\]/,
    ],
    [
      "a prefixed id",
      { at: 50, deny: ["us.anthropic.*"] },
      /steps\[0\]\.deny\[0\] = "us\.anthropic\.\*" has the prefix "us\." .*; write "anthropic\.\*"/,
    ],
    [
      "true in quotes",
      { at: 50, notify: "true" },
      /steps\[0\]\.notify = "true" must be true or false; write true without the quotes/,
    ],
    [
      "0 percent",
      { at: 0, notify: true },
      /steps\[0\]\.at = 0 must be a number of percent of the threshold, above 0 and at most 1000/,
    ],
    ["1001 percent", { at: 1001, notify: true }, /steps\[0\]\.at = 1001 must be/],
    ["no percentage", { notify: true }, /steps\[0\]\.at is missing: it must be a number of percent/],
    ["a misspelt key", { at: 50, notfy: true }, /steps\[0\]\.notfy = true is no key known here; rename it to notify/],
    [
      "a deny of what is not counted",
      { at: 50, deny: ["anthropic.*", "anthropc.*"] },
      /steps\[0\]\.deny\[1\] = "anthropc\.\*" denies nothing that this limit counts \("anthropic\.\*"\)/,
    ],
    [
      "an exception of what is not denied",
      { at: 50, deny: true, except: ["*haiko*", "amazon.*"] },
      /steps\[0\]\.except\[1\] = "amazon\.\*" touches nothing that the step denies/,
    ],
    [
      "an exception of everything it denies",
      { at: 50, deny: ["anthropic.claude-*"], except: ["anthropic.*"] },
      /steps\[0\]\.except = .* covers everything the step denies/,
    ],
  ])("%s is refused", (_, step, sentence) =>
    expect(told({ steps: [step] })).toEqual([expect.stringMatching(sentence)]),
  );

  it("each percentage has one step", () => {
    const steps = [
      { at: 80, notify: true },
      { at: 100, deny: true },
      { at: 80, deny: ["anthropic.*opus*"] },
    ];
    expect(told({ steps })).toEqual([expect.stringContaining("steps[2].at = 80 is the percentage of steps[0] too")]);
  });
});

describe("a step that can never be reached is refused", () => {
  it("when later steps deny what an earlier one had left open", () => {
    const steps = [
      { at: 80, deny: true, except: ["amazon.nova-2-lite-v1:0"] },
      { at: 90, deny: ["amazon.nova-2-lite-v1:0"] },
      { at: 100, notify: true },
    ];
    expect(told({ models: ["*"], steps })).toEqual([
      expect.stringContaining(
        "can never be reached: at 80 and 90 percent everything this limit counts is denied already",
      ),
    ]);
  });

  it("because everything counted is denied by then", () => {
    expect(told(DENIED_THEN_TOLD)).toEqual([
      'it: steps[1] = {"at":120,"notify":true} can never be reached: at 100 percent everything this limit counts is denied already; ' +
        "remove it, or have the earlier steps leave something open.",
    ]);
  });

  it("in whatever order steps are written, and whether or not the limit is enforced", () => {
    expect(told({ steps: DENIED_THEN_TOLD.steps.toReversed(), mode: "observe" })).toEqual([
      expect.stringContaining("steps[0]"),
    ]);
  });

  it("by several denies together", () => {
    const models = ["anthropic.*opus*", "anthropic.*sonnet*"];
    const steps = [
      { at: 50, deny: ["*opus*"] },
      { at: 70, deny: ["*sonnet*"] },
      { at: 90, deny: true },
    ];
    expect(told({ models, steps })).toEqual([expect.stringMatching(/steps\[2\] .* at 50 and 70 percent everything/)]);
  });

  it("but not while an exception leaves something open", () => {
    const steps = [
      { at: 100, deny: true, except: ["anthropic.*haiku*"] },
      { at: 120, notify: true },
    ];
    expect(told({ steps })).toEqual([]);
  });

  it("and not by metrics or a budget, where others go on using the models, unless the limit is for everyone", () => {
    expect(told({ ...METRICS, ...DENIED_THEN_TOLD })).toEqual([]);
    expect(told({ ...BUDGET, ...DENIED_THEN_TOLD })).toEqual([]);
    expect(told({ ...METRICS, ...EVERYONE, ...DENIED_THEN_TOLD, exceptPrincipals: ["role/ops"] })).toEqual([]);
    expect(told({ ...METRICS, ...EVERYONE, ...DENIED_THEN_TOLD })).toHaveLength(1);
    expect(told({ ...BUDGET, ...EVERYONE, ...DENIED_THEN_TOLD })).toHaveLength(1);
  });

  it("exactly if no model is left that the steps before it do not deny", () => {
    const ids = ["a.opus", "a.sonnet", "b.nova"];
    const some = fc.subarray(ids, { minLength: 1 });
    const step = fc.record({ deny: fc.oneof(fc.constant(true as const), some), except: fc.subarray(ids) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), (written) => {
        const steps = written.map((one, index) => ({ at: (index + 1) * 20, ...one }));
        const left = new Set(ids);
        const unreachable: number[] = [];
        for (const [index, { deny, except }] of steps.entries()) {
          if (left.size === 0) unreachable.push(index);
          for (const id of deny === true ? ids : deny) if (!except.includes(id)) left.delete(id);
        }
        const refused = told({ models: ids, steps }).filter((sentence) => sentence.includes("can never be reached"));
        expect(refused).toEqual(unreachable.map((index) => expect.stringContaining(`steps[${index}]`)));
      }),
    );
  });
});
