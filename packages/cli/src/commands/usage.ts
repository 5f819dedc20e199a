import type { Command } from "commander";
import { progressLine } from "../progress-line.ts";
import type { LogSums } from "../usage/sum-log-files.ts";

interface Options {
  readonly json?: true;
}

/** More would hide the first on a terminal. */
const MOST_SENTENCES = 20;

/** `governor usage FILE…`: who used which model, by invocation logs on disk. */
export function registerUsage(program: Command): void {
  program
    .command("usage")
    .summary("add up invocation logs on disk, offline")
    .description(
      "Adds up records of the Bedrock invocation log per principal and model, at list prices; a request counts once. What is not counted is said on stderr by file and line, and the exit code is then 1.",
    )
    .argument(
      "<files...>",
      "logs, plain or gzip: as Bedrock delivers them to S3, as CloudWatch Logs exports them, or as the AWS CLI prints them",
    )
    .option("--json", "print the result as JSON")
    .action(sumUsage);
}

async function sumUsage(files: readonly string[], options: Options): Promise<void> {
  const { sumLogFiles } = await import("../usage/sum-log-files.ts");
  const progress = progressLine("reading");
  const sums = await sumLogFiles(files, progress.show).finally(progress.clear);
  if (options.json) await printJson(sums);
  else {
    const { describeUsage } = await import("../usage/describe-usage.ts");
    process.stderr.write(sentences(sums).join(""));
    process.stdout.write(describeUsage(sums));
  }
  if (sums.rejectedCount > 0) process.exitCode = 1;
}

function sentences({ rejected, rejectedCount }: LogSums): readonly string[] {
  const more = rejectedCount - MOST_SENTENCES;
  const listed = rejected.length === rejectedCount ? "them all" : `the first ${grouped(rejected.length)}`;
  return [
    ...rejected.slice(0, MOST_SENTENCES).map(({ file, line, reason }) => `${file}, line ${line}: ${reason}.\n`),
    ...(more > 0 ? [`${grouped(more)} more are not counted; --json lists ${listed}.\n`] : []),
  ];
}

const grouped = (count: number): string => count.toLocaleString("en-US");

async function printJson({ totals, rejected, rejectedCount, failed }: LogSums): Promise<void> {
  const { amountOf } = await import("@bedrock-governor/core/metering/sums");
  const { MEASURES } = await import("@bedrock-governor/core/limit/limit");
  const result = {
    totals: totals.map(({ principal, model, sums }) => ({
      principal,
      model,
      ...Object.fromEntries(MEASURES.map((measure) => [measure, amountOf(sums, measure) ?? null])),
    })),
    rejected,
    rejectedCount,
    failed,
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
}
