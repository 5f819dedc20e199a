import { resolveModel } from "@bedrock-governor/core/model/catalogue";
import { createPriceBook } from "@bedrock-governor/core/usage/price";
import { TRACE_START } from "@bedrock-governor/simulator/trace/request";
import { createWorkload, type WorkloadRequest } from "@bedrock-governor/simulator/workload/workload";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const AGENT = "role/agents/coding";
const SCIENTISTS = "role/data-science/notebooks";
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const NORMAL_WEEKDAYS = [1, 2, 4];

const { catalogue, principals } = createWorkload();
const prices = createPriceBook([], catalogue);

function dollars(request: WorkloadRequest, spelling = request.spelling): number {
  const { atMs, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = request;
  const counts = { invocations: 1, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, images: 0 };
  const usd = prices.priceOf(spelling)?.usd(counts, TRACE_START + atMs);
  if (usd === undefined) throw new Error(`${spelling} has no price.`);
  return usd;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

const spentBy = (principal: string, requests: readonly WorkloadRequest[]) =>
  sum(requests.filter((request) => request.principal === principal).map((request) => dollars(request)));

/** The hour of the company's clock, one ahead of UTC, at which a principal has spent an amount. */
function hourOfSpending(amount: number, principal: string, requests: readonly WorkloadRequest[]): number | undefined {
  let spent = 0;
  for (const request of requests) {
    if (request.principal === principal) spent += dollars(request);
    if (spent >= amount) return (request.atMs % DAY) / HOUR + 1;
  }
  return undefined;
}

describe("a company's day without a trace", () => {
  it("eight roles, some under paths, call five models", () => {
    expect(principals).toHaveLength(8);
    expect(principals.filter((principal) => principal.split("/").length > 2)).toHaveLength(3);
    expect(catalogue.models).toHaveLength(5);
    const day = createWorkload().requests(0);
    expect([...new Set(day.map((request) => request.principal))].sort()).toEqual(principals);
    expect([...new Set(day.map((request) => request.model))].sort()).toEqual(catalogue.models);
  });

  it("models are called by bare ids, us and global profiles and an application profile, all of which have a price", () => {
    const day = createWorkload().requests(0);
    const spellings = [...new Set(day.flatMap(({ spelling, fallback }) => [spelling, fallback ?? spelling]))];
    const kinds = spellings.map((spelling) => /^(?:us|global|arn:aws:bedrock)/.exec(spelling)?.[0] ?? "bare");
    expect(new Set(kinds)).toEqual(new Set(["us", "global", "arn:aws:bedrock", "bare"]));
    for (const request of day) expect(resolveModel(request.spelling, catalogue)).toBe(request.model);
    for (const spelling of spellings) expect(prices.priceOf(spelling)).toBeDefined();
  });

  it("any day of any seed is the same each time, sorted, and within its day", () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(400), (seed, day) => {
        const requests = createWorkload(seed).requests(day);
        expect(createWorkload(seed).requests(day)).toEqual(requests);
        let before = day * DAY;
        for (const { atMs, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } of requests) {
          expect(atMs >= before && atMs < (day + 1) * DAY).toBe(true);
          const counts = [atMs, inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens];
          expect(counts.every((count) => Number.isSafeInteger(count) && count >= 0)).toBe(true);
          before = atMs;
        }
      }),
      { numRuns: 8 },
    );
  });

  it("another seed is another day", () => {
    expect(createWorkload(2).requests(1)).not.toEqual(createWorkload(1).requests(1));
  });

  it("a weekday has 6,000 to 15,000 requests, a day of the weekend fewer", () => {
    for (const seed of SEEDS) {
      const counts = [0, 1, 2, 3, 4, 5, 6].map((day) => createWorkload(seed).requests(day).length);
      const weekend = counts.splice(5);
      for (const count of counts) expect(count > 6_000 && count < 15_000).toBe(true);
      for (const count of weekend) expect(count).toBeLessThan(Math.min(...counts));
    }
  });

  it("offices are empty at night, busy before and after lunch, and the batch job runs at night", () => {
    const hours = (principal: string) => {
      const perHour = new Array<number>(24).fill(0);
      for (const request of createWorkload().requests(1)) {
        const hour = Math.floor(request.atMs / HOUR + 1) % 24;
        if (request.principal === principal) perHour[hour] = (perHour[hour] ?? 0) + 1;
      }
      return perHour;
    };
    const [night, morning, lunch, afternoon] = [3, 10, 12, 14].map((hour) => hours(SCIENTISTS)[hour] ?? Number.NaN);
    expect(night).toBe(0);
    expect(lunch).toBeLessThan(Math.min(morning ?? 0, afternoon ?? 0));
    expect(sum(hours("role/batch/nightly-summaries").slice(5))).toBe(0);
    expect(Math.min(...hours("role/search-api"))).toBeGreaterThan(0);
  });

  it("agents read most of their tokens from the cache, and write what is new to it", () => {
    const sessions = createWorkload()
      .requests(1)
      .filter((request) => request.principal === AGENT && request.model.includes("opus"));
    const read = sum(sessions.map((request) => request.cacheReadTokens));
    const written = sum(sessions.map((request) => request.cacheWriteTokens));
    const uncached = sum(sessions.map((request) => request.inputTokens));
    expect(read / (read + written + uncached)).toBeGreaterThan(0.85);
    expect(written).toBeGreaterThan(uncached);
  });
});

