import type { Columns } from "./columns.ts";
import { splitFields } from "./fields.ts";
import type { Request } from "./request.ts";
import { isReadable, shown, TraceProblem } from "./trace-problem.ts";

/** No model takes or gives more at once; sums of such counts stay exact. */
const MOST_TOKENS = 1_000_000_000;

/** A year: beyond it, `t_ms` is not counted from the start, or not in milliseconds. */
const LATEST_MS = 366 * 86_400_000;

/** Reads rows one after the other, and refuses one that arrives before its predecessor. */
export function createRowReader(file: string, columns: Columns): (text: string, line: number) => Request {
  const models = new Map<string, string>();
  const principals = new Map<string, string>();
  /** Role names, which are unique in an account whatever the path, and how each was written. */
  const roles = new Map<string, string>();
  let latest = 0;

  const problem = (line: number, column: string, what: string) => new TraceProblem({ file, line, column }, what);

  /** All rows share one copy of a name. */
  function name(known: Map<string, string>, text: string, column: string, line: number): string {
    const seen = known.get(text);
    if (seen !== undefined) return seen;
    const trimmed = text.trim();
    if (trimmed === "") throw problem(line, column, "the value is empty; write a name");
    if (!isReadable(trimmed))
      throw problem(line, column, `${shown(trimmed)} is not text in UTF-8; save the file as such`);
    if (column === "principal" && trimmed.endsWith("/")) {
      throw problem(line, column, `${shown(trimmed)} is a path without a role's name; write the name after it`);
    }
    if (column === "principal") {
      const role = trimmed.slice(trimmed.lastIndexOf("/") + 1);
      const other = roles.get(role);
      if (other !== undefined && other !== trimmed) {
        throw problem(
          line,
          column,
          `${shown(trimmed)} and ${shown(other)} are one role, as an account has only one of a name; rename one`,
        );
      }
      roles.set(role, trimmed);
    }
    // A piece of a string keeps all of the text it was cut from in memory; a clone does not.
    const kept = structuredClone(column === "principal" ? `role/${trimmed}` : trimmed);
    known.set(structuredClone(text), kept);
    return kept;
  }

  function time(text: string, line: number): number {
    const ms = wholeNumber(text) ?? decimalNumber(text);
    if (ms === undefined || ms > LATEST_MS) {
      const allowed = `a number from 0 to ${LATEST_MS}`;
      throw problem(line, "t_ms", `${shown(text)} is not ${allowed}; give milliseconds from the start of the trace`);
    }
    if (ms < latest) {
      throw problem(line, "t_ms", `${shown(text)} is earlier than ${latest} on the row before; sort the rows by t_ms`);
    }
    latest = ms;
    return ms;
  }

  function tokens(text: string, column: string, line: number): number {
    const count = wholeNumber(text) ?? wholeNumber(text.trim());
    if (count !== undefined && count <= MOST_TOKENS) return count;
    const allowed = `a whole number from 0 to ${MOST_TOKENS}`;
    throw problem(line, column, `${shown(text)} is not ${allowed}; correct it or remove the row`);
  }

  function split(text: string, line: number): readonly string[] {
    const fields = splitFields(text);
    if (fields === undefined) {
      const remedy = "close each on its line, and double one that belongs to a value";
      throw new TraceProblem({ file, line }, `the quotes in ${shown(text)} are broken; ${remedy}`);
    }
    if (fields.length !== columns.count) {
      const counts = `${fields.length} ${fields.length === 1 ? "field" : "fields"} and the header ${columns.count}`;
      throw new TraceProblem({ file, line }, `${shown(text)} has ${counts}; give one for each column`);
    }
    return fields;
  }

  return (text, line) => {
    const fields = split(text, line);
    const at = (index: number) => fields[index] ?? "";
    return {
      atMs: time(at(columns.time), line),
      model: name(models, at(columns.model), "model", line),
      principal: name(principals, at(columns.principal), "principal", line),
      inputTokens: tokens(at(columns.input), "input_tokens", line),
      outputTokens: tokens(at(columns.output), "output_tokens", line),
      cacheWriteTokens: columns.cacheWrite === undefined ? 0 : tokens(at(columns.cacheWrite), "cache_write", line),
      cacheReadTokens: columns.cacheRead === undefined ? 0 : tokens(at(columns.cacheRead), "cache_read", line),
    };
  };
}

/** Written out because most of the time of reading a trace is spent here. */
function wholeNumber(text: string): number | undefined {
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return text === "" ? undefined : value;
}

function decimalNumber(text: string): number | undefined {
  return /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}
