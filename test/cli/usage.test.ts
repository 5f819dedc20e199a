import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { type LogSums, sumLogFiles } from "@bedrock-governor/cli/usage/sum-log-files";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { governor } from "../support/governor-process.ts";
import { ACCOUNT, HAIKU, invocationMessage, OPUS, session } from "../support/invocation-record.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "usage-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (file: string, content: string | Uint8Array) => writeFileSync(join(directory, file), content);
const lines = (...messages: readonly string[]) => messages.map((message) => `${message}\n`).join("");
const usage = (...args: readonly string[]) => governor(["usage", ...args], { cwd: directory });

async function usageJson(...files: readonly string[]) {
  const { code, out, err } = await usage("--json", ...files);
  expect(err).toEqual([]);
  return { code, ...(JSON.parse(out) as UsageJson) };
}

interface UsageJson {
  readonly totals: readonly Readonly<Record<string, unknown>>[];
  readonly rejected: readonly { readonly file: string; readonly line: number; readonly reason: string }[];
  readonly rejectedCount: number;
  readonly failed: number;
}

/** The same without a process of its own. */
const sumOf = (...files: readonly string[]) =>
  sumLogFiles(
    files.map((file) => join(directory, file)),
    () => {},
  );
const calls = ({ totals }: LogSums) => totals.map(({ sums }) => sums.invocations);
const places = ({ rejected }: LogSums) => rejected.map(({ file, line }) => `${basename(file)} ${line}`);

let requests = 0;
const message = (fields: Parameters<typeof invocationMessage>[0] = {}) =>
  invocationMessage({ requestId: `request-${++requests}`, ...fields });
const NOTICE = "Permissions are correctly set for Amazon Bedrock logs.";

