import { showValue } from "./describe-problem.ts";
import type { Fault, Problem } from "./problem.ts";
import { pathText } from "./problem-path.ts";

const MAX_DEPTH = 20;
const SPACE = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\]|\\[\s\S])*"/y;
const LITERAL = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Ends the reading where the text stops being JSON. */
export class NotJson extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.problem);
    this.fault = fault;
  }
}

/** Reads one JSON text, once. Keys that stand twice go to `problems`; anything else throws `NotJson`. */
export class JsonReader {
  readonly #text: string;
  readonly #problems: Problem[];
  #at = 0;

  constructor(text: string, problems: Problem[]) {
    this.#text = text;
    this.#problems = problems;
  }

  readAll(): unknown {
    const value = this.#value([]);
    if (this.#next() !== "") this.#expected("the end");
    return value;
  }

  #value(path: readonly PropertyKey[]): unknown {
    const next = this.#next();
    if (path.length > MAX_DEPTH) this.#stop("lists and objects are nested too deeply", "remove some of the brackets");
    if (next === "{") return this.#object(path);
    if (next === "[") return this.#list(path);
    if (next === '"') return this.#string();
    const literal = this.#take(LITERAL);
    return literal === undefined ? this.#expected("a value") : JSON.parse(literal);
  }

  #object(path: readonly PropertyKey[]): unknown {
    const entries = new Map<string, unknown>();
    this.#at++;
    if (this.#skip("}")) return {};
    do {
      if (this.#next() !== '"') this.#expected("a key in double quotes");
      const key = this.#string();
      if (!this.#skip(":")) this.#expected('":"');
      const value = this.#value([...path, key]);
      if (entries.has(key)) this.#twice([...path, key], value);
      entries.set(key, value);
    } while (this.#skip(","));
    if (!this.#skip("}")) this.#expected('"," or "}"');
    return Object.fromEntries(entries);
  }

  #list(path: readonly PropertyKey[]): unknown {
    const list: unknown[] = [];
    this.#at++;
    if (this.#skip("]")) return list;
    do list.push(this.#value([...path, list.length]));
    while (this.#skip(","));
    if (!this.#skip("]")) this.#expected('"," or "]"');
    return list;
  }

  #string(): string {
    const start = this.#at;
    const token = this.#take(STRING);
    try {
      if (token !== undefined) return JSON.parse(token);
    } catch {
      // It holds a line break or an escape that JSON does not know: said below, like a missing quote.
    }
    this.#at = start;
    return this.#stop(
      "a text begins that is not ended on its line or holds a single \\",
      'end it with ", and write \\ as \\\\',
    );
  }

  #twice(path: readonly PropertyKey[], value: unknown): void {
    const problem = "stands twice in one object, of which only the last would count";
    this.#problems.push({ path: pathText(path), value, problem, remedy: "remove one of the two" });
  }

  #take(token: RegExp): string | undefined {
    token.lastIndex = this.#at;
    const [found] = token.exec(this.#text) ?? [];
    this.#at += found?.length ?? 0;
    return found;
  }

  #next(): string {
    this.#take(SPACE);
    return this.#text.charAt(this.#at);
  }

  #skip(sign: string): boolean {
    if (this.#next() !== sign) return false;
    this.#at++;
    return true;
  }

  #expected(what: string): never {
    const rest = this.#text.slice(this.#at);
    const word = /^[\p{L}\p{N}_.+-]+|^[\s\S]/u.exec(rest)?.[0];
    const found = word === undefined ? "the text ends" : `there is ${showValue(word)}`;
    this.#stop(`${found} instead of ${what}`, remedyFor(rest, this.#text.slice(0, this.#at), what));
  }

  #stop(clause: string, remedy: string): never {
    const before = this.#text.slice(0, this.#at);
    const line = before.split("\n").length;
    const column = this.#at - before.lastIndexOf("\n");
    throw new NotJson({ problem: `is not JSON: at line ${line}, column ${column} ${clause}`, remedy });
  }
}

function remedyFor(rest: string, before: string, expected: string): string {
  if (rest === "") return "finish it, or look whether its end was cut off";
  if (/^[/#]/.test(rest)) return "remove the comment: JSON has none";
  if (/^['‘’“”]/.test(rest)) return 'use plain double quotes (")';
  if (/^[}\]]/.test(rest) && /,\s*$/.test(before)) return "remove the comma before it";
  if (/^["{[]/.test(rest) && expected.startsWith('","')) return "put a comma before it";
  if (/^[\p{L}_$]/u.test(rest)) return "put text in double quotes: only numbers, true, false and null have none";
  return "correct it there";
}
