import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import type { Limit } from "@bedrock-governor/core/limit/limit";
import type { Checked, Problem } from "@bedrock-governor/core/limit/problem";
import { readLimit } from "@bedrock-governor/core/limit/read-limit";
import { attempt } from "./attempt.ts";
import { Failure } from "./failure.ts";

export interface FileProblem extends Problem {
  readonly file: string;
}

/** One `<name>.json` and the limit in it, or what is wrong with it. */
export interface LimitFile {
  readonly file: string;
  /** Empty if it is no text. */
  readonly text: string;
  readonly checked: Checked<Limit>;
}

export interface LimitFiles {
  readonly files: readonly LimitFile[];
  /** The valid ones. */
  readonly limits: readonly Limit[];
  /** File by file, in the order of `files`. */
  readonly problems: readonly FileProblem[];
  /** What was found in a directory and is no limit's file; hidden files are not named. */
  readonly ignored: readonly string[];
}

/**
 * Reads limits from files and directories, which hold one `<name>.json` each. A file that several
 * paths lead to is read once.
 *
 * @throws Failure 2 if a path is not there, is no .json file, cannot be read, or is a directory without any.
 */
export function readLimitFiles(paths: readonly string[]): LimitFiles {
  const found = paths.map(limitsAt);
  const distinct = new Map(found.flatMap((at) => at.files.map((file) => [realPath(file), file])));
  const files = [...distinct.values()].map((file) => ({ file, ...readFile(file) }));
  return {
    files,
    limits: files.flatMap(({ checked }) => (checked.ok ? [checked.value] : [])),
    problems: files.flatMap(({ file, checked }) =>
      checked.ok ? [] : checked.problems.map((problem) => ({ file, ...problem })),
    ),
    ignored: found.flatMap((at) => at.ignored),
  };
}

interface Found {
  readonly files: readonly string[];
  readonly ignored: readonly string[];
}

function limitsAt(path: string): Found {
  if (isDirectory(path)) return limitsIn(path);
  if (path.endsWith(".json")) return { files: [path], ignored: [] };
  throw new Failure(`${path} is no <name>.json file, whose name the limit would take; rename it.`, 2);
}

function limitsIn(directory: string): Found {
  const names = attempt(directory, () => readdirSync(directory)).sort();
  const isLimit = (path: string) => path.endsWith(".json") && !isDirectory(path);
  const paths = names.filter((name) => !name.startsWith(".")).map((name) => join(directory, name));
  const files = paths.filter(isLimit);
  if (files.length > 0) return { files, ignored: paths.filter((path) => !files.includes(path)) };
  throw new Failure(`${directory} holds no .json file; name a directory with one <name>.json per limit.`, 2);
}

const isDirectory = (path: string): boolean => attempt(path, () => statSync(path)).isDirectory();
const realPath = (path: string): string => attempt(path, () => realpathSync(path));

function readFile(file: string): Omit<LimitFile, "file"> {
  const bytes = attempt(file, () => readFileSync(file));
  const text = utf8(bytes);
  if (text !== undefined) return { text, checked: readLimit(basename(file, ".json"), text) };
  const problem = { path: "", problem: "is not UTF-8 text", remedy: "save it as UTF-8" };
  return { text: "", checked: { ok: false, problems: [problem] } };
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}