describe("governor usage", () => {
  it("adds up records per principal and model, in every measure", async () => {
    const input = { inputTokenCount: 3, cacheReadInputTokenCount: 1000, cacheWriteInputTokenCount: 200 };
    const spellings = [OPUS, `us.${OPUS}`, `arn:aws:bedrock:us-east-1::foundation-model/${OPUS}`];
    write("a.jsonl", lines(NOTICE, ...spellings.map((modelId) => message({ modelId, input }))));
    write(
      "b.jsonl",
      lines(message({ modelId: HAIKU, arn: session("AWSReservedSSO_Data_0123456789abcdef", "ana@example.com") })),
    );
    const { code, ...result } = await usageJson("a.jsonl", "b.jsonl");
    expect(code).toBe(0);
    expect(result).toEqual({
      totals: [
        {
          principal: "role/batch",
          model: OPUS,
          invocations: 3,
          inputTokens: 9,
          outputTokens: 30,
          cacheReadTokens: 3000,
          cacheWriteTokens: 600,
          totalTokens: 3639,
          images: 0,
          usd: expect.closeTo((9 * 5.5 + 30 * 27.5 + 3000 * 0.55 + 600 * 6.875) / 1e6, 9),
        },
        {
          principal: "sso/Data/ana@example.com",
          model: HAIKU,
          invocations: 1,
          inputTokens: 100,
          outputTokens: 10,
          cacheReadTokens: 0,
          cacheWriteTokens: 0,
          totalTokens: 110,
          images: 0,
          usd: expect.closeTo((100 * 1.1 + 10 * 5.5) / 1e6, 9),
        },
      ],
      rejected: [],
      rejectedCount: 0,
      failed: 0,
    });
  });

  it("counts a request once, in whatever files it is, and failed calls apart", async () => {
    const [one, failed] = [message(), message({ errorCode: "ThrottlingException", input: {}, output: {} })];
    write("a.jsonl", lines(one, failed, one));
    write("b.jsonl.gz", gzipSync(lines(failed, one, message())));
    const result = await usageJson("a.jsonl", "b.jsonl.gz", "a.jsonl");
    expect(result).toMatchObject({ code: 0, totals: [{ invocations: 2 }], failed: 1, rejected: [] });
  });

  it("knows no dollars where a price is not known, and prints a model that nothing resolves as it stands", async () => {
    const modelId = `arn:aws:bedrock:us-east-1:${ACCOUNT}:application-inference-profile/abc123`;
    write("a.jsonl", lines(message({ modelId, input: { inputTokenCount: 3, cacheWriteInputTokenCount: 28_857 } })));
    const { totals } = await usageJson("a.jsonl");
    expect(totals).toMatchObject([{ model: modelId, inputTokens: 3, cacheWriteTokens: 28_857, usd: null }]);
    const { out } = await usage("a.jsonl");
    expect(out).toMatch(new RegExp(`^role/batch +${modelId} +1 +3 +10 +0 +28,857 +28,870 +0 +unknown$`, "m"));
    expect(out).toContain(`Unknown: the built-in table has no price for ${modelId}.`);
  });

  it("adds nothing for counts that a record does not have, and tells people of calls without any", async () => {
    write("a.jsonl", lines(message(), message({ input: {}, output: {} }), message({ output: undefined })));
    const { code, totals } = await usageJson("a.jsonl");
    expect(code).toBe(0);
    expect(totals).toMatchObject([{ invocations: 3, totalTokens: 210, usd: expect.closeTo(0.001375, 9) }]);
    const { out } = await usage("a.jsonl");
    expect(out).toContain("1 call without counts of tokens: what they used is not in these sums.");
  });

  it("names federated users and sessions of other accounts by their full ARN", async () => {
    const arns = [`arn:aws:sts::${ACCOUNT}:federated-user/bob`, "arn:aws:sts::444455556666:assumed-role/x/y"];
    write("a.jsonl", lines(...arns.map((arn) => message({ arn }))));
    const { totals } = await usageJson("a.jsonl");
    expect(totals.map(({ principal }) => principal)).toEqual(arns);
  });

  it("prints a table for people", async () => {
    const failed = message({ errorCode: "ValidationException" });
    const one = message({ input: { inputTokenCount: 1_000_000 } });
    write("a.jsonl", lines(one, failed, one, message({ accountId: "444455556666" })));
    const { code, out, err } = await usage("a.jsonl");
    expect({ code, err }).toEqual({ code: 0, err: [] });
    expect(out).toMatch(/^Principal +Model +Calls +Input +Output +Cache read +Cache write +Total +Images +Dollars$/m);
    expect(out).toMatch(new RegExp(`^role/batch +${OPUS} +1 +1,000,000 +10 +0 +0 +1,000,010 +0 +\\$5.50$`, "m"));
    expect(out).toContain("1 call failed and used nothing.");
    expect(out).toContain("1 record of requests counted before left out.");
    expect(out).toContain("The logs are of 2 accounts");
  });

  it("shows terminal codes in a name, and obeys none", async () => {
    write("a.jsonl", lines(message({ modelId: "acme.\u001b[2Jmodel" })));
    const { out } = await usage("a.jsonl");
    expect(out).toContain("acme.\\u001b[2Jmodel");
    expect(out).not.toContain("\u001b");
  });

  it("says how far it is, by the bytes of the files", async () => {
    write("a.jsonl", lines(...Array.from({ length: 2000 }, () => message())));
    write("b.jsonl.gz", gzipSync(lines(message())));
    const shares: number[] = [];
    await sumLogFiles([join(directory, "a.jsonl"), join(directory, "b.jsonl.gz")], (share) => shares.push(share));
    expect(shares.length).toBeGreaterThan(2);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });

  it("says of logs without a call that there is none", async () => {
    write("empty.json", "");
    write("notice.json", `${NOTICE}\n\n`);
    expect(await usage("empty.json", "notice.json")).toEqual({ code: 0, out: "No calls.\n", err: [] });
    expect(await usageJson("empty.json")).toEqual({
      code: 0,
      totals: [],
      rejected: [],
      rejectedCount: 0,
      failed: 0,
    });
  });
});

describe("governor usage reads logs", () => {
  const one = message({ input: { inputBodyJson: { text: "ünï — “quoted”\n{" }, inputTokenCount: 100 } });
  const other = message();
  const event = (text: string) => ({ id: "3".repeat(56), timestamp: 1_767_600_030_000, message: text });
  const events = (texts: readonly string[]) => ({
    events: texts.map((text) => ({ logStreamName: "aws/bedrock/modelinvocations", ...event(text), ingestionTime: 1 })),
    searchedLogStreams: [],
  });
  const envelope = (messageType: string, ...texts: readonly string[]) =>
    JSON.stringify({ messageType, owner: ACCOUNT, logGroup: "bedrock", logEvents: texts.map(event) });

  it.each<[string, string]>([
    ["as Bedrock delivers them to S3", lines(one, other)],
    ["without an end of the last line", `${one}\n${other}`],
    ["with Windows' ends of lines and empty ones", `\ufeff${one}\r\n\r\n${other}\r\n`],
    [
      "as CloudWatch Logs exports them",
      lines(`2026-01-05T08:00:31.123Z ${NOTICE}`, ...[one, other].map((text) => `2026-01-05T08:00:31.123Z ${text}`)),
    ],
    [
      "as aws logs tail prints them",
      lines(
        ...[NOTICE, one, other].map((text) => `2026-01-05T08:00:31.123000+00:00 aws/bedrock/modelinvocations ${text}`),
      ),
    ],
    [
      "as a subscription delivers them",
      lines(
        envelope("CONTROL_MESSAGE", "CWL CONTROL MESSAGE: Checking health of destination."),
        envelope("DATA_MESSAGE", NOTICE, one),
        envelope("DATA_MESSAGE", other),
      ),
    ],
    ["as aws logs filter-log-events prints them", JSON.stringify(events([NOTICE, one, other]), null, 4)],
  ])("%s, plain and compressed", async (_, content) => {
    write("plain", content);
    write("packed", gzipSync(content));
    const half = Math.floor(content.length / 2);
    write("members.gz", Buffer.concat([gzipSync(content.slice(0, half)), gzipSync(content.slice(half))]));
    for (const file of ["plain", "packed", "members.gz"]) {
      const result = await sumOf(file);
      expect(result.rejected, file).toEqual([]);
      expect(calls(result)).toEqual([2]);
    }
  });

  it("with a record as long as several pieces of the file", async () => {
    const input = { inputBodyJson: { text: "é\n".repeat(1_000_000) }, inputTokenCount: 100 };
    const messages = [message(), message({ input }), message()];
    write("a.jsonl", lines(...messages));
    write("printed.json", JSON.stringify(events(messages), null, 4));
    expect(calls(await sumOf("a.jsonl"))).toEqual([3]);
    expect(calls(await sumOf("printed.json"))).toEqual([3]);
  });
});

