import type { Limit } from "@bedrock-governor/core/limit/limit";
import type { Command } from "commander";
import { commandGroup } from "../command-group.ts";
import type { FileProblem, LimitFiles } from "../limit-files.ts";

interface Options {
  readonly json?: true;
}

/** `governor limits check FILE|DIR…`: validates limits without an account. */
export function registerLimitsCheck(program: Command): void {
  commandGroup(program, "limits", "check the limits that the governor keeps")
    .command("check")
    .summary("validate limits, offline")
    .description("Validates limits, offline. Each problem is one line on stderr.")
    .argument("<paths...>", "files, or directories that hold one <name>.json per limit")
    .option("--json", "print the result as JSON")
    .action(checkLimits);
}

async function checkLimits(paths: readonly string[], options: Options): Promise<void> {
  const { readLimitFiles } = await import("../limit-files.ts");
  const found = readLimitFiles(paths);
  if (options.json) process.stdout.write(`${JSON.stringify(asJson(found.problems), null, 2)}\n`);
  else await printInWords(found);
  if (found.problems.length > 0) process.exitCode = 1;
}

function asJson(problems: readonly FileProblem[]) {
  return {
    ok: problems.length === 0,
    problems: problems.map(({ file, path, value, problem, remedy }) => ({
      file,
      path,
      value: value ?? null,
      problem,
      remedy,
    })),
  };
}

async function printInWords({ files, problems, ignored }: LimitFiles): Promise<void> {
  const { describeProblem } = await import("@bedrock-governor/core/limit/describe-problem");
  const { unlikelyPattern } = await import("@bedrock-governor/core/limit/pattern-rule");
  const { DEFAULT_MAX_NEW_DENIES } = await import("@bedrock-governor/core/limit/settings");
  for (const problem of problems) process.stderr.write(`${describeProblem(problem, problem.file)}\n`);
  const notes = ignored.map((path) => `${path} is ignored: it is no .json file`);
  for (const { file, checked } of files) {
    if (!checked.ok) continue;
    for (const model of new Set(checked.value.models)) {
      const doubt = unlikelyPattern(model);
      if (doubt !== undefined)
        notes.push(`${file}: models: ${JSON.stringify(model)} ${doubt.problem}; ${doubt.remedy}`);
    }
    if (!mayDenyMany(checked.value, DEFAULT_MAX_NEW_DENIES)) continue;
    notes.push(
      `${file} is one threshold for everyone it selects; to deny more than ${DEFAULT_MAX_NEW_DENIES} of them at once needs an approval (/max-new-denies)`,
    );
  }
  for (const note of notes) process.stdout.write(`Note: ${note}.\n`);
  process.stdout.write(`${counted(files.length, "limit")}, ${counted(problems.length, "problem")}\n`);
}

/** Whether reaching the threshold may deny more principals than the mass-deny guard lets through. */
function mayDenyMany({ per, principals, steps }: Limit, maxNewDenies: number): boolean {
  const denies = steps.some((step) => step.deny !== undefined);
  const many = principals.length > maxNewDenies || principals.some((selector) => selector.includes("*"));
  return denies && !per.principal && many;
}

const counted = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? "" : "s"}`;