describe("the story of a day", () => {
  it("on a normal day every role spends between 5 and 80 dollars", () => {
    for (const seed of SEEDS) {
      for (const day of NORMAL_WEEKDAYS) {
        const requests = createWorkload(seed).requests(day);
        for (const principal of principals) {
          const spent = spentBy(principal, requests);
          expect(spent, `${principal} on day ${day} of seed ${seed}`).toBeGreaterThan(5);
          expect(spent, `${principal} on day ${day} of seed ${seed}`).toBeLessThan(80);
        }
      }
    }
  });

  it("on Monday and Thursday an agent loops on the dear model from mid-morning or afternoon until midnight", () => {
    const { requests } = createWorkload();
    const looping = [0, 1, 2, 3, 4, 5, 6, 7].map((day) =>
      requests(day).filter((request) => request.fallback !== undefined),
    );
    expect(looping.map((found) => found.length > 0)).toEqual([true, false, false, true, false, false, false, true]);
    const monday = looping[0] ?? [];
    expect(monday[0]?.atMs).toBe((10 + 40 / 60 - 1) * HOUR);
    expect(monday.at(-1)?.atMs).toBeGreaterThan(22.9 * HOUR);
    expect(new Set(monday.map((request) => request.spelling))).toEqual(new Set(["us.anthropic.claude-opus-4-8"]));
    expect(new Set(monday.map((request) => request.fallback))).toEqual(new Set(["global.anthropic.claude-sonnet-4-6"]));
  });

  it("nobody stopping it, the loop makes its role spend more than $1,000 on Monday: $1,101 with the default seed", () => {
    for (const seed of SEEDS) {
      const spent = spentBy(AGENT, createWorkload(seed).requests(0));
      expect(spent > 1_000 && spent < 1_200).toBe(true);
    }
    expect(Math.floor(spentBy(AGENT, createWorkload().requests(0)))).toBe(1_101);
  });

  it("with $100 a day and the dear model denied at 80 %, the loop loses it before noon and everything costly soon after", () => {
    for (const seed of SEEDS) {
      let spent = 0;
      let [dearDenied, allDenied] = [Number.NaN, Number.NaN];
      for (const request of createWorkload(seed).requests(0)) {
        if (request.principal !== AGENT) continue;
        const wanted = spent >= 80 && request.model.includes("opus") ? request.fallback : request.spelling;
        if (wanted === undefined || (spent >= 100 && !/haiku|nova/.test(wanted))) continue;
        const before = spent;
        spent += dollars(request, wanted);
        const hour = request.atMs / HOUR + 1;
        if (before < 80 && spent >= 80) dearDenied = hour;
        if (before < 100 && spent >= 100) allDenied = hour;
      }
      expect(dearDenied > 11 && dearDenied < 12).toBe(true);
      expect(allDenied > dearDenied && allDenied < 12.25).toBe(true);
      expect(spent).toBeLessThan(101);
    }
  });

  it("everyone else stays under 80 % all week, and one team is warned at 50 % in the afternoon", () => {
    for (const seed of SEEDS) {
      const { requests } = createWorkload(seed);
      for (const day of [0, 1, 2, 3, 4, 5, 6]) {
        const today = requests(day);
        for (const principal of principals) {
          if (principal !== AGENT) expect(hourOfSpending(80, principal, today)).toBeUndefined();
          if (principal !== AGENT && principal !== SCIENTISTS) expect(spentBy(principal, today)).toBeLessThan(50);
        }
        const warned = hourOfSpending(50, SCIENTISTS, today);
        if (day < 5) expect(warned !== undefined && warned > 13 && warned < 18).toBe(true);
        else expect(warned).toBeUndefined();
      }
    }
  });
});
