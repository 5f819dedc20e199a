import { directory } from "@bedrock-governor/core/enforcement/scope";
import type { Limit } from "@bedrock-governor/core/limit/limit";
import type { Settings } from "@bedrock-governor/core/limit/settings";
import { type Catalogue, resolveModel } from "@bedrock-governor/core/model/catalogue";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { createCalendar } from "@bedrock-governor/core/period/span-at";
import { type Account, createAccount } from "../account/account.ts";
import type { Caller } from "../account/callers.ts";
import { type Clock, createClock } from "../clock.ts";
import { createLatency, defaultLatency, type LatencyModel } from "../latency.ts";
import { type Request, TRACE_START } from "../trace/request.ts";
import { measuredKeys } from "./measured-key.ts";
import { createReaction } from "./reaction.ts";
import type { ReplayResult, ReplaySource } from "./result.ts";
import { budgetsOf, type ReplayedLimit, replayedLimits, usagePorts } from "./source-override.ts";
import { keyResult } from "./summary.ts";
import { readRows, type TraceRows } from "./trace-rows.ts";
import { createWatch, type Watch } from "./watch.ts";
import { createWatchers } from "./watchers.ts";

export interface ReplayOptions {
  readonly trace: AsyncIterable<readonly Request[]>;
  readonly limits: readonly Limit[];
  /** In place of the limits' own. */
  readonly source?: ReplaySource;
  /** The same seed, the same result. */
  readonly seed?: number;
  readonly latency?: LatencyModel;
  /** Without it, any number of principals can be denied at once. */
  readonly maxNewDenies?: number;
  /** Called now and then with the share of rows that have arrived. */
  readonly progress?: (share: number) => void;
}

/**
 * Replays a trace against limits on an account in memory: the governor's own loop, in mode enforce,
 * on a virtual clock with the delays of a latency model.
 *
 * The clock runs on after the last row until every crossing has been answered, or until it is
 * certain that none will be.
 *
 * @throws ReplayProblem if a limit cannot be replayed as asked; what reading the trace throws.
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { seed = 1, latency: model = defaultLatency, maxNewDenies = Number.POSITIVE_INFINITY } = options;
  const limits = replayedLimits(options.limits, options.source);
  const rows = await readRows(options.trace);
  const clock = createClock(TRACE_START);
  const watchers = createWatchers();
  const account = createAccount({
    clock,
    seed,
    latency: model,
    catalogue: catalogueOf(rows),
    budgets: budgetsOf(limits),
    observer: watchers.observer,
  });
  const callers = rows.callers.map(({ principal, model }) => account.callers.caller(principal, model));
  for (const watch of await watchesOf(limits, callers, account, clock)) watchers.add(watch);
  account.attachments.onEffect(watchers.effect);

  const { account: id, partition } = account.place;
  const settings = settingsOf(limits, maxNewDenies);
  const reaction = createReaction({
    clock,
    seed,
    latency: createLatency(model),
    deployment: { stage: "replay", account: id, partition, protectedPrincipals: [], enforcement: "on" },
    ports: { ...account.ports, settings: { read: async () => settings }, usage: usagePorts(account, options.source) },
  });
  // Nobody meters a log that no limit reads.
  if (limits.some(({ source }) => source === "logs")) watchers.onMetered(reaction.metered);

  await letArrive(rows, callers, account, clock, options.progress);
  await runOn(watchers.all, account, clock);
  return {
    latencyModel: model,
    seed,
    maxNewDenies: options.maxNewDenies ?? null,
    rows: rows.length,
    refused: watchers.refused,
    runs: reaction.runs,
    limits: watchers.all.map((watch) => keyResult(watch, TRACE_START)),
    notes: notesOn(limits, watchers.all),
  };
}

/** The models that the trace calls, and no aliases of them. */
function catalogueOf({ callers }: TraceRows): Catalogue {
  const models = new Set(callers.map(({ model }) => resolveModel(model) ?? model));
  return { models: [...models].sort(), aliases: new Map(), otherArns: new Map() };
}

function settingsOf(limits: readonly ReplayedLimit[], maxNewDenies: number): Settings {
  return {
    mode: "enforce",
    limits: limits.map(({ limit }) => limit),
    exemptions: [],
    denies: [],
    resets: [],
    prices: [],
    maxNewDenies,
    problems: [],
    authorship: [],
  };
}

async function watchesOf(
  limits: readonly ReplayedLimit[],
  callers: readonly Caller[],
  account: Account,
  clock: Clock,
): Promise<readonly Watch[]> {
  const everyone = directory(await account.directory.port.list(), []);
  const calendar = createCalendar();
  const watched = {
    now: clock.now,
    isDenied: account.isDenied,
    nextPropagation: account.attachments.nextPropagation,
  };
  return limits.flatMap((limit) =>
    measuredKeys(limit, callers, everyone).map((key) => createWatch(key, watched, calendar)),
  );
}

/** How often progress is told. */
const SLICES = 200;

async function letArrive(
  rows: TraceRows,
  callers: readonly Caller[],
  account: Account,
  clock: Clock,
  progress: (share: number) => void = () => {},
): Promise<void> {
  let row = 0;
  const use = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 };
  clock.addStream({
    nextAt: () => (row < rows.length ? TRACE_START + (rows.atMs[row] as number) : Number.POSITIVE_INFINITY),
    handle() {
      use.inputTokens = rows.input[row] as number;
      use.outputTokens = rows.output[row] as number;
      use.cacheWriteTokens = rows.cacheWrite[row] as number;
      use.cacheReadTokens = rows.cacheRead[row] as number;
      account.call(callers[rows.caller[row] as number] as Caller, use);
      row++;
    },
  });
  for (let slice = 1; slice <= SLICES && rows.length > 0; slice++) {
    const upTo = Math.ceil((rows.length * slice) / SLICES) - 1;
    await clock.runUntil(TRACE_START + (rows.atMs[upTo] as number));
    progress(row / rows.length);
  }
}

/** How long the clock runs on at a time after the last row. */
const STEP_MS = 10_000;

async function runOn(watches: readonly Watch[], account: Account, clock: Clock): Promise<void> {
  let allCompleted: EpochMs | undefined;
  for (;;) {
    // A call under way may still cross a line.
    if (account.unseen.calls === 0) allCompleted ??= clock.now();
    for (const watch of watches) watch.tick();
    const waits = watches.some((watch) => watch.awaits(hasShownAll(watch, account, allCompleted)));
    if (!waits && allCompleted !== undefined) break;
    await clock.runUntil(clock.now() + STEP_MS);
  }
  for (const watch of watches) watch.close();
}

/** Says whether a watch's source shows everything that was used. */
function hasShownAll({ key }: Watch, account: Account, allCompleted: EpochMs | undefined): boolean {
  if (allCompleted === undefined) return false;
  if (key.source === "logs") return true;
  return key.source === "metrics" ? account.unseen.points === 0 : account.billedUpTo >= allCompleted;
}

function notesOn(limits: readonly ReplayedLimit[], watches: readonly Watch[]): readonly string[] {
  return limits.flatMap(({ limit }) => {
    const own = watches.filter(({ key }) => key.limit === limit);
    const unpriced = new Set(own.flatMap((watch) => [...watch.unpriced]));
    if (own.length === 0) return [`limit ${limit.name} counts nothing in this trace`];
    if (unpriced.size === 0) return [];
    const models = [...unpriced].sort().join(", ");
    return [`limit ${limit.name} cannot deny where the price is not known, and so what was used: ${models}`];
  });
}
