import { type Catalogue, resolveModel } from "@bedrock-governor/core/model/catalogue";
import { createRandom } from "../random.ts";
import type { Request } from "../trace/request.ts";
import { CATALOGUE, JOBS, LOOP } from "./company.ts";
import { atOfficeHour, DAY_MS } from "./day-shape.ts";
import { dayOf, type Turn, talk } from "./work.ts";

/** A request of a workload, which says how the caller names the model. */
export interface WorkloadRequest extends Request {
  /** Any id or ARN. */
  readonly spelling: string;
  /** What the caller asks for instead, at once, when this call is refused. */
  readonly fallback?: string;
}

/** What a company asks of Bedrock, for as many days as one likes. */
export interface Workload {
  /** The tails of their ARNs, with paths, sorted. */
  readonly principals: readonly string[];
  /** Every model it calls, and the model behind spellings that do not contain it. */
  readonly catalogue: Catalogue;
  /**
   * The requests that arrive on one day, in order of arrival. Day 0 is the Monday on which every trace
   * begins; days begin at midnight UTC. No day depends on another.
   */
  requests(day: number): readonly WorkloadRequest[];
}

/**
 * A company of eight roles. On Mondays and Thursdays one of its coding agents falls into a loop that,
 * if nobody stops it, costs several times what everything else costs that day.
 */
export function createWorkload(seed = 1): Workload {
  return {
    principals: [...new Set(JOBS.map((job) => job.principal))].sort(),
    catalogue: CATALOGUE,
    requests: (day) => [...usualWork(seed, day), ...loop(seed, day)].sort((a, b) => a.atMs - b.atMs),
  };
}

function* usualWork(seed: number, day: number): Generator<WorkloadRequest> {
  for (const { principal, spelling, hours, weekend, work } of JOBS) {
    const random = createRandom(seed, `day ${day}/${principal}/${spelling}`);
    const share = day % 7 < 5 ? 1 : weekend;
    for (const turn of dayOf(work, hours, share, random)) {
      // A session that would go on after midnight is over.
      if (turn.atMs < DAY_MS) yield { ...request(day, principal, spelling, turn), spelling };
    }
  }
}

function* loop(seed: number, day: number): Generator<WorkloadRequest> {
  const { principal, spelling, fallback, begins, endsAtHour } = LOOP;
  const hour = begins.get(day % 7);
  if (hour === undefined) return;
  for (const turn of talk(LOOP.talk, atOfficeHour(hour), Infinity, createRandom(seed, `day ${day}/loop`))) {
    if (turn.atMs >= atOfficeHour(endsAtHour)) return;
    yield { ...request(day, principal, spelling, turn), spelling, fallback };
  }
}

function request(day: number, principal: string, spelling: string, turn: Turn): Request {
  const model = resolveModel(spelling, CATALOGUE);
  if (model === undefined) throw new Error(`The catalogue does not say which model ${spelling} is.`);
  return { ...turn, atMs: day * DAY_MS + turn.atMs, model, principal };
}
