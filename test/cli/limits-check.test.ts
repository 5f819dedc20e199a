import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { governor as run } from "../support/governor-process.ts";

const EXAMPLES = fileURLToPath(new URL("../../examples/limits", import.meta.url));
const VALID = {
  models: ["anthropic.*"],
  principals: ["role/batch"],
  source: "logs",
  measure: "usd",
  per: ["principal"],
  period: "day",
  threshold: 100,
};

let directory: string;
const governor = (args: readonly string[], readsOutput = true) => run(args, { cwd: directory, readsOutput });
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "limits-check-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (file: string, content: unknown) =>
  writeFileSync(join(directory, file), typeof content === "string" ? content : JSON.stringify(content));

describe("governor limits check", () => {
  it("counts valid limits and ends with 0", async () => {
    write("opus.json", VALID);
    expect(await governor(["limits", "check", "."])).toEqual({ code: 0, out: "1 limit, 0 problems\n", err: [] });
    const examples = await governor(["limits", "check", EXAMPLES]);
    expect(examples).toMatchObject({ code: 0, err: [] });
    expect(examples.out).toMatch(/\n5 limits, 0 problems\n$/);
  });

  it("says each problem in one line on stderr and ends with 1", async () => {
    write("a.json", { ...VALID, threshold: 0, owner: "two\nlines", thresold: 5 });
    write("b.json", '{"models": ["anthropic.*"],}');
    write("c.json", VALID);
    const { code, out, err } = await governor(["limits", "check", "."]);
    expect(code).toBe(1);
    expect(out).toBe("3 limits, 3 problems\n");
    expect(err).toEqual([
      'a.json: threshold = 0 must be a number above 0 and at most 1,000,000,000,000,000; write it, as in "threshold": 100.',
      "a.json: thresold = 5 is no key known here; rename it to threshold, or remove it.",
      'b.json is not JSON: at line 1, column 28 there is "}" instead of a key in double quotes; remove the comma before it.',
    ]);
  });

  it("prints exactly the result with --json, null for what is missing", async () => {
    write("a.json", { ...VALID, threshold: 0, measure: undefined });
    const { code, out, err } = await governor(["limits", "check", "a.json", "--json"]);
    expect(code).toBe(1);
    expect(err).toEqual([]);
    expect(JSON.parse(out)).toEqual({
      ok: false,
      problems: [
        { file: "a.json", path: "threshold", value: 0, problem: expect.any(String), remedy: expect.any(String) },
        { file: "a.json", path: "measure", value: null, problem: expect.any(String), remedy: expect.any(String) },
      ],
    });
    write("a.json", VALID);
    expect(JSON.parse((await governor(["limits", "check", ".", "--json"])).out)).toEqual({ ok: true, problems: [] });
  });

  it("takes several paths and reads a file that two of them lead to once", async () => {
    write("a.json", VALID);
    mkdirSync(join(directory, "more"));
    write("more/b.json", VALID);
    symlinkSync("../a.json", join(directory, "more/c.json"));
    expect((await governor(["limits", "check", "a.json", "./a.json", "more"])).out).toBe("2 limits, 0 problems\n");
  });

  it("says of a model that looks like no id what was probably meant, and takes it all the same", async () => {
    write("a.json", { ...VALID, models: ["claude-opus-*", "anthropic.*"] });
    const { code, out } = await governor(["limits", "check", "a.json"]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^Note: a\.json: models: "claude-opus-\*" does not begin with a provider.*\n1 limit, 0 problems\n$/,
    );
  });

  it("mentions what it leaves out of a directory", async () => {
    write("a.json", VALID);
    write("README.md", "");
    write(".hidden", "");
    mkdirSync(join(directory, "old.json"));
    expect((await governor(["limits", "check", "."])).out).toBe(
      "Note: README.md is ignored: it is no .json file.\nNote: old.json is ignored: it is no .json file.\n1 limit, 0 problems\n",
    );
  });

  it("says when a shared threshold may deny more principals at once than the mass-deny guard lets through", async () => {
    write("a.json", { ...VALID, per: [], principals: ["role/*"] });
    write("b.json", { ...VALID, per: [], principals: ["role/*"], steps: [{ at: 100, notify: true }] });
    const { code, out } = await governor(["limits", "check", "."]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Note: a\.json is one threshold for everyone it selects; .*25 .*\n2 limits, 0 problems\n$/);
  });

  it("refuses text that is not UTF-8, and a file whose name is no limit's", async () => {
    writeFileSync(join(directory, "a.json"), Buffer.from([0x7b, 0xff, 0x7d]));
    write("b c.json", VALID);
    const { code, err } = await governor(["limits", "check", "."]);
    expect(code).toBe(1);
    expect(err).toEqual([
      "a.json is not UTF-8 text; save it as UTF-8.",
      expect.stringMatching(/^b c\.json is no valid name, .*; rename it\.$/),
    ]);
  });
});

describe("a wrong use is one sentence with a remedy, and ends with 2", () => {
  it.each([
    ["a path that is not there", ["limits", "check", "nope"], "nope does not exist; check the path."],
    ["a file below a file", ["limits", "check", "a.txt/b.json"], "a.txt/b.json does not exist; check the path."],
    ["an empty path", ["limits", "check", ""], '"" does not exist; check the path.'],
    [
      "a directory without limits",
      ["limits", "check", "empty"],
      "empty holds no .json file; name a directory with one <name>.json per limit.",
    ],
    [
      "a file that is not .json",
      ["limits", "check", "a.txt"],
      "a.txt is no <name>.json file, whose name the limit would take; rename it.",
    ],
    ["no path", ["limits", "check"], "governor: missing required argument 'paths'; --help shows what is allowed."],
    ["a misspelt command", ["limts"], "governor: unknown command 'limts'; did you mean limits?"],
    ["a misspelt subcommand", ["limits", "chek", "x"], "governor: unknown command 'chek'; did you mean check?"],
    ["a misspelt option", ["limits", "check", ".", "--jsn"], "governor: unknown option '--jsn'; did you mean --json?"],
    ["an unknown option", ["--frobnicate"], "governor: unknown option '--frobnicate'; --help shows what is allowed."],
  ])("%s", async (_, args, sentence) => {
    write("a.txt", "");
    mkdirSync(join(directory, "empty"));
    expect(await governor(args)).toEqual({ code: 2, out: "", err: [sentence] });
  });

  it("and a command that is only half there shows its help", async () => {
    const { code, out, err } = await governor(["limits"]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err[0]).toBe("Usage: governor limits [options] [command]");
  });
});

it("governor says its version and its help and ends with 0", async () => {
  expect(await governor(["--version"])).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    err: [],
  });
  const help = await governor(["--help"]);
  expect(help).toMatchObject({ code: 0, err: [] });
  expect(help.out).toContain("Exit codes: 0 done, 1 found something wrong, 2 wrong usage.");
});

it("a reader that stops reading (| head) ends it quietly", async () => {
  for (let i = 0; i < 200; i++) write(`limit-${i}.json`, { x: "y".repeat(1_000) });
  expect((await governor(["limits", "check", ".", "--json"], false)).err).toEqual([]);
});
