import { MAX_BYTES, readJson } from "@bedrock-governor/core/limit/read-json";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

describe("text that is not JSON is told where, what is there and what to do", () => {
  it.each([
    ["", "is empty", "write its value as JSON"],
    [" \n\t", "is empty", "write its value as JSON"],
    [
      '{"a": 1,}',
      'is not JSON: at line 1, column 9 there is "}" instead of a key in double quotes',
      "remove the comma before it",
    ],
    ["[1, 2,\n]", 'is not JSON: at line 2, column 1 there is "]" instead of a value', "remove the comma before it"],
    [
      '{\n  // dear\n  "a": 1\n}',
      'is not JSON: at line 2, column 3 there is "/" instead of a key in double quotes',
      "remove the comment: JSON has none",
    ],
    [
      "{'a': 1}",
      'is not JSON: at line 1, column 2 there is "\'" instead of a key in double quotes',
      'use plain double quotes (")',
    ],
    [
      '{"a": usd}',
      'is not JSON: at line 1, column 7 there is "usd" instead of a value',
      "put text in double quotes: only numbers, true, false and null have none",
    ],
    [
      '{"a": NaN}',
      'is not JSON: at line 1, column 7 there is "NaN" instead of a value',
      "put text in double quotes: only numbers, true, false and null have none",
    ],
    [
      '{"a": 1 "b": 2}',
      'is not JSON: at line 1, column 9 there is "\\"" instead of "," or "}"',
      "put a comma before it",
    ],
    [
      '{"a"',
      'is not JSON: at line 1, column 5 the text ends instead of ":"',
      "finish it, or look whether its end was cut off",
    ],
    [
      '{"a": "day\n}',
      "is not JSON: at line 1, column 7 a text begins that is not ended on its line or holds a single \\",
      'end it with ", and write \\ as \\\\',
    ],
    [
      '["\\d"]',
      "is not JSON: at line 1, column 2 a text begins that is not ended on its line or holds a single \\",
      'end it with ", and write \\ as \\\\',
    ],
    ["{} {}", 'is not JSON: at line 1, column 4 there is "{" instead of the end', "correct it there"],
    ["\uFEFF{}", "is not JSON: it begins with a byte order mark", "save it as UTF-8 without one"],
  ])("%j", (text, problem, remedy) => {
    expect(readJson(text)).toEqual({ value: undefined, problems: [{ path: "", problem, remedy }] });
  });
});

it("a key that stands twice is refused wherever it is, though JSON.parse would take the last", () => {
  const { problems } = readJson('{"steps": [{"at": 1, "at": 2}], "x": {"a b": 1, "a b": 2}, "steps": []}');
  expect(problems.map(({ path, value }) => [path, value])).toEqual([
    ["steps[0].at", 2],
    ['x["a b"]', 2],
    ["steps", []],
  ]);
});

it("bytes are counted, not letters, and as many as SSM takes are taken", () => {
  expect(readJson(`"${"x".repeat(MAX_BYTES - 2)}"`).problems).toEqual([]);
  expect(readJson(`"${"x".repeat(MAX_BYTES - 1)}"`).problems).toHaveLength(1);
  expect(readJson(`"${"é".repeat(MAX_BYTES / 2)}"`).problems[0]?.problem).toBe(
    "has 4098 bytes, but at most 4096 fit into a standard SSM parameter",
  );
});

it("nesting does not exhaust anything", () => {
  expect(readJson("[".repeat(MAX_BYTES)).problems[0]?.problem).toContain("nested too deeply");
});

describe("it agrees with JSON.parse", () => {
  const shallow = { maxDepth: 4 };
  it("on every JSON value", () => {
    fc.assert(
      fc.property(fc.json(shallow), (text) => {
        fc.pre(new TextEncoder().encode(text).length <= MAX_BYTES);
        expect(readJson(text)).toEqual({ value: JSON.parse(text), problems: [] });
      }),
    );
  });

  it("on every text that is nearly JSON", () => {
    const nearly = fc.tuple(
      fc.json(shallow),
      fc.nat(),
      fc.nat(2),
      fc.constantFrom(..."{}[]\",:\\ 0-1.eEtrufalsn'\n\t\u0001é"),
    );
    fc.assert(
      fc.property(nearly, ([text, place, removed, letter]) => {
        const at = place % (text.length + 1);
        const changed = text.slice(0, at) + letter + text.slice(at + removed);
        fc.pre(new TextEncoder().encode(changed).length <= MAX_BYTES);
        const problems = readJson(changed).problems.filter(({ problem }) => !problem.startsWith("stands twice"));
        expect(problems.length === 0).toBe(parses(changed));
      }),
      { numRuns: 2_000 },
    );
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
