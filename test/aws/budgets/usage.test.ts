import { BudgetsClient } from "@aws-sdk/client-budgets";
import { createBudgetsUsage, permissions } from "@bedrock-governor/aws/budgets/usage";
import { createRegionReads } from "@bedrock-governor/aws/region-reads";
import type { UsageQuery } from "@bedrock-governor/core/reconcile/ports";
import { EVERYONE } from "@bedrock-governor/core/usage/usage-table";
import { describe, expect, it } from "vitest";
import { type Answer, type JsonRequest, scriptedJson } from "../scripted-json.ts";
import { aBudget, seconds } from "./a-budget.ts";

const MINUTE = 60_000;
const NOW = Date.parse("2026-11-22T19:00:00Z");

const ask = (name: string, models: readonly string[] = ["*"]): UsageQuery => ({
  source: `budget:${name}`,
  measure: "usd",
  models,
  span: undefined,
});

/** An account with these budgets, as AWS answers for it; the clock stands until a test moves it. */
function setUp(answer: object[] | ((request: JsonRequest, count: number) => Answer), at = NOW) {
  const script = scriptedJson(typeof answer === "function" ? answer : () => ({ output: { Budgets: answer } }));
  const clock = { at };
  const budgets = new BudgetsClient(script.config);
  const port = createBudgetsUsage({ budgets, account: "111122223333", now: () => clock.at });
  const read = async (...names: string[]) => port.read(names.map((name) => ask(name)));
  const why = async (name = "bedrock") => {
    const [reading] = await read(name);
    return reading?.status === "unknown" ? reading.why : "known";
  };
  return { ...script, clock, port, read, why };
}

describe("what a budget tells", () => {
  it("is its actual spend in its own period, its amount, and as of when", async () => {
    const { port, requests } = setUp([aBudget("bedrock"), aBudget("other")]);
    const [reading] = await port.read([ask("bedrock", ["anthropic.*", "amazon.*"])]);
    expect(reading).toEqual({
      status: "known",
      // One amount for all, under the first model that is asked for.
      table: { principals: [EVERYONE], models: ["anthropic.*"], amounts: Float64Array.of(604.456) },
      span: { start: Date.UTC(2026, 10, 1), end: Date.UTC(2026, 11, 1) },
      threshold: 900,
      asOf: Date.parse("2026-11-22T12:00:00Z"),
    });
    expect(requests).toEqual([{ operation: "DescribeBudgets", input: { AccountId: "111122223333", MaxResults: 100 } }]);
  });

  it("is taken for what it is where AWS says nothing of its health", async () => {
    expect(await setUp([aBudget("bedrock", { HealthStatus: undefined })]).why()).toBe("known");
  });

  it.each([
    ["DAILY", "2026-11-22", "2026-11-23", {}],
    ["MONTHLY", "2026-11-01", "2026-12-01", {}],
    ["MONTHLY", "2026-11-01", "2026-12-01", { Start: seconds("2016-10-31T23:59:59Z") }],
    ["QUARTERLY", "2026-10-01", "2027-01-01", {}],
    ["QUARTERLY", "2026-11-01", "2027-02-01", { Start: seconds("2025-02-01T00:00:00Z") }],
    ["ANNUALLY", "2026-01-01", "2027-01-01", {}],
    ["ANNUALLY", "2026-07-01", "2027-07-01", { Start: seconds("2024-07-01T00:00:00Z") }],
    ["ANNUALLY", "2026-01-01", "2027-01-01", undefined],
    [
      "CUSTOM",
      "2026-11-10",
      "2026-12-24",
      { Start: seconds("2026-11-10T00:00:00Z"), End: seconds("2026-12-24T00:00:00Z") },
    ],
  ])("%s is a period from %s to %s in UTC (%j)", async (TimeUnit, start, end, period) => {
    const TimePeriod = period && { Start: seconds("2026-01-01T00:00:00Z"), ...period };
    const [reading] = await setUp([aBudget("bedrock", { TimeUnit, TimePeriod })]).read("bedrock");
    expect(reading).toMatchObject({ span: { start: Date.parse(start), end: Date.parse(end) } });
  });

  it("has of amounts that were planned the one of the present period, and after the last that one", async () => {
    const planned = (...months: string[]) =>
      Object.fromEntries(months.map((month, index) => [seconds(`${month}-01T00:00:00Z`), usd(100 * (index + 1))]));
    const usd = (amount: number) => ({ Amount: String(amount), Unit: "USD" });
    const thresholds = await Promise.all(
      [planned("2026-10", "2026-11", "2026-12"), planned("2026-08", "2026-09")].map(async (PlannedBudgetLimits) => {
        const [reading] = await setUp([aBudget("bedrock", { PlannedBudgetLimits })]).read("bedrock");
        return reading?.status === "known" && reading.threshold;
      }),
    );
    expect(thresholds).toEqual([200, 200]);
  });

  it("is no threshold where the amount is nothing, which would deny everybody at once", async () => {
    const none = aBudget("bedrock", { BudgetLimit: { Amount: "0", Unit: "USD" } });
    const [reading] = await setUp([none, aBudget("auto", { BudgetLimit: undefined })]).read("bedrock");
    expect(reading).toMatchObject({ status: "known" });
    expect(reading).not.toHaveProperty("threshold");
  });

  it("may be a credit", async () => {
    const CalculatedSpend = { ActualSpend: { Amount: "-3.50", Unit: "USD" } };
    const [reading] = await setUp([aBudget("bedrock", { CalculatedSpend })]).read("bedrock");
    expect(reading).toMatchObject({ table: { amounts: Float64Array.of(-3.5) } });
  });
});

