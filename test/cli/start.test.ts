import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type GovernorOptions, governor } from "../support/governor-process.ts";

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "start-"));
});
afterEach(() => rmSync(cwd, { recursive: true }));

/** Stops it as Ctrl-C does once it has said something. */
const stopAfter = (text: string): NonNullable<GovernorOptions["watch"]> => {
  let stopped = false;
  return (out, child) => {
    if (stopped || !out.includes(text)) return;
    stopped = true;
    child.kill("SIGINT");
  };
};

describe("governor start", () => {
  it("tells the story of a day in which an agent loops", async () => {
    const { code, out, err } = await governor(["start", "--speed", "50000", "--port", "0"], {
      cwd,
      watch: stopAfter("a new period"),
    });
    expect([code, err]).toEqual([0, []]);
    const coding = out.split("\n").filter((line) => line.includes("role/coding"));
    const story = [
      /Limit Warned .*reached 50 %: \$50\.\d+ of \$100 today/,
      /Access Denied .*anthropic\.claude-opus-\*: reached 80 %: \$80\.\d+ of \$100 today/,
      /Access Denied .*anthropic\.claude-sonnet-4-6, openai\.gpt-oss-120b-1:0: \$100\.\d+ of \$100 today/,
      /Limit Warned .*of \$150 today/,
      /Access Lifted .*: usage is below limit daily-spend as it is now/,
      /Access Denied .*anthropic\.claude-opus-\*: reached 80 %: \$120\.\d+ of \$150 today/,
      /Access Denied .*anthropic\.claude-sonnet-4-6, openai\.gpt-oss-120b-1:0: \$150\.\d+ of \$150 today/,
      /Access Lifted .*: a new period of limit daily-spend began at 00:00 Europe\/Berlin/,
    ];
    expect(coding).toHaveLength(story.length);
    for (const [index, line] of coding.entries()) expect(line).toMatch(story[index] ?? /never/);
    expect(out).toMatch(/limits\/daily-spend\/threshold was set to 150 by user\/mia/);
    expect(out).not.toMatch(/Access Denied {3}role\/(?!coding)/);
  });

  it("plays a trace against limits of one's own, and says when it is over", async () => {
    mkdirSync(join(cwd, "limits"));
    writeFileSync(
      join(cwd, "limits/brake.json"),
      JSON.stringify({
        models: ["*"],
        principals: ["*"],
        source: "logs",
        measure: "totalTokens",
        per: ["principal"],
        period: "hour",
        threshold: 50,
      }),
    );
    writeFileSync(join(cwd, "trace.csv"), "t_ms,model,principal,input_tokens,output_tokens\n0,acme.one,batch,40,10\n");
    const { code, out, err } = await governor(
      ["start", "--trace", "trace.csv", "--limits", "limits", "--speed", "100000", "--port", "0"],
      { cwd, watch: stopAfter("The trace is over") },
    );
    expect([code, err]).toEqual([0, []]);
    expect(out).toMatch(/Access Denied {3}role\/batch \*: 50 of 50 tokens this hour for role\/batch/);
    expect(out).toMatch(/Access Lifted {3}role\/batch/);
  });

  it.each([
    [
      ["--speed", "0"],
      2,
      /^governor: option '--speed <n>' argument '0' is invalid; give a whole number from 1 to 100000\.$/,
    ],
    [["--speed", "fast"], 2, /--speed/],
    [["--port", "70000"], 2, /--port.*whole number from 0 to 65535/],
    [["--trace", "nowhere.csv"], 2, /nowhere\.csv: there is no such file/],
    [["--limits", "nowhere"], 2, /nowhere does not exist/],
    [["--sped", "9"], 2, /unknown option '--sped'; did you mean one of --seed, --speed/],
  ])("refuses %j in one sentence", async (args, exitCode, sentence) => {
    const { code, out, err } = await governor(["start", ...args], { cwd });
    expect([code, out, err.length]).toEqual([exitCode, "", 1]);
    expect(err[0]).toMatch(sentence);
  });
});
