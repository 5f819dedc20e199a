import { listed } from "@bedrock-governor/core/words/listed";
import { describe, expect, it } from "vitest";

describe("names in a sentence", () => {
  it("stand in order, the first of them, with how many more there are", () => {
    expect(listed(["b", "a"])).toBe("a, b");
    expect(listed(["e", "d", "c", "b", "a", "f", "g"])).toBe("a, b, c, d, e and 2 more");
    expect(listed(["c", "b", "a"], 2)).toBe("a, b and 1 more");
  });
});
