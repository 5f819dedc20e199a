import { once } from "node:events";
import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { NOT_TEXT, TraceProblem } from "./trace-problem.ts";

/** How much is handed on at once: some thousands of lines. */
const CHUNK_BYTES = 128 * 1024;

/** More than any row needs: a longer line means that the file is something else. */
const LONGEST_LINE = 64 * 1024;

/**
 * The lines of a text file, plain or compressed with gzip, some thousands at a time.
 *
 * @throws TraceProblem
 */
export async function* readLines(file: string): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  let before = 0;
  try {
    for await (const chunk of await openUnpacked(file)) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield lines;
      before += lines.length;
      if (rest.length > LONGEST_LINE) throw new TraceProblem({ file, line: before + 1 }, NOT_TEXT);
    }
  } catch (error) {
    if (error instanceof TraceProblem) throw error;
    throw new TraceProblem({ file, ...(before > 0 && { line: before + 1 }) }, whyUnread(error), { cause: error });
  }
  rest += decoder.decode();
  if (rest !== "") yield [rest];
}

async function openUnpacked(file: string): Promise<Readable> {
  const source = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  await once(source, "readable");
  const start: Buffer | null = source.read(2);
  if (start !== null) source.unshift(start);
  if (start?.[0] !== 0x1f || start[1] !== 0x8b) {
    if (start === null || !file.endsWith(".gz")) return source;
    source.destroy();
    // Browsers unpack a download and keep its name; but it may as well be damaged.
    throw new TraceProblem(
      { file },
      "this is not gzip, though its name says so; rename it if it is plain CSV, or download it again",
    );
  }
  // Whoever reads the unpacked stream is told of errors: pipeline destroys it with them.
  return pipeline(source, createGunzip({ chunkSize: CHUNK_BYTES }), () => {});
}

function whyUnread(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such file; check the path";
    case "EISDIR":
      return "this is a directory; name one file in it";
    case "EACCES":
    case "EPERM":
      return "this file may not be read; give yourself permission to";
    case "Z_BUF_ERROR":
      return "the compressed file is cut short here; copy or download it again";
    case "Z_DATA_ERROR":
      return "the compressed file is damaged here; copy or download it again";
    default:
      return `it could not be read (${error instanceof Error ? error.message : String(error)}); try again or name another file`;
  }
}
