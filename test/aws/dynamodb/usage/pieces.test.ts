import { piecesOf, sealedBy } from "@bedrock-governor/aws/dynamodb/usage/pieces";
import type { Span } from "@bedrock-governor/core/period/period";
import { describe, expect, it } from "vitest";
import { DAY, HOUR, MINUTE, MONDAY, QUARTER } from "./setup.ts";

const NOW = MONDAY + 12 * HOUR + MINUTE;
const progress = { quartersUpTo: MONDAY + 11 * HOUR + 45 * MINUTE, daysUpTo: MONDAY };
const sealed = sealedBy({ progress, stale: [] }, NOW);

/** How many of each. */
function counts(span: Span, by = sealed) {
  const { days, quarters, cut, open } = piecesOf(span, by, NOW);
  return { days: days.length, quarters: quarters.length, cut: cut.length, open: open.length };
}

describe("a span is added up", () => {
  it("from days, from the quarters of days that it cuts, and from what is not rolled up yet", () => {
    const kathmandu = 5 * HOUR + 45 * MINUTE;
    const span = { start: MONDAY - 7 * DAY - kathmandu, end: MONDAY + DAY - kathmandu };
    expect(counts(span)).toEqual({ days: 7, quarters: 23 + 47, cut: 0, open: 2 });
  });

  it("by the minute where it is cut within the last day", () => {
    const { cut, quarters } = piecesOf({ start: NOW - DAY, end: NOW }, sealed, NOW);
    expect(cut).toEqual([MONDAY - 12 * HOUR]);
    expect(quarters[0]).toBe(MONDAY - 12 * HOUR + QUARTER);
    expect(counts({ start: MONDAY, end: MONDAY + 20 * MINUTE })).toEqual({ days: 0, quarters: 1, cut: 1, open: 0 });
  });

  it("by the quarter where it is cut before: that belongs to the span in which it begins", () => {
    const weekAgo = MONDAY - 7 * DAY + 12 * HOUR + MINUTE;
    const { quarters, cut } = piecesOf({ start: weekAgo, end: NOW }, sealed, NOW);
    expect([quarters[0], cut]).toEqual([weekAgo - MINUTE + QUARTER, []]);
    const upToReset = piecesOf({ start: MONDAY - 10 * DAY, end: weekAgo }, sealed, NOW);
    expect(upToReset.quarters.at(-1)).toBe(weekAgo - MINUTE);
  });

  it("up to the quarter that it is", () => {
    expect(piecesOf({ start: MONDAY, end: MONDAY + 7 * DAY }, sealed, NOW).open.at(-1)).toBe(MONDAY + 12 * HOUR);
    expect(counts({ start: MONDAY + DAY, end: MONDAY + 2 * DAY })).toEqual({ days: 0, quarters: 0, cut: 0, open: 0 });
  });

  it("from what meters wrote where a late batch came after the roll-up", () => {
    const at = MONDAY - DAY + HOUR;
    const late = sealedBy({ progress, stale: [{ level: "quarter", at, stamp: "" }] }, NOW);
    const span = { start: MONDAY - 2 * DAY, end: MONDAY };
    expect(counts(span, late)).toEqual({ days: 1, quarters: 95, cut: 0, open: 1 });
    const day = sealedBy({ progress, stale: [{ level: "day", at: MONDAY - DAY, stamp: "" }] }, NOW);
    expect(counts(span, day)).toEqual({ days: 1, quarters: 96, cut: 0, open: 0 });
  });
});
