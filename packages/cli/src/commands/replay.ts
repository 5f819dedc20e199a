import type { Limit } from "@bedrock-governor/core/limit/limit";
import type { ReplayResult, ReplaySource } from "@bedrock-governor/simulator/replay/result";
import { type Command, Option } from "commander";
import { Failure } from "../failure.ts";
import { progressLine } from "../progress-line.ts";
import { wholeNumber } from "../whole-number.ts";

interface Options {
  readonly trace: string;
  readonly limits: string;
  readonly source?: ReplaySource;
  readonly seed?: number;
  readonly maxNewDenies?: number;
  readonly json?: true;
}

const LARGEST_SEED = 2 ** 32 - 1;
const MOST_NEW_DENIES = 100_000;

/** `governor replay`: what limits would have done to a trace, and how far behind they would have been. */
export function registerReplay(program: Command): void {
  program
    .command("replay")
    .summary("replay a trace against limits, offline")
    .description(
      "Replays a trace against limits on an account in memory, as fast as possible, and reports delays and overshoot.",
    )
    .requiredOption("--trace <file>", "CSV, plain or gzip: t_ms,model,principal,input_tokens,output_tokens[,…]")
    .requiredOption("--limits <dir>", "a directory that holds one <name>.json per limit, or one such file")
    .addOption(
      new Option("--source <source>", "where usage is read, in place of the limits' own").choices([
        "logs",
        "metrics",
        "budget",
      ] satisfies ReplaySource[]),
    )
    .option("--seed <n>", "decides every delay that is random (default: 1)", wholeNumber(LARGEST_SEED))
    .option(
      "--max-new-denies <n>",
      "switches the mass-deny guard on: how many principals are newly denied within 10 minutes",
      wholeNumber(MOST_NEW_DENIES),
    )
    .option("--json", "print the result as JSON")
    .action(replayTrace);
}

async function replayTrace(options: Options): Promise<void> {
  const { validLimitFiles } = await import("../valid-limit-files.ts");
  const { limits } = validLimitFiles(options.limits);
  const result = await run(options, limits);
  for (const note of result.notes) process.stderr.write(`Note: ${note}.\n`);
  if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else {
    const { describeReplay } = await import("@bedrock-governor/simulator/replay/describe-replay");
    process.stdout.write(describeReplay(result));
  }
}

async function run({ trace, source, seed, maxNewDenies }: Options, limits: readonly Limit[]): Promise<ReplayResult> {
  const { replay } = await import("@bedrock-governor/simulator/replay/replay");
  const { ReplayProblem } = await import("@bedrock-governor/simulator/replay/replay-problem");
  const { readTrace } = await import("@bedrock-governor/simulator/trace/read-trace");
  const { TraceProblem } = await import("@bedrock-governor/simulator/trace/trace-problem");
  const progress = progressLine("replaying");
  try {
    return await replay({
      trace: readTrace(trace),
      limits,
      progress: progress.show,
      ...(source !== undefined && { source }),
      ...(seed !== undefined && { seed }),
      ...(maxNewDenies !== undefined && { maxNewDenies }),
    });
  } catch (error) {
    if (error instanceof TraceProblem)
      throw new Failure(error.message, error.place.line === undefined ? 2 : 1, { cause: error });
    if (error instanceof ReplayProblem) throw new Failure(error.message, 2, { cause: error });
    throw error;
  } finally {
    progress.clear();
  }
}
