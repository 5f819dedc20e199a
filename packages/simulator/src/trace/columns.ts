import { nearest } from "@bedrock-governor/core/limit/nearest";
import { splitFields } from "./fields.ts";
import { isReadable, NOT_TEXT, shown, TraceProblem } from "./trace-problem.ts";

const REQUIRED = ["t_ms", "model", "principal", "input_tokens", "output_tokens"] as const;
const OPTIONAL = ["cache_write", "cache_read"] as const;

export const HEADER = REQUIRED.join(",");

/** At which place of a row each column stands; a cache column that is not there is undefined. */
export interface Columns {
  readonly count: number;
  readonly time: number;
  readonly model: number;
  readonly principal: number;
  readonly input: number;
  readonly output: number;
  readonly cacheWrite: number | undefined;
  readonly cacheRead: number | undefined;
}

/**
 * Reads the header, whose columns may stand in any order.
 *
 * A column that is not known is refused: it may be `cache_read` with a typing error, and a replay
 * that leaves out most of an agent's tokens looks as good as any other.
 */
export function readHeader(file: string, text: string): Columns {
  if (!isReadable(text)) throw new TraceProblem({ file, line: 1 }, NOT_TEXT);
  const names = (splitFields(text) ?? []).map((name) => name.trim());
  const place = { file, line: 1 };
  const at = (name: string) => {
    const index = names.indexOf(name);
    return index < 0 ? undefined : index;
  };
  const required = (name: (typeof REQUIRED)[number]) => {
    const index = at(name);
    if (index === undefined) {
      throw new TraceProblem(
        { ...place, column: name },
        `this column is missing from ${shown(text)}; the first line must be ${HEADER}, to which ${OPTIONAL.join(" and ")} may be added`,
      );
    }
    return index;
  };
  const columns = {
    count: names.length,
    time: required("t_ms"),
    model: required("model"),
    principal: required("principal"),
    input: required("input_tokens"),
    output: required("output_tokens"),
    cacheWrite: at("cache_write"),
    cacheRead: at("cache_read"),
  };
  const known: readonly string[] = [...REQUIRED, ...OPTIONAL];
  for (const [index, name] of names.entries()) {
    if (!known.includes(name)) {
      const meant = nearest(name, known);
      throw new TraceProblem(
        place,
        `column ${shown(name)} is not one of ${known.join(", ")}; ${meant ? `write ${meant} or remove it` : "remove it"}`,
      );
    }
    if (names.indexOf(name) !== index) {
      throw new TraceProblem({ ...place, column: name }, "this column stands there twice; remove one of the two");
    }
  }
  return columns;
}
