import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readTrace } from "@bedrock-governor/simulator/trace/read-trace";
import type { Request } from "@bedrock-governor/simulator/trace/request";
import { TraceProblem } from "@bedrock-governor/simulator/trace/trace-problem";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "trace-"));
afterAll(() => rmSync(folder, { recursive: true }));

const HEADER = "t_ms,model,principal,input_tokens,output_tokens";
const ROW = "0,azure-conv,svc-conv,374,44";

let files = 0;
function file(content: string | Uint8Array, name = "trace.csv"): string {
  const path = join(folder, `${files++}-${name}`);
  writeFileSync(path, content);
  return path;
}

async function read(path: string): Promise<Request[]> {
  const rows: Request[] = [];
  for await (const requests of readTrace(path)) rows.push(...requests);
  return rows;
}

const rowsOf = (...lines: string[]) => read(file(lines.join("\n")));

async function problemWith(path: string): Promise<string> {
  const problem = await read(path).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(problem).toBeInstanceOf(TraceProblem);
  const message = (problem as TraceProblem).message;
  expect(message.startsWith(path)).toBe(true);
  return message.slice(path.length);
}

const first: Request = {
  atMs: 0,
  model: "azure-conv",
  principal: "role/svc-conv",
  inputTokens: 374,
  outputTokens: 44,
  cacheWriteTokens: 0,
  cacheReadTokens: 0,
};

