import { describe, expect, it } from "vitest";
import { limit, told } from "./written-limit.ts";

const MINUTE = 60_000;

describe("a period is a calendar unit or rolls", () => {
  it.each(["hour", "day", "week", "month"] as const)("%s, in UTC unless it says otherwise", (unit) => {
    expect(limit({ period: unit }).period).toEqual({ kind: "calendar", unit, timeZone: "UTC" });
    expect(limit({ period: unit, timeZone: "Asia/Tokyo" }).period).toEqual({
      kind: "calendar",
      unit,
      timeZone: "Asia/Tokyo",
    });
  });

  it.each([
    ["rolling PT5M", 5, "PT5M"],
    ["rolling PT15M", 15, "PT15M"],
    ["rolling pt90m", 90, "PT90M"],
    ["rolling PT0.5H", 30, "PT30M"],
    ["rolling P1DT12H", 36 * 60, "P1DT12H"],
    ["rolling P2W", 14 * 24 * 60, "P2W"],
    ["rolling P31D", 31 * 24 * 60, "P31D"],
  ])("%s", (period, minutes, text) =>
    expect(limit({ period }).period).toEqual({ kind: "rolling", lengthMs: minutes * MINUTE, text }),
  );

  it.each([
    ["daily", 'write "day"'],
    ["days", 'write "day"'],
    ["monthly", 'write "month"'],
    ["Week", 'write "week"'],
    ["PT15M", 'write "rolling PT15M"'],
    ["rolling", 'write it as in "rolling PT15M"'],
    ["rolling PT4M", 'write "rolling PT5M" or longer'],
    ["rolling PT44641M", 'write "rolling P31D" or shorter'],
    ["rolling P5W", 'write "rolling P31D" or shorter'],
    ["rolling P1M", 'write it as in "rolling PT15M"'],
    ["rolling P1Y", 'write it as in "rolling PT15M"'],
    ["rolling PT90S", 'write it as in "rolling PT15M"'],
    ["rolling PT7.5M", 'write it as in "rolling PT15M"'],
    ["rolling -PT15M", 'write it as in "rolling PT15M"'],
    ["rolling 15m", 'write it as in "rolling PT15M"'],
    ["fortnight", 'as in "day" or "rolling PT15M"'],
  ])("%s is refused", (period, remedy) => expect(told({ period })).toEqual([expect.stringContaining(remedy)]));
});

describe("a time zone has the name IANA gives it", () => {
  it.each([
    ["UTC", "UTC"],
    ["europe/berlin", "Europe/Berlin"],
    ["America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"],
  ])("%s", (timeZone, expected) => expect(limit({ timeZone }).period).toMatchObject({ timeZone: expected }));

  it.each([
    ["Europe/Berln", 'write "Europe/Berlin"'],
    ["Berlin", 'write "Europe/Berlin"'],
    ["new york", 'write "America/New_York"'],
    ["+01:00", "leave it out for UTC"],
    ["", "leave it out for UTC"],
    ["2026-01-01T00:00[Europe/Berlin]", "leave it out for UTC"],
    ["Middle/Earth", "leave it out for UTC"],
  ])("%j is refused", (timeZone, remedy) => expect(told({ timeZone })).toEqual([expect.stringContaining(remedy)]));
});
