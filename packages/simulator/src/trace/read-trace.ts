import { HEADER, readHeader } from "./columns.ts";
import { readLines } from "./read-lines.ts";
import { createRowReader } from "./read-row.ts";
import type { Request } from "./request.ts";
import { TraceProblem } from "./trace-problem.ts";

/**
 * Reads a trace row by row, some thousands of requests at a time, in the order in which they
 * arrive. Memory does not grow with the file.
 *
 * @param file CSV, plain or compressed with gzip, with the header
 * `t_ms,model,principal,input_tokens,output_tokens[,cache_write,cache_read]` in any order. The
 * principal `x` is the role `role/x`; the model is taken as a canonical id.
 * @throws TraceProblem at the first thing that is wrong; requests before it have then been given out.
 */
export async function* readTrace(file: string): AsyncGenerator<readonly Request[]> {
  let readRow: ReturnType<typeof createRowReader> | undefined;
  let line = 0;
  let rows = 0;
  for await (const lines of readLines(file)) {
    const requests: Request[] = [];
    for (const ended of lines) {
      line++;
      const text = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
      if (readRow === undefined) readRow = createRowReader(file, readHeader(file, text));
      else if (text.trim() !== "") requests.push(readRow(text, line));
    }
    rows += requests.length;
    if (requests.length > 0) yield requests;
  }
  if (rows === 0) {
    const found = readRow === undefined ? "the file is empty" : "there is a header and no row after it";
    throw new TraceProblem({ file }, `${found}; a trace is the line ${HEADER} and one line for each request`);
  }
}
