import { type Forecast, forecast, remember, type UsagePoint } from "@bedrock-governor/console/forecast";
import type { ChartState, DeniedSpan } from "@bedrock-governor/console/state";
import type { KeyOverview, LimitOverview } from "@bedrock-governor/core/enforcement/overview";
import type { ModelId } from "@bedrock-governor/core/model/model-id";
import type { EpochMs, Span } from "@bedrock-governor/core/period/period";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import { keyText } from "@bedrock-governor/core/reconcile/journal";
import type { Report } from "@bedrock-governor/core/reconcile/report";
import { rawAmount, unitOf } from "@bedrock-governor/simulator/account/amounts";
import type { TrafficObserver } from "@bedrock-governor/simulator/account/traffic";

/** What the page shows of the past: usage, refused calls and denies in one span, such as a day. */
export interface History {
  readonly observer: TrafficObserver;
  reported(report: Report): void;
  /** The busiest principals' charts, those that are denied first. */
  charts(now: EpochMs, most: number): readonly ChartState[];
  forecastOf(overview: LimitOverview, key: KeyOverview, now: EpochMs): Forecast | null;
}

export interface HistoryOptions {
  readonly measure: "usd" | "totalTokens";
  /** The span that is shown at a moment. */
  readonly spanAt: (now: EpochMs) => Span;
  readonly now: () => EpochMs;
}

const BUCKETS = 96;
const MOST_SERIES = 4;
const REMEMBER_EVERY_MS = 5 * 60_000;
const KEYS = 60;

/** Whole numbers in the units of `rawAmount`, so that sums stay exact. */
interface Past {
  readonly usage: Map<ModelId, Float64Array>;
  readonly refused: Float64Array;
  total: number;
}

export function createHistory({ measure, spanAt, now: clock }: HistoryOptions): History {
  let span: Span = { start: 0, end: 0 };
  let past = new Map<PrincipalId, Past>();
  const denied = new Map<PrincipalId, DeniedSpan[]>();
  const points = new Map<string, readonly UsagePoint[]>();
  let rememberedAt = Number.NEGATIVE_INFINITY;

  function turnPage(at: EpochMs): void {
    if (at < span.end) return;
    span = spanAt(at);
    past = new Map();
    for (const [principal, spans] of denied) {
      const open = spans.filter(({ end }) => end === undefined || end > span.start);
      if (open.length === 0) denied.delete(principal);
      else denied.set(principal, open);
    }
  }
  const bucketMs = () => (span.end - span.start) / BUCKETS;
  const bucketOf = (at: EpochMs) => Math.floor((at - span.start) / bucketMs());

  function pastOf(principal: PrincipalId): Past {
    const there = past.get(principal);
    if (there !== undefined) return there;
    const fresh = { usage: new Map(), refused: new Float64Array(BUCKETS), total: 0 };
    past.set(principal, fresh);
    return fresh;
  }

  function add(into: Float64Array, at: EpochMs, amount: number): void {
    const bucket = bucketOf(at);
    if (bucket >= 0 && bucket < BUCKETS) into[bucket] = (into[bucket] as number) + amount;
  }

  function noteDenies(report: Report): void {
    for (const principal of new Set([...denied.keys(), ...report.denied.keys()])) {
      const spans = denied.get(principal) ?? [];
      const last = spans.at(-1);
      const what = report.denied.get(principal) ?? [];
      const open = last !== undefined && last.end === undefined ? last : undefined;
      if (open === undefined ? what.length === 0 : open.what.join() === what.join()) continue;
      const before = open === undefined ? spans : [...spans.slice(0, -1), { ...open, end: report.at }];
      denied.set(principal, what.length === 0 ? before : [...before, { start: report.at, what }]);
    }
  }

  function notePoints(report: Report): void {
    if (report.at - rememberedAt < REMEMBER_EVERY_MS) return;
    rememberedAt = report.at;
    for (const overview of report.overview(KEYS)) {
      if (overview.span === undefined || overview.limit.period.kind === "rolling") continue;
      for (const { key, usage } of overview.keys) {
        if (usage.status === "unknown") continue;
        const id = `${overview.limit.name} ${keyText(key)}`;
        const before = (points.get(id) ?? []).filter(({ at }) => at >= (overview.span?.start ?? 0));
        points.set(id, remember(before, { at: report.at, amount: usage.amount }, overview.span));
      }
    }
  }

  return {
    observer: {
      metered({ caller, completesAt, amounts }) {
        turnPage(clock());
        const amount = rawAmount(amounts, measure);
        if (Number.isNaN(amount)) return;
        const of = pastOf(caller.principal);
        const series = of.usage.get(caller.model) ?? new Float64Array(BUCKETS);
        of.usage.set(caller.model, series);
        of.total += amount;
        add(series, completesAt, amount);
      },
      refused(caller) {
        turnPage(clock());
        add(pastOf(caller.principal).refused, clock(), 1);
      },
    },
    reported(report) {
      turnPage(report.at);
      noteDenies(report);
      notePoints(report);
    },
    charts(now, most) {
      turnPage(now);
      const begun = Math.min(BUCKETS, bucketOf(now) + 1);
      const isDenied = (principal: PrincipalId) => (denied.get(principal)?.length ?? 0) > 0;
      const rank = (a: readonly [PrincipalId, Past], b: readonly [PrincipalId, Past]) =>
        Number(isDenied(b[0])) - Number(isDenied(a[0])) || b[1].total - a[1].total;
      return [...past]
        .sort(rank)
        .slice(0, most)
        .map(([principal, { usage, refused }]): ChartState => {
          const largest = [...usage].sort(([, a], [, b]) => sum(b) - sum(a)).slice(0, MOST_SERIES);
          return {
            kind: "principal",
            name: principal,
            measure,
            span,
            bucketMs: bucketMs(),
            series: largest.map(([name, amounts]) => ({
              name,
              amounts: [...amounts.subarray(0, begun)].map((amount) => amount / unitOf(measure)),
            })),
            denied: denied.get(principal) ?? [],
            refused: [...refused.subarray(0, begun)],
            forecast: null,
          };
        });
    },
    forecastOf({ limit, span: of }, { key }, now) {
      const seen = points.get(`${limit.name} ${keyText(key)}`);
      return of === undefined || seen === undefined ? null : forecast(seen, of, now);
    },
  };
}

const sum = (amounts: Float64Array): number => amounts.reduce((total, amount) => total + amount, 0);
