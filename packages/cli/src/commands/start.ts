import { isBudget, type Limit } from "@bedrock-governor/core/limit/limit";
import type { Budget } from "@bedrock-governor/simulator/account/usage";
import type { Traffic } from "@bedrock-governor/simulator/live/live-traffic";
import type { Command } from "commander";
import { Failure } from "../failure.ts";
import { wholeNumber } from "../whole-number.ts";

interface Options {
  readonly trace?: string;
  readonly limits?: string;
  readonly speed: number;
  readonly seed?: number;
  readonly port?: number;
}

/** A working day passes in two and a half minutes. */
const DEFAULT_SPEED = 600;
const FASTEST = 100_000;
const LARGEST_SEED = 2 ** 32 - 1;
const DEFAULT_PORT = 4680;
const TIME_ZONE = "Europe/Berlin";

/** `governor start`: the whole loop on an account in memory, to watch on a page. */
export function registerStart(program: Command): void {
  program
    .command("start")
    .summary("watch the whole loop on an account in memory, offline")
    .description(
      "Runs the whole loop on an account in memory and shows it on a page that only this machine can open: a company's working days, in which an agent starts to loop, or a trace. Stop it with Ctrl-C.",
    )
    .option("--trace <file>", "requests of a trace in place of the company's, CSV, plain or gzip")
    .option("--limits <dir>", "a directory that holds one <name>.json per limit (default: examples/limits)")
    .option(
      "--speed <n>",
      "seconds of the account's time that pass in one second",
      wholeNumber(FASTEST, 1),
      DEFAULT_SPEED,
    )
    .option("--port <n>", `where the page is, 0 for any that is free (default: ${DEFAULT_PORT})`, wholeNumber(65_535))
    .option("--seed <n>", "decides everything that is random (default: 1)", wholeNumber(LARGEST_SEED))
    .action(start);
}

async function start({ trace, limits, speed, seed, port }: Options): Promise<void> {
  const { keepMemorySmall } = await import("../live/memory.ts");
  keepMemorySmall();
  const { limitsFolder } = await import("../limits-folder.ts");
  const { validLimitFiles } = await import("../valid-limit-files.ts");
  const { createLive } = await import("@bedrock-governor/simulator/live/live");
  const { describeNews } = await import("@bedrock-governor/simulator/live/describe-news");
  const { tellStory } = await import("@bedrock-governor/simulator/live/story");
  const { createPlayer } = await import("../live/player.ts");
  const { createHistory } = await import("../live/history.ts");
  const { createLiveHost } = await import("../live/host.ts");

  const folder = limits ?? limitsFolder;
  const files = validLimitFiles(folder);
  const traffic = await (trace === undefined ? company(seed) : requestsOf(trace));
  const print = (text: string) => process.stdout.write(`${text}\n`);
  const history = createHistory({ measure: traffic.measure, spanAt: traffic.spanAt, now: () => live.clock.now() });
  const live = createLive({
    traffic,
    parameters: new Map(files.files.map(({ file, text }) => [`limits/${nameOf(file)}`, text])),
    budgets: files.limits.flatMap(budgetOf),
    ...(seed !== undefined && { seed }),
    observer: history.observer,
    reported(report) {
      history.reported(report);
      for (const event of report.events) print(describeNews(event, traffic.timeZone));
    },
  });
  if (limits === undefined && trace === undefined) tellStory(live);
  const player = createPlayer(live, speed);
  const server = await serve(createLiveHost({ live, player, history, timeZone: traffic.timeZone }), port);
  print(`See it work: ${server.url}`);
  print(
    `An account in memory, ${speed} times as fast as time; mode enforce, ${files.limits.length} limits of ${folder}. Times are in ${traffic.timeZone}. Ctrl-C stops it.`,
  );
  const stopped = new AbortController();
  process.once("SIGINT", () => stopped.abort());
  process.once("SIGTERM", () => stopped.abort());
  if (traffic.playFrom !== undefined) await live.runUntil(traffic.playFrom);
  await player.play(traffic.endsAt ?? Number.POSITIVE_INFINITY, stopped.signal);
  if (!stopped.signal.aborted) print("The trace is over; the page stays until Ctrl-C.");
  await untilAborted(stopped.signal);
  await server.close();
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

type Host = import("@bedrock-governor/console/host").ConsoleHost;

/** On the port that was asked for; without one on the usual, or if that is taken on any. */
async function serve(host: Host, asked: number | undefined) {
  const { serveConsole } = await import("@bedrock-governor/console/server");
  try {
    return await serveConsole(host, { port: asked ?? DEFAULT_PORT });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE" && asked === undefined) return serveConsole(host, { port: 0 });
    if (code !== "EADDRINUSE" && code !== "EACCES") throw error;
    const why = code === "EACCES" ? "may not be used by you" : "is in use";
    throw new Failure(
      `Port ${asked ?? DEFAULT_PORT} ${why}; choose another with --port, 0 takes any that is free.`,
      2,
      { cause: error },
    );
  }
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
  return workloadTraffic(createWorkload(seed), TIME_ZONE);
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
