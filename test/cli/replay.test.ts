import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
const LIMIT = {
  models: ["*"],
  principals: ["*"],
  source: "logs",
  measure: "totalTokens",
  per: ["principal"],
  period: "day",
  threshold: 1_000,
};
const HEADER = "t_ms,model,principal,input_tokens,output_tokens";
const TRACE = [HEADER, ...Array.from({ length: 60 }, (_, second) => `${second * 1000},acme.one,batch,100,6`)].join(
  "\n",
);

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: readonly string[];
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "replay-"));
  mkdirSync(join(directory, "limits"));
  write("trace.csv", TRACE);
  write("limits/daily.json", LIMIT);
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (file: string, content: unknown) =>
  writeFileSync(
    join(directory, file),
    typeof content === "string" || content instanceof Uint8Array ? content : JSON.stringify(content),
  );

function governor(args: readonly string[], readsOutput = true): Promise<Run> {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  if (readsOutput) child.stdout.on("data", (data) => (out += data));
  else child.stdout.destroy();
  child.stderr.on("data", (data) => (err += data));
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ code, out, err: err.split("\n").filter((line) => line !== "") }));
  });
}
const replay = (...args: string[]) => governor(["replay", "--trace", "trace.csv", "--limits", "limits", ...args]);

describe("governor replay", () => {
  it("prints a table, what it means, and the delays it assumes", async () => {
    const { code, out, err } = await replay();
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out).toMatch(/^60 requests replayed with seed 1, /);
    expect(out).toMatch(/\ndaily +role\/batch +logs +1,000 tokens +1 /);
    expect(out).toMatch(/\nFloor: .*\n/);
    expect(out).toMatch(/\n {2}IAM propagation +lognormal, median 4.0 s, sigma 0.85, at most 30.0 s /);
  });

  it("prints JSON of the documented shape for machines, the same each time", async () => {
    const { code, out, err } = await replay("--json", "--seed", "3");
    expect({ code, err }).toEqual({ code: 0, err: [] });
    const result = JSON.parse(out);
    expect(result).toMatchObject({ rows: 60, seed: 3, latencyModel: { iamPropagationMs: { cap: 30_000 } } });
    expect(Object.keys(result.limits[0])).toEqual(
      expect.arrayContaining(
        "name key source measure threshold crossings detectionMs enforcementMs overshoot overshootPct floor refused lifts".split(
          " ",
        ),
      ),
    );
    expect(Object.keys(result.limits[0].crossings[0])).toEqual(
      "crossedAtMs evidenceAtMs deniedAtMs effectiveAtMs usedAtEffective overshoot overshootPct floor".split(" "),
    );
    // 100 input and 6 output tokens a request; its last one completes 900 ms after it arrives.
    expect(result.limits[0]).toMatchObject({ key: { principal: "role/batch" }, crossings: [{ crossedAtMs: 9_900 }] });
    expect((await replay("--json", "--seed", "3")).out).toBe(out);
    expect((await replay("--json", "--seed", "4")).out).not.toBe(out);
  });

  it("reads a compressed trace, and limits by another source", async () => {
    write("trace.csv.gz", gzipSync(TRACE));
    const args = ["replay", "--trace", "trace.csv.gz", "--limits", "limits", "--json"];
    const { limits } = JSON.parse((await governor([...args, "--source", "budget"])).out);
    expect(limits).toMatchObject([{ source: "budget", refused: 0 }]);
    expect(limits[0].crossings[0].evidenceAtMs).toBeGreaterThanOrEqual(8 * 3_600_000);
  });

  it("switches the mass-deny guard on if asked", async () => {
    const { out } = await replay("--json", "--max-new-denies", "0");
    expect(JSON.parse(out)).toMatchObject({
      maxNewDenies: 0,
      refused: 0,
      limits: [{ crossings: [{ effectiveAtMs: null }] }],
    });
  });

  it("names limits whose usage is unknown, and those that count nothing, on stderr", async () => {
    write("limits/money.json", { ...LIMIT, measure: "usd" });
    write("limits/zoe.json", { ...LIMIT, principals: ["role/zoe"] });
    const { code, err } = await replay("--json");
    expect(code).toBe(0);
    expect(err).toEqual([
      "Note: limit money cannot deny where the price is not known, and so what was used: acme.one.",
      "Note: limit zoe counts nothing in this trace.",
    ]);
  });

  it("answers every wrong use in one sentence with what to do", async () => {
    write("limits/bad.json", { ...LIMIT, threshold: 0, measure: "hugs" });
    write("broken.csv", `${HEADER}\n0,acme.one,batch,many,6\n`);
    mkdirSync(join(directory, "good"));
    write("good/daily.json", LIMIT);
    const wrong: readonly (readonly [args: string[], code: number, sentence: RegExp])[] = [
      [["--limits", "good"], 2, /--trace/],
      [["--trace", "trace.csv"], 2, /--limits/],
      [["--trace", "nowhere.csv", "--limits", "good"], 2, /nowhere\.csv/],
      [["--trace", "trace.csv", "--limits", "nowhere"], 2, /nowhere does not exist/],
      [
        ["--trace", "trace.csv", "--limits", "limits"],
        1,
        /bad\.json.*, and another problem that governor limits check limits lists\.$/,
      ],
      [["--trace", "broken.csv", "--limits", "good"], 1, /line 2, column input_tokens: "many"/],
      [["--trace", "trace.csv", "--limits", "good", "--source", "metrics"], 2, /daily is per principal.*--source logs/],
      [["--trace", "trace.csv", "--limits", "good", "--source", "guess"], 2, /logs, metrics, budget/],
      [["--trace", "trace.csv", "--limits", "good", "--seed", "-1"], 2, /whole number from 0/],
      [["--trace", "trace.csv", "--limits", "good", "--seed", "1e3"], 2, /whole number from 0/],
      [["--trace", "trace.csv", "--limits", "good", "--max-new-denies", "x"], 2, /whole number from 0/],
    ];
    for (const [args, code, sentence] of wrong) {
      const run = await governor(["replay", ...args]);
      expect([args, run.code, run.out, run.err]).toEqual([args, code, "", [expect.stringMatching(sentence)]]);
    }
  });

  it("ends quietly when nobody reads its output", async () => {
    const { err } = await governor(["replay", "--trace", "trace.csv", "--limits", "limits", "--json"], false);
    expect(err).toEqual([]);
  });
});