describe("reading a trace", () => {
  it("a row is a request of the role that the principal names", async () => {
    expect(await rowsOf(HEADER, ROW)).toEqual([first]);
  });

  it("a principal with a path is a role under that path", async () => {
    const [request] = await rowsOf(HEADER, "0,m,data-science/notebooks,1,1");
    expect(request?.principal).toBe("role/data-science/notebooks");
  });

  it("cache columns are read when there are any, in whatever order the columns stand", async () => {
    expect(await rowsOf(`${HEADER},cache_write,cache_read`, `${ROW},5,900`)).toEqual([
      { ...first, cacheWriteTokens: 5, cacheReadTokens: 900 },
    ]);
    expect(
      await rowsOf("cache_read,principal,t_ms,output_tokens,model,input_tokens", "900,svc-conv,0,44,azure-conv,374"),
    ).toEqual([{ ...first, cacheReadTokens: 900 }]);
  });

  it.each([
    ["with Windows line ends", `${HEADER}\r\n${ROW}\r\n`],
    ["without a line end after the last row", `${HEADER}\n${ROW}`],
    ["with blank lines", `${HEADER}\n\n${ROW}\n\n \n`],
    ["with a byte order mark", `\uFEFF${HEADER}\n${ROW}\n`],
    ["with spaces around values", `${HEADER.replaceAll(",", ", ")}\n 0 , azure-conv, svc-conv ,374 ,44 \n`],
    ["with quoted names", `${HEADER}\n0,"azure-conv","svc-conv",374,44\n`],
    ["with everything quoted", `"${HEADER.replaceAll(",", '","')}"\r\n"0","azure-conv","svc-conv","374","44"\r\n`],
  ])("a file %s is the same trace", async (_, text) => {
    expect(await read(file(text))).toEqual([first]);
    expect(await read(file(gzipSync(text)))).toEqual([first]);
  });

  it("a compressed file is read whatever it is called", async () => {
    expect(await read(file(gzipSync(`${HEADER}\n${ROW}`), "trace.csv"))).toEqual([first]);
  });

  it("a file in two gzip pieces is one trace", async () => {
    expect(
      await read(file(Buffer.concat([gzipSync(`${HEADER}\n0,azure-conv,svc-`), gzipSync("conv,374,44")]))),
    ).toEqual([first]);
  });

  it("quotes keep commas and doubled quotes in a name", async () => {
    const [request] = await rowsOf(HEADER, '0,"a, b","say ""hi""",1,1');
    expect(request).toMatchObject({ model: "a, b", principal: 'role/say "hi"' });
  });

  it("two requests may arrive together, and in between two milliseconds", async () => {
    const rows = await rowsOf(HEADER, "7,m,p,1,1", "7,m,p,1,1", "7.25,m,p,1,1");
    expect(rows.map((row) => row.atMs)).toEqual([7, 7, 7.25]);
  });

  it("every row comes out once and in order, wherever the file happens to be cut into pieces", async () => {
    const names = fc.stringMatching(/^[a-zäöü€😀:"-][a-zäöü€😀:", /-]{0,18}[a-zäöü€😀:"-]$/u);
    // Two paths of one role are refused, so here nobody has any.
    const pathless = names.map((name) => name.replaceAll("/", "-"));
    const rows = fc.array(fc.record({ step: fc.nat(9_999), model: names, principal: pathless, tokens: fc.nat() }), {
      minLength: 1,
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 400 }), fc.boolean(), async (pattern, times, zip) => {
        const quoted = (text: string) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
        let atMs = 0;
        const expected: Request[] = [];
        for (let i = 0; i < times; i++) {
          for (const { step, model, principal, tokens } of pattern) {
            atMs += step;
            const inputTokens = tokens % 1_000_000_001;
            expected.push({ ...first, atMs, model, principal: `role/${principal}`, inputTokens, outputTokens: i });
          }
        }
        const lines = expected.map(({ atMs, model, principal, inputTokens, outputTokens }) =>
          [atMs, quoted(model), quoted(principal.slice(5)), inputTokens, outputTokens].join(","),
        );
        const text = [HEADER, ...lines].join("\n");
        expect(await read(file(zip ? gzipSync(text) : text))).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });

  it("a large file comes in batches of a few thousand, and reading can stop at any of them", async () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => `${i},azure-conv,svc-conv,374,44`);
    const path = file(gzipSync([HEADER, ...rows].join("\n")));
    const sizes: number[] = [];
    for await (const requests of readTrace(path)) sizes.push(requests.length);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(50_000);
    expect(Math.max(...sizes)).toBeLessThan(10_000);

    for await (const requests of readTrace(path)) {
      expect(requests[0]).toEqual(first);
      break;
    }
  });
});

describe("a trace that cannot be replayed is refused in one sentence", () => {
  const rowProblems: readonly (readonly [row: string, sentence: string])[] = [
    [
      "-1,m,p,1,1",
      ', line 3, column t_ms: "-1" is not a number from 0 to 31622400000; give milliseconds from the start of the trace.',
    ],
    ["soon,m,p,1,1", ', line 3, column t_ms: "soon" is not a number'],
    ["1e3,m,p,1,1", ', line 3, column t_ms: "1e3" is not a number'],
    [",m,p,1,1", ', line 3, column t_ms: "" is not a number'],
    ["1767571200000,m,p,1,1", ', line 3, column t_ms: "1767571200000" is not a number from 0 to'],
    [
      "1,m,p,1.5,1",
      ', line 3, column input_tokens: "1.5" is not a whole number from 0 to 1000000000; correct it or remove the row.',
    ],
    ["1,m,p,1,-5", ', line 3, column output_tokens: "-5" is not a whole number'],
    ["1,m,p,,1", ', line 3, column input_tokens: "" is not a whole number'],
    ["1,m,p,NaN,1", ', line 3, column input_tokens: "NaN" is not'],
    ["1,m,p,99999999999999999999,1", ', line 3, column input_tokens: "99999999999999999999" is not'],
    ["1,,p,1,1", ", line 3, column model: the value is empty; write a name."],
    ["1,m, ,1,1", ", line 3, column principal: the value is empty; write a name."],
    ["1,m,team/,1,1", ', line 3, column principal: "team/" is a path without a role\'s name; write the name after it.'],
    ["1,m,p,1", ', line 3: "1,m,p,1" has 4 fields and the header 5; give one for each column.'],
    ["1,m,p,1,1,1", ', line 3: "1,m,p,1,1,1" has 6 fields and the header 5'],
    [
      '1,"m,p,1,1',
      ', line 3: the quotes in "1,\\"m,p,1,1" are broken; close each on its line, and double one that belongs to a value.',
    ],
    ['1,m"x,p,1,1', ", line 3: the quotes in"],
    ['1,"m"x,p,1,1', ", line 3: the quotes in"],
  ];
  it.each(rowProblems)("the row %s", async (row, sentence) => {
    expect(await problemWith(file(`${HEADER}\n${ROW}\n${row}\n`))).toContain(sentence);
  });

  it("rows that are not sorted by time, with both times", async () => {
    expect(await problemWith(file(`${HEADER}\n190855,m,p,1,1\n0,m,p,1,1\n`))).toBe(
      ', line 3, column t_ms: "0" is earlier than 190855 on the row before; sort the rows by t_ms.',
    );
  });

  it("a wrong value far down in the file, with its line", async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `${i},m,p,1,1`);
    expect(await problemWith(file(gzipSync([HEADER, ...rows, "20000,m,p,x,1"].join("\r\n"))))).toContain(
      ', line 20002, column input_tokens: "x"',
    );
  });

  const headerProblems: readonly (readonly [header: string, sentence: string])[] = [
    [HEADER.replace(",output_tokens", ""), ", line 1, column output_tokens: this column is missing from"],
    [
      `${HEADER},cache_reed`,
      'column "cache_reed" is not one of t_ms, model, principal, input_tokens, output_tokens, cache_write, cache_read; write cache_read or remove it.',
    ],
    [`${HEADER},region`, 'column "region" is not one of'],
    [`${HEADER},`, 'column "" is not one of'],
    [`${HEADER},model`, ", line 1, column model: this column stands there twice; remove one of the two."],
    [HEADER.replaceAll(",", ";"), ", line 1, column t_ms: this column is missing from"],
    [
      ROW,
      ', line 1, column t_ms: this column is missing from "0,azure-conv,svc-conv,374,44"; the first line must be t_ms,',
    ],
  ];
  it.each(headerProblems)("the header %s", async (header, sentence) => {
    expect(await problemWith(file(`${header}\n${ROW}\n`))).toContain(sentence);
  });

  const wholeFiles: readonly (readonly [what: string, content: string | Uint8Array, sentence: string])[] = [
    ["an empty file", "", `: the file is empty; a trace is the line ${HEADER} and one line for each request.`],
    ["a compressed empty file", gzipSync(""), ": the file is empty;"],
    ["a header without rows", `${HEADER}\n\n`, ": there is a header and no row after it;"],
    [
      "a binary file",
      Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7) % 256),
      ": this is not a line of text; name",
    ],
    ["one endless line", "a".repeat(300_000), ", line 1"],
    ["text in UTF-16", Buffer.from(`\uFEFF${HEADER}\n${ROW}\n`, "utf16le"), ", line 1: this is not a line of text"],
    ["a name that is not UTF-8", Buffer.from(`${HEADER}\n0,m,b\xe4r,1,1\n`, "latin1"), ", line 2, column principal:"],
    [
      "rows followed by something else",
      `${HEADER}\n${ROW}\n${"\u0000".repeat(300_000)}`,
      ", line 3: this is not a line",
    ],
    [
      "damaged gzip",
      Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7, 255, 255]),
      ": the compressed file is damaged here",
    ],
    ["a gzip header alone", Buffer.from([0x1f, 0x8b]), ": the compressed file is cut short here"],
  ];
  it.each(wholeFiles)("%s", async (_, content, sentence) => {
    expect(await problemWith(file(content))).toContain(sentence);
  });

  it("a file that is called .gz and is not gzip, be it a trace or noise", async () => {
    for (const content of [`${HEADER}\n${ROW}`, "not gzip at all", Uint8Array.of(0, 1, 2, 3)]) {
      const sentence = await problemWith(file(content, "trace.csv.gz"));
      expect(sentence).toMatch(/^: this is not gzip, though its name says so; rename it .*\.$/);
    }
  });

  it("a compressed file that is cut short, after the rows that could be read", async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `${i},m,p${(i * 7919) % 1009},1,1`);
    const whole = gzipSync([HEADER, ...rows].join("\n"));
    const path = file(whole.subarray(0, whole.length - 20_000));
    let got = 0;
    await expect(async () => {
      for await (const requests of readTrace(path)) got += requests.length;
    }).rejects.toThrow(/, line \d+: the compressed file is cut short here; copy or download it again\.$/);
    expect(got).toBeGreaterThan(1_000);
  });

  it("one role under two paths, which no account has", async () => {
    const sentence = await problemWith(file(`${HEADER}\n0,m,team-a/bot,1,1\n1,m,team-b/bot,1,1\n`));
    expect(sentence).toBe(
      ', line 3, column principal: "team-b/bot" and "team-a/bot" are one role, as an account has only one of a name; rename one.',
    );
  });

  it("a directory, and a file that is not there", async () => {
    expect(await problemWith(folder)).toBe(": this is a directory; name one file in it.");
    expect(await problemWith(join(folder, "nowhere.csv"))).toBe(": there is no such file; check the path.");
  });

  it("a value of any length is shown in short", async () => {
    const sentence = await problemWith(file(`${HEADER}\n0,m,p,${"9".repeat(5_000)},1\n`));
    expect(sentence.length).toBeLessThan(200);
  });
});