describe("a budget is unknown, and says why in a sentence,", () => {
  const eur = (amount: string) => ({ Amount: amount, Unit: "EUR" });
  it.each([
    ["of a type that is no money", { BudgetType: "USAGE" }, /is of type USAGE: only a COST budget/],
    ["in another currency", { CalculatedSpend: { ActualSpend: eur("5") } }, /has EUR, which is not USD, as its actual/],
    ["with an amount in another currency", { BudgetLimit: eur("5") }, /has EUR, which is not USD, as its amount/],
    [
      "with a spend that is no number",
      { CalculatedSpend: { ActualSpend: { Amount: "a lot", Unit: "USD" } } },
      /"a lot"/,
    ],
    ["that was not calculated yet", { CalculatedSpend: undefined }, /has no amount as its actual spend/],
    [
      "that is not healthy",
      { HealthStatus: { Status: "UNHEALTHY", StatusReason: "FILTER_INVALID" } },
      /is UNHEALTHY: its filter names an account .*FILTER_INVALID/,
    ],
    [
      "that is not healthy for a new reason",
      { HealthStatus: { Status: "UNHEALTHY", StatusReason: "MOON" } },
      /is UNHEALTHY: MOON/,
    ],
    ["that is not healthy for no reason", { HealthStatus: { Status: "UNHEALTHY" } }, /AWS gives no reason/],
    ["that never was updated", { LastUpdatedTime: undefined }, /does not say when it was last updated/],
    [
      "that was updated before its period began",
      { LastUpdatedTime: seconds("2026-10-31T23:00:00Z") },
      /was last updated at 2026-10-31T23:00:00.000Z, and its period began at 2026-11-01/,
    ],
    [
      "that was updated so soon in its period that it may tell of the one before",
      { TimeUnit: "DAILY", LastUpdatedTime: seconds("2026-11-22T11:59:59Z") },
      /was last updated at 2026-11-22T11:59:59.000Z, and its period began at 2026-11-22/,
    ],
    ["that has not begun", { TimePeriod: { Start: seconds("2027-01-01T00:00:00Z") } }, /has no period now/],
    [
      "that is over",
      { TimePeriod: { Start: seconds("2025-01-01T00:00:00Z"), End: seconds("2026-11-01T00:00:00Z") } },
      /has no period now/,
    ],
    ["with a time unit nobody has heard of", { TimeUnit: "HOURLY" }, /has no period now/],
  ])("%s", async (_, changes, why) => {
    expect(await setUp([aBudget("bedrock", changes)]).why()).toMatch(why);
  });

  it("expectedly for the first day of its period, and no longer, nor where it was not worked out for a day", async () => {
    const expected = async (at: string, updated: string, TimeUnit = "MONTHLY") => {
      const budget = aBudget("bedrock", { TimeUnit, LastUpdatedTime: seconds(updated) });
      const [reading] = await setUp([budget], Date.parse(at)).read("bedrock");
      return reading?.status === "unknown" ? (reading.expected ?? false) : "known";
    };
    expect(await expected("2026-11-01T07:00:00Z", "2026-10-31T23:00:00Z")).toBe(true);
    expect(await expected("2026-11-01T19:00:00Z", "2026-11-01T11:00:00Z")).toBe(true);
    expect(await expected("2026-11-02T00:00:00Z", "2026-11-01T11:00:00Z")).toBe(false);
    expect(await expected("2026-11-01T19:00:00Z", "2026-10-31T19:00:00Z")).toBe(false);
    expect(await expected("2026-11-05T19:00:00Z", "2026-11-05T11:00:00Z", "DAILY")).toBe(true);
    expect(await expected("2026-11-05T11:00:00Z", "2026-11-03T11:00:00Z", "DAILY")).toBe(false);
    expect(await expected("2026-11-05T19:00:00Z", "2026-11-05T12:00:00Z", "DAILY")).toBe("known");
  });

  it("that is not there, with the nearest that is", async () => {
    const { why } = setUp([aBudget("bedrock-monthly"), aBudget("storage")]);
    expect(await why("bedrock-montly")).toBe(
      'there is no budget called "bedrock-montly" in this account: is "bedrock-monthly" meant?',
    );
    expect(await why("zzz")).toMatch(/: make it, or name another$/);
  });

  it.each([
    ["AccessDeniedException", /may not be read: this needs budgets:ViewBudget/],
    ["ThrottlingException", /could not be read: ThrottlingException/],
    ["InternalErrorException", /could not be read: InternalErrorException/],
  ])("when AWS answers %s, each query by itself", async (error, why) => {
    const { read } = setUp(() => ({ error }));
    const readings = await read("bedrock", "other");
    expect(readings).toEqual([0, 1].map(() => ({ status: "unknown", why: expect.stringMatching(why) })));
  });
});

