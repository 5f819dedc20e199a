import { cut, listed, readable, weight } from "@bedrock-governor/notices/readable";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme", maxLength: 60 }), fc.string());

describe("a text that others wrote", () => {
  it("is on one line, without letters that are not seen", () => {
    expect(readable(" a\r\n\tb\u2028c ")).toBe("a b c");
    expect(readable("evil\u202etxt.exe\u0007")).toBe("evil�txt.exe�");
    expect(readable("half \ud83d")).toBe("half �");
    expect(readable("👩‍👩‍👧‍👦 שלום")).toBe("👩‍👩‍👧‍👦 שלום");
  });

  it("shows each letter that has no shape, which could make two names look the same", () => {
    for (const unseen of ["\u200b", "\u00ad", "\u3164", "\u115f", "\u{e0041}", "\u200d", "\ufe0f", "\u2800"]) {
      expect(readable(`role/a${unseen}b`)).toBe("role/a�b");
    }
    expect(readable("1\ufe0f\u20e3 🎚️ 🏴‍☠️ 👍🏽 🇩🇪 🧑🏽‍💻")).toBe("1\ufe0f\u20e3 🎚️ 🏴‍☠️ 👍🏽 🇩🇪 🧑🏽‍💻");
  });
});

describe("a text that is too long", () => {
  it("keeps its beginning and its end", () => {
    expect(cut("role/a-very-long-name-of-batch", 17)).toBe("role/a-…f-batch");
    expect(cut("short", 17)).toBe("short");
  });

  it("is never cut within a letter as a reader counts them", () => {
    const family = "👩‍👩‍👧‍👦";
    expect(cut(family.repeat(3), 60)).toBe(`${family}…${family}`);
    expect(cut("e\u0301".repeat(9), 12).replaceAll("e\u0301", "")).toBe("…");
  });

  it("weighs no more than it may, with all that Slack and JSON make of it", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 3, max: 100 }), (text, most) => {
        const short = cut(text, most);
        expect(weight(short)).toBeLessThanOrEqual(most);
        if (weight(text) <= most) expect(short).toBe(text);
      }),
    );
  });
});

describe("names", () => {
  it("are listed as far as they fit, with how many there are more", () => {
    expect(listed(["a", "b", "c"], 100, "models")).toBe("a, b, c");
    expect(listed(["role/a", "role/b", "role/c"], 24, "principals")).toBe("role/a and 2 more");
    expect(listed(["role/a", "role/b"], 0, "principals")).toBe("2 principals");
  });
});
