import { describeProblem } from "@bedrock-governor/core/limit/describe-problem";
import { expect, it } from "vitest";

const FAULT = { problem: "must be a number", remedy: "write one" };

it("a problem is told as parameter, path, value, what is wrong and what to do", () => {
  expect(describeProblem({ path: "steps[0].at", value: "x", ...FAULT }, "/limits/opus")).toBe(
    '/limits/opus: steps[0].at = "x" must be a number; write one.',
  );
});

it("what is missing has no value, and the whole is called by its parameter", () => {
  expect(describeProblem({ path: "at", ...FAULT }, "/limits/opus")).toBe(
    "/limits/opus: at must be a number; write one.",
  );
  expect(describeProblem({ path: "", value: "x", ...FAULT }, "/mode")).toBe("/mode must be a number; write one.");
});

it("a long value is cut", () => {
  const sentence = describeProblem({ path: "models", value: Array(100).fill("anthropic.*"), ...FAULT }, "x");
  expect(sentence).toMatch(/^x: models = .{59}… must be a number; write one\.$/);
});

it("line breaks and terminal codes in what an operator wrote are shown, not obeyed", () => {
  const sentence = describeProblem({ path: "owner", value: "\u001b[31m\u2028\u0085", ...FAULT }, "a\nb.json");
  expect(sentence).toBe('a\\u000ab.json: owner = "\\u001b[31m\\u2028\\u0085" must be a number; write one.');
});
