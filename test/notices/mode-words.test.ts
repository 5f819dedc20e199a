import type { GovernorEvent } from "@bedrock-governor/core/reconcile/event";
import { notice } from "@bedrock-governor/notices/notice";
import { describe, expect, it } from "vitest";
import { EXAMPLES } from "./examples.ts";

const by = "user/ada";
const changed: GovernorEvent = EXAMPLES["mode-changed"];
const { mode: _, ...earlier } = changed;

function told(event: GovernorEvent) {
  const { headline, facts } = notice(event);
  return [headline, facts.find(({ label }) => label === "This means")?.words];
}

describe("a notice of a mode", () => {
  it("says what the mode in effect means", () => {
    expect(told({ ...changed, mode: "enforce" })).toEqual([
      "Mode is enforce now",
      "limits deny from now on, and every deny is told",
    ]);
    expect(told({ ...changed, mode: "paused", change: { new: '"paused"', by } })[0]).toBe("Mode is paused now");
  });

  it("does not say that limits deny where the stage is deployed without enforcement", () => {
    expect(told({ ...changed, mode: "observe" })).toEqual([
      "Mode is set to enforce: observe is in effect",
      "nobody is denied until the stage is deployed with enforcement; until then it only says what it would do",
    ]);
  });

  it("says which mode stays in effect when its parameter is removed", () => {
    const removed = { ...changed, change: { old: "enforce", by: "unknown, see CloudTrail" } };
    expect(told({ ...removed, mode: "enforce" })).toEqual(["Mode removed: enforce is in effect", undefined]);
  });

  it("that an earlier version of the governor wrote says what was written", () => {
    expect(told(earlier)[0]).toBe("Mode is enforce now");
    expect(told({ ...earlier, change: { old: "enforce", by } })).toEqual(["Mode removed", undefined]);
  });
});