describe("many budgets", () => {
  const page = (budgets: readonly string[], NextToken?: string) => ({
    output: { Budgets: budgets.map((name) => aBudget(name)), ...(NextToken && { NextToken }) },
  });

  it("are read by the hundred, until all that limits name are found", async () => {
    const { read, requests } = setUp((_, count) => page([`budget-${count}`], `page-${count}`));
    expect(await read("budget-2", "budget-1", "budget-2")).toMatchObject([0, 1, 2].map(() => ({ status: "known" })));
    expect(requests.map(({ input }) => input.NextToken)).toEqual([undefined, "page-1"]);
  });

  it("are known as far as they were read when a page is not, and the others say so", async () => {
    const { read, requests } = setUp((_, count) =>
      count === 1 ? page(["first"], "more") : { error: "ThrottlingException" },
    );
    const [first, second] = await read("first", "second");
    expect(first).toMatchObject({ status: "known" });
    expect(second).toMatchObject({ why: expect.stringMatching(/"second" was not found, and not all .*Throttling/) });
    // It is looked for again at once, in the next run.
    await read("first", "second");
    expect(requests).toHaveLength(3);
  });

  it("are not listed for ever when AWS repeats itself", async () => {
    const { why, requests } = setUp(() => page(["first"], "again"));
    expect(await why("second")).toMatch(/cut its list short/);
    expect(requests).toHaveLength(2);
  });
});

