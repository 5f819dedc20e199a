import { isBudget, type Limit } from "@bedrock-governor/core/limit/limit";
import type { Budget } from "@bedrock-governor/simulator/account/usage";
import type { Live } from "@bedrock-governor/simulator/live/live";
import type { Traffic } from "@bedrock-governor/simulator/live/live-traffic";
import type { Command } from "commander";
import { Failure } from "../failure.ts";
import { wholeNumber } from "../whole-number.ts";

interface Options {
  readonly trace?: string;
  readonly limits?: string;
  readonly speed: number;
  readonly seed?: number;
}

/** A working day passes in two and a half minutes. */
const DEFAULT_SPEED = 600;
const FASTEST = 100_000;
const LARGEST_SEED = 2 ** 32 - 1;

/** `governor start`: the whole loop on an account in memory, to watch. */
export function registerStart(program: Command): void {
  program
    .command("start")
    .summary("watch the whole loop on an account in memory, offline")
    .description(
      "Runs the whole loop on an account in memory: a company's working days, in which an agent starts to loop, or a trace. Stop it with Ctrl-C.",
    )
    .option("--trace <file>", "requests of a trace in place of the company's, CSV, plain or gzip")
    .option("--limits <dir>", "a directory that holds one <name>.json per limit (default: examples/limits)")
    .option(
      "--speed <n>",
      "seconds of the account's time that pass in one second",
      wholeNumber(FASTEST, 1),
      DEFAULT_SPEED,
    )
    .option("--seed <n>", "decides everything that is random (default: 1)", wholeNumber(LARGEST_SEED))
    .action(start);
}

async function start({ trace, limits, speed, seed }: Options): Promise<void> {
  const { limitsFolder } = await import("../limits-folder.ts");
  const { validLimitFiles } = await import("../valid-limit-files.ts");
  const { createLive } = await import("@bedrock-governor/simulator/live/live");
  const { describeLimits, describeNews } = await import("@bedrock-governor/simulator/live/describe-live");
  const folder = limits ?? limitsFolder;
  const files = validLimitFiles(folder);
  const traffic = await (trace === undefined ? company(seed) : requestsOf(trace));
  const print = (text: string) => process.stdout.write(`${text}\n`);
  const live = createLive({
    traffic,
    parameters: new Map(files.files.map(({ file, text }) => [`limits/${nameOf(file)}`, text])),
    budgets: files.limits.flatMap(budgetOf),
    ...(seed !== undefined && { seed }),
    reported(report) {
      for (const event of report.events) print(describeNews(event));
    },
  });
  print(
    `An account in memory, ${speed} times as fast as time; mode enforce, ${files.limits.length} limits of ${folder}. Ctrl-C stops it.`,
  );
  if (traffic.playFrom !== undefined) await live.runUntil(traffic.playFrom);
  await play(live, traffic, speed, () => print(describeLimits(live)));
  print(describeLimits(live));
}

/** What a month of the company costs, and something to spare. */
const BUDGET_USD = 8_000;

/** The budget that a limit reads, as large as the limit says. */
function budgetOf({ source, threshold, models }: Limit): readonly Budget[] {
  if (!isBudget(source)) return [];
  return [{ name: source.slice("budget:".length), amount: threshold ?? BUDGET_USD, models }];
}

const nameOf = (file: string): string => file.replace(/^.*[/\\]/, "").replace(/\.json$/, "");

async function company(seed: number | undefined): Promise<Traffic> {
  const { createWorkload } = await import("@bedrock-governor/simulator/workload/workload");
  const { workloadTraffic } = await import("@bedrock-governor/simulator/live/live-traffic");
  return workloadTraffic(createWorkload(seed));
}

async function requestsOf(trace: string): Promise<Traffic> {
  const { readTrace } = await import("@bedrock-governor/simulator/trace/read-trace");
  const { TraceProblem } = await import("@bedrock-governor/simulator/trace/trace-problem");
  const { traceTraffic } = await import("@bedrock-governor/simulator/live/live-traffic");
  try {
    return await traceTraffic(readTrace(trace));
  } catch (error) {
    if (!(error instanceof TraceProblem)) throw error;
    throw new Failure(error.message, error.place.line === undefined ? 2 : 1, { cause: error });
  }
}

const FRAME_MS = 50;
/** Every so often the limits are shown, in the account's time. */
const SHOW_EVERY_MS = 2 * 3_600_000;

/** Lets the account's time pass until it is stopped, or until nothing is left to happen. */
async function play(live: Live, traffic: Traffic, speed: number, show: () => void): Promise<void> {
  const stopped = new AbortController();
  process.once("SIGINT", () => stopped.abort());
  process.once("SIGTERM", () => stopped.abort());
  let shownAt = live.clock.now();
  let last = performance.now();
  while (!stopped.signal.aborted && live.clock.now() < (traffic.endsAt ?? Number.POSITIVE_INFINITY)) {
    await new Promise((resolve) => setTimeout(resolve, FRAME_MS));
    const now = performance.now();
    // A machine that cannot keep up falls behind instead of freezing: no frame is longer than a second.
    const passed = Math.min(now - last, 1_000) * speed;
    last = now;
    await live.runUntil(live.clock.now() + passed);
    if (live.clock.now() - shownAt < SHOW_EVERY_MS) continue;
    shownAt = live.clock.now();
    show();
  }
}
