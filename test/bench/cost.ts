import { type AskedOfAws, costAccount } from "./cost-account.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Late in a month: a month's limit has most to read, and CloudWatch has stopped listing what was used at its start. */
const START = Date.UTC(2026, 10, 20);
const MODELS = 20;
const DAYS = 30;
/** How long a Lambda process lives, which AWS does not say; a new one reads everything anew. */
const PROCESS_MS = 4 * HOUR;

const TOKENS = ["inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens"] as const;
type Called = (typeof TOKENS)[number];

interface Scenario {
  readonly name: string;
  readonly measures: readonly string[];
  /** Named models are also watched on mantle; patterns read there only what CloudWatch lists. */
  readonly named: boolean;
  readonly threshold: number;
  readonly tokens: readonly Called[];
  /** Which series are called in a minute of the day, of the 60. */
  readonly calls: (minute: number, series: number) => boolean;
}

const everyMinute = () => true;
const officeHours = (minute: number, series: number) =>
  series % 20 === 0 && minute > 8 * 60 && minute < 16 * 60 && minute % 4 === 0;
const never = () => false;
const FAR = 1e12;
/** Each series' use of this month before the day is 1e6 of each kind of tokens: with 60 of them, well above half of this. */
const NEAR = 90e6;

const SCENARIOS: readonly Scenario[] = [
  {
    name: "quiet: nobody calls, with mantle",
    measures: ["totalTokens", "invocations", "usd"],
    named: true,
    threshold: FAR,
    tokens: TOKENS,
    calls: never,
  },
  {
    name: "quiet: 3 series called in office hours, with mantle",
    measures: ["totalTokens", "invocations"],
    named: true,
    threshold: FAR,
    tokens: TOKENS,
    calls: officeHours,
  },
  {
    name: "far from limits: 60 series called each minute",
    measures: ["totalTokens", "invocations"],
    named: false,
    threshold: FAR,
    tokens: TOKENS,
    calls: everyMinute,
  },
  {
    name: "near, one metric: 60 series called each minute",
    measures: ["inputTokens"],
    named: false,
    threshold: NEAR,
    tokens: ["inputTokens"],
    calls: everyMinute,
  },
  {
    name: "near, one metric: 60 series called now and then",
    measures: ["inputTokens"],
    named: false,
    threshold: NEAR,
    tokens: ["inputTokens"],
    calls: (minute, series) => (minute + series) % 20 === 0,
  },
  {
    name: "near, all tokens: 60 series called each minute",
    measures: ["totalTokens"],
    named: false,
    threshold: 4 * NEAR,
    tokens: TOKENS,
    calls: everyMinute,
  },
  {
    name: "near, all tokens and calls: 60 series called each minute",
    measures: ["totalTokens", "invocations"],
    named: false,
    threshold: 4 * NEAR,
    tokens: TOKENS,
    calls: everyMinute,
  },
  {
    name: "near, dollars (images too): 60 series called each minute",
    measures: ["usd"],
    named: false,
    threshold: (4 * NEAR) / 1e6,
    tokens: TOKENS,
    calls: everyMinute,
  },
];

const PERIODS = [
  { period: "month", timeZone: "Europe/Berlin" },
  { period: "day", timeZone: "Asia/Kolkata" },
  { period: "rolling PT1H" },
];

/** A simulated day of each scenario, printed as a month. */
export async function cost(): Promise<void> {
  console.log(
    `\nA month of 43,200 runs, one region: ${MODELS} models × 3 spellings, 200 roles, 30 limits; a new process each ${PROCESS_MS / HOUR} hours. List prices`,
  );
  console.log("  metrics a run | GetMetricData      | ListMetrics   | IAM reads | SSM reads | scenario");
  for (const scenario of SCENARIOS) console.log(`  ${row(scenario.name, await day(scenario))}`);
  console.log(
    `  Besides: IAM and SSM's standard parameters cost nothing; DynamoDB on demand, 4 strong reads and 1 write a run: $${dynamodb().toFixed(2)};`,
  );
  console.log(`  Lambda arm64 of 512 MB, assumed to take 1 s a run: $${lambda().toFixed(2)} before its free tier.`);
}

interface DayOfRuns {
  readonly runs: number;
  readonly asked: readonly AskedOfAws[];
}

async function day({ measures, named, threshold, tokens, calls }: Scenario): Promise<DayOfRuns> {
  const limits = Array.from({ length: 30 }, (_, number) => ({
    models: named ? Array.from({ length: MODELS }, (_, model) => `acme.model-${model}-v1:0`) : ["*"],
    principals: ["role/team/*"],
    source: "metrics",
    measure: measures[number % measures.length],
    per: [],
    ...PERIODS[Math.floor(number / measures.length) % PERIODS.length],
    threshold: threshold + number,
  }));
  const account = costAccount({ models: MODELS, roles: 200, limits, start: START });
  const series = account.models.flatMap((model) => [model, `us.${model}`, `global.${model}`]);
  if (!named) for (const id of series) account.use(id, START - 10 * 24 * HOUR, tokens, 1e6);
  const asked: AskedOfAws[] = [];
  let governor = account.begin();
  for (let minute = 0; minute < 24 * 60; minute++) {
    if (minute > 0 && minute % (PROCESS_MS / MINUTE) === 0) governor = account.begin();
    // Published two minutes after the call.
    for (const [place, id] of series.entries()) {
      if (calls(minute, place)) account.use(id, account.now() - 2 * MINUTE, tokens, 10);
    }
    const { unknown, passing, changed, problems } = await governor.reconcile();
    if (unknown.size + passing.length + changed.length + problems.length > 0)
      throw new Error("a run was not as it was meant to be");
    asked.push(account.asked());
    account.pass(MINUTE);
  }
  return { runs: asked.length, asked };
}

function row(name: string, { runs, asked }: DayOfRuns): string {
  const total = (of: (one: AskedOfAws) => number) => asked.reduce((sum, one) => sum + of(one), 0);
  const perRun = (amount: number) => (amount / runs).toFixed(1);
  const dollars = (amount: number) => `$${((amount * DAYS) / 1000 / 100).toFixed(2)}`;
  const metrics = total((one) => one.metrics);
  const lists = total((one) => one.listCalls);
  return [
    perRun(metrics).padStart(13),
    `${dollars(metrics).padStart(7)} ${perRun(total((one) => one.metricCalls)).padStart(4)} a run`,
    `${dollars(lists)} ${perRun(lists)} a run`.padEnd(13),
    perRun(total(({ iam }) => iam.length)).padStart(9),
    perRun(total(({ ssm }) => ssm.length)).padStart(9),
    name,
  ].join(" | ");
}

const RUNS = DAYS * 24 * 60;
const dynamodb = () => (RUNS * (4 * 0.125 + 0.625)) / 1e6;
const lambda = () => RUNS * (0.5 * 0.0000133334 + 0.0000002);