describe("AWS Budgets is asked", () => {
  it("once in five minutes, whatever the minutes in between", async () => {
    const { clock, read, requests } = setUp([aBudget("bedrock")]);
    for (let minute = 0; minute <= 15; minute++) {
      await read("bedrock");
      clock.at += MINUTE;
    }
    expect(requests).toHaveLength(4);
  });

  it("at once for a budget that was not asked for before, and not again for one that is not there", async () => {
    const { clock, read, requests } = setUp([aBudget("bedrock")]);
    await read("bedrock");
    await read("bedrock", "later");
    clock.at += MINUTE;
    await read("bedrock", "later");
    expect(requests).toHaveLength(2);
  });

  it("at once when AWS says that a budget moved", async () => {
    const { port, read, requests } = setUp([aBudget("bedrock")]);
    await read("bedrock");
    port.forget();
    await read("bedrock");
    expect(requests).toHaveLength(2);
  });

  it("again by the next run when it could not be read", async () => {
    const { read, requests } = setUp((_, count) =>
      count === 1 ? { error: "ThrottlingException" } : { output: { Budgets: [aBudget("bedrock")] } },
    );
    expect(await read("bedrock")).toMatchObject([{ status: "unknown" }]);
    expect(await read("bedrock")).toMatchObject([{ status: "known" }]);
    expect(requests).toHaveLength(2);
  });

  it("at once when a period began, and what was spent in the last one denies nobody in this", async () => {
    const spent = aBudget("bedrock", { LastUpdatedTime: seconds("2026-11-30T23:30:00Z") });
    const { clock, read, requests, why } = setUp([spent], Date.parse("2026-11-30T23:59:30Z"));
    expect(await read("bedrock")).toMatchObject([{ status: "known", span: { end: Date.UTC(2026, 11, 1) } }]);
    clock.at += MINUTE;
    expect(await why()).toMatch(/its period began at 2026-12-01T00:00:00.000Z: it tells nothing of it for some hours/);
    expect(requests).toHaveLength(2);
  });

  it("for no more than the reconciler is permitted, in its own partition", () => {
    const place = { partition: "aws-cn", account: "111122223333", region: "cn-north-1", stage: "test" };
    expect(permissions(place)).toEqual([
      { actions: ["budgets:ViewBudget"], resources: ["arn:aws-cn:budgets::111122223333:budget/*"] },
    ]);
  });

  it.each([
    ["eu-central-1", "budgets.amazonaws.com"],
    ["cn-north-1", "budgets.amazonaws.com.cn"],
    ["eusc-de-east-1", "budgets.eusc-de-east-1.api.amazonwebservices.eu"],
  ])("from %s at %s, the one endpoint of the partition", async (region, host) => {
    const hosts: string[] = [];
    const script = scriptedJson(() => ({ output: { Budgets: [] } }));
    const { handle } = script.config.requestHandler;
    const requestHandler = {
      handle(request: Parameters<typeof handle>[0] & { readonly hostname?: string }) {
        hosts.push(request.hostname ?? "");
        return handle(request);
      },
    };
    const budgets = new BudgetsClient({ ...script.config, region, requestHandler });
    await createBudgetsUsage({ budgets, account: "111122223333", now: () => NOW }).read([ask("bedrock")]);
    expect(hosts).toEqual([host]);
  });
});

it("gives AWS Budgets up when it does not answer, and leaves it alone for a minute", async () => {
  const script = scriptedJson(() => ({ output: {} }));
  let asked = 0;
  const requestHandler = {
    handle: (_: unknown, { abortSignal }: { abortSignal?: AbortSignal } = {}) => {
      asked++;
      return new Promise<never>((_, reject) =>
        abortSignal?.addEventListener("abort", () => reject(abortSignal.reason)),
      );
    },
  };
  const now = () => NOW;
  const budgets = new BudgetsClient({ ...script.config, requestHandler });
  const reads = createRegionReads({ now, patienceMs: 20 });
  const port = createBudgetsUsage({ budgets, account: "111122223333", now, reads });
  expect(await port.read([ask("bedrock")])).toMatchObject([{ why: expect.stringMatching(/gave no answer within/) }]);
  expect(await port.read([ask("bedrock")])).toMatchObject([{ why: expect.stringMatching(/asked again in minutes/) }]);
  expect(asked).toBe(1);
});