describe("governor usage names file and line of what it does not count, sums the rest, and exits with 1:", () => {
  it("a record with a wrong count, and a line that is no record", async () => {
    write("a.jsonl", lines(message(), message({ input: { inputTokenCount: "12" } }), message(), "{}", "hello"));
    write("b.jsonl", lines(message({ output: { outputTokenCount: -5 } }), message()));
    const { code, totals, rejected } = await usageJson("a.jsonl", "b.jsonl");
    expect(code).toBe(1);
    expect(totals).toMatchObject([{ invocations: 3 }]);
    expect(rejected.map(({ file, line }) => [file, line])).toEqual([
      ["a.jsonl", 2],
      ["a.jsonl", 4],
      ["a.jsonl", 5],
      ["b.jsonl", 1],
    ]);
    expect(rejected[0]?.reason).toBe("input.inputTokenCount is a text, which is not a whole number from 0");
  });

  it("in one sentence each on stderr for people, and no more than they read", async () => {
    write("a.jsonl", lines(message(), ...Array.from({ length: 25 }, () => "nothing")));
    const { code, out, err } = await usage("a.jsonl");
    expect(code).toBe(1);
    expect(out).toMatch(/^role\/batch/m);
    expect(err).toHaveLength(21);
    expect(err[0]).toBe("a.jsonl, line 2: it is no invocation log record: it is no JSON object, or was cut off.");
    expect(err[20]).toBe("5 more are not counted; --json lists them all.");
  });

  it("the first 1,000 of a file that is no log, and how many there are", async () => {
    write("a.jsonl", lines(message(), ...Array.from({ length: 1_500 }, () => "nothing")));
    const result = await usageJson("a.jsonl");
    expect(result).toMatchObject({ code: 1, totals: [{ invocations: 1 }], rejectedCount: 1_500 });
    expect(result.rejected.map(({ line }) => line)).toEqual(Array.from({ length: 1_000 }, (_, i) => i + 2));
    const { code, err } = await usage("a.jsonl");
    expect([code, err.at(-1)]).toEqual([1, "1,480 more are not counted; --json lists the first 1,000."]);
  });

  it("a compressed file that is cut short, with all that stands before the cut", async () => {
    const packed = gzipSync(lines(...Array.from({ length: 2000 }, () => message())));
    write("cut.json.gz", packed.subarray(0, packed.length * 0.6));
    write("whole.json.gz", packed);
    const [cut, both] = [await usageJson("cut.json.gz"), await usageJson("cut.json.gz", "whole.json.gz")];
    const counted = Number(cut.totals[0]?.invocations);
    expect(counted).toBeGreaterThan(1000);
    const reason = "the compressed file is cut short here; copy or download it again";
    expect(cut).toMatchObject({ code: 1, rejected: [{ file: "cut.json.gz", line: counted + 1, reason }] });
    expect(both).toMatchObject({ code: 1, totals: [{ invocations: 2000 }], rejected: cut.rejected });
  });

  it("a compressed file whose check sum at the end is missing, though every record is there", async () => {
    const packed = gzipSync(lines(message(), message()));
    write("cut.gz", packed.subarray(0, packed.length - 4));
    const result = await sumOf("cut.gz");
    expect(calls(result)).toEqual([2]);
    expect(places(result)).toEqual(["cut.gz 3"]);
  });

  it("a compressed file that is damaged, with nearly all that stands before the damage", async () => {
    const packed = gzipSync(lines(...Array.from({ length: 2000 }, () => message())));
    const checkSum = packed.length - 8;
    packed.writeInt32LE(~packed.readInt32LE(checkSum), checkSum);
    write("damaged.gz", packed);
    const result = await sumOf("damaged.gz");
    const [counted = Number.NaN] = calls(result);
    expect(counted).toBeGreaterThan(1800);
    expect(places(result)).toEqual([`damaged.gz ${counted + 1}`]);
    expect(result.rejected[0]?.reason).toContain("damaged here");
  });

  it.each([1, 512, 3_000_000])(
    "what comes after a compressed file and %i zeros, which are no padding then",
    async (zeros) => {
      const [one, other] = [message(), message()].map((text) => gzipSync(lines(text)));
      if (one === undefined || other === undefined) throw new Error("there are two");
      write("padded.gz", Buffer.concat([one, Buffer.alloc(zeros)]));
      expect(await sumOf("padded.gz")).toMatchObject({ rejected: [], totals: [{ sums: { invocations: 1 } }] });

      write("parts.gz", Buffer.concat([one, Buffer.alloc(zeros), other]));
      const result = await sumOf("parts.gz", "padded.gz");
      expect(calls(result)).toEqual([1]);
      expect(places(result)).toEqual(["parts.gz 2"]);
      expect(result.rejected[0]?.reason).toContain("has zeros here, and something after them");
    },
  );

  it("a part of a compressed file whose beginning is damaged, and all parts after it", async () => {
    const [one, other, last] = [message(), message(), message()].map((text) => gzipSync(lines(text)));
    if (one === undefined || other === undefined || last === undefined) throw new Error("there are three");
    other[0] = 0;
    write("parts.gz", Buffer.concat([one, other, last]));
    const result = await sumOf("parts.gz");
    expect(calls(result)).toEqual([1]);
    expect(places(result)).toEqual(["parts.gz 2"]);
  });

  it("a last line that is cut off", async () => {
    write("a.jsonl", lines(message()) + message().slice(0, 100));
    const result = await sumOf("a.jsonl");
    expect(calls(result)).toEqual([1]);
    expect(places(result)).toEqual(["a.jsonl 2"]);
  });

  it("a line longer than any record", async () => {
    write("a.jsonl", `${message()}\n${"x".repeat(17 * 1024 * 1024)}\n${message()}\n`);
    const result = await sumOf("a.jsonl");
    expect(calls(result)).toEqual([2]);
    expect(places(result)).toEqual(["a.jsonl 2"]);
    expect(result.rejected[0]?.reason).toContain("longer than any record");
  });

  it("a wrong record within an envelope", async () => {
    const logEvents = [message(), "hello", message()].map((text) => ({ message: text }));
    write("a.json", lines(message(), JSON.stringify({ messageType: "DATA_MESSAGE", logEvents })));
    const result = await sumOf("a.json");
    expect(calls(result)).toEqual([3]);
    expect(places(result)).toEqual(["a.json 2"]);
  });

  it("what the AWS CLI printed, cut short", async () => {
    const printed = JSON.stringify({ events: [{ message: message() }, { message: message() }] }, null, 4);
    write("cut.json", printed.slice(0, printed.lastIndexOf('"message"')));
    const result = await sumOf("cut.json");
    expect(calls(result)).toEqual([1]);
    expect(places(result)).toEqual(["cut.json 6"]);
    expect(result.rejected[0]?.reason).toContain("cut short");
  });

  it("a record printed over many lines", async () => {
    write("one.json", JSON.stringify(JSON.parse(message()), null, 2));
    const result = await sumOf("one.json");
    expect(calls(result)).toEqual([]);
    expect(places(result)[0]).toBe("one.json 1");
  });
});

describe("governor usage refuses in one sentence, with nothing on stdout,", () => {
  beforeEach(() => {
    mkdirSync(join(directory, "folder"));
    symlinkSync("loop.jsonl", join(directory, "loop.jsonl"));
    write("a.jsonl", lines(message()));
  });

  it.each([
    ["a file that is not there", ["a.jsonl", "none.jsonl"], "none.jsonl does not exist; check the path."],
    ["a directory", ["folder"], "folder is a directory; name the files in it."],
    ["the standard input", ["-"], "- is not read as the standard input; write it to a file and name that."],
    [
      "a link that nothing can be read by",
      ["loop.jsonl"],
      "loop.jsonl is a link that leads back to itself; correct the link.",
    ],
    ["an empty name", [""], '"" does not exist; check the path.'],
    ["no file", [], "governor: missing required argument 'files'; --help shows what is allowed."],
    [
      "an unknown option",
      ["a.jsonl", "--per", "day"],
      "governor: unknown option '--per'; --help shows what is allowed.",
    ],
  ])("%s", async (_, args, said) => {
    expect(await usage(...args)).toEqual({ code: 2, out: "", err: [said] });
  });
});
