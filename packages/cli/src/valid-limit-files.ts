import { describeProblem } from "@bedrock-governor/core/limit/describe-problem";
import { Failure } from "./failure.ts";
import { type LimitFiles, readLimitFiles } from "./limit-files.ts";

/**
 * Reads limits that all have to be valid.
 *
 * @throws Failure 1 with the first problem, 2 if the path is not one to read.
 */
export function validLimitFiles(path: string): LimitFiles {
  const found = readLimitFiles([path]);
  const [first, ...others] = found.problems;
  if (first === undefined) return found;
  const sentence = describeProblem(first, first.file);
  if (others.length === 0) throw new Failure(sentence, 1);
  const more = others.length === 1 ? "another problem" : `${others.length} other problems`;
  throw new Failure(`${sentence.slice(0, -1)}, and ${more} that governor limits check ${path} lists.`, 1);
}
