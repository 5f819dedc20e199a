import {
  CloudWatchClient,
  type GetMetricDataInput,
  type GetMetricDataOutput,
  type ListMetricsInput,
  type ListMetricsOutput,
  type MetricDataQuery,
  type ServiceInputTypes,
  type ServiceOutputTypes,
  type StatusCode,
} from "@aws-sdk/client-cloudwatch";
import { type Sent, scripted } from "./scripted.ts";

export interface Datum {
  readonly namespace?: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly at: number;
  readonly value: number;
}

/** CloudWatch of one region, as far as it answers about metrics: sums by exact dimensions, in pages. */
export interface FakeCloudWatch {
  readonly client: CloudWatchClient;
  readonly sent: readonly Sent<ServiceInputTypes>[];
  put(...data: readonly Datum[]): void;
  /** The metrics asked for since the last time, as `metric id`. */
  asked(): readonly string[];
  /** Another status than Complete for the metrics of one id, or one of them (`metric id`), on the last page. */
  readonly statuses: Map<string, StatusCode | "missing">;
  /** Commands that fail, by name, with the name of the error. */
  readonly failing: Map<string, string>;
  /** Series that CloudWatch has stopped listing, or does not list yet. */
  readonly unlisted: Set<string>;
  /** Points of a metric on one page. */
  pageSize: number;
  /** Series on one page of a list. */
  listPageSize: number;
}

interface FakeSeries {
  readonly namespace: string;
  readonly metric: string;
  readonly dimensions: Readonly<Record<string, string>>;
  /** In the order of time. */
  readonly points: { readonly at: number; readonly value: number }[];
}

export function fakeCloudWatch(region = "us-east-1"): FakeCloudWatch {
  const data = new Map<string, FakeSeries>();
  const client = new CloudWatchClient({ region, credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  const asked: string[] = [];
  const statuses = new Map<string, StatusCode | "missing">();
  const failing = new Map<string, string>();
  const unlisted = new Set<string>();
  const fake = { pageSize: 100_000, listPageSize: 2 };

  function list(input: ListMetricsInput): ListMetricsOutput {
    const series = new Map(
      [...data.values()]
        .filter(
          ({ namespace, metric, dimensions }) =>
            namespace === input.Namespace &&
            metric === input.MetricName &&
            (input.Dimensions ?? []).every(({ Name }) => Name !== undefined && Name in dimensions) &&
            !Object.values(dimensions).some((value) => unlisted.has(value)),
        )
        .map(({ dimensions }) => [JSON.stringify(dimensions), dimensions]),
    );
    const from = Number(input.NextToken ?? 0);
    const to = from + fake.listPageSize;
    const Metrics = [...series.values()].slice(from, to).map((dimensions) => ({
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    }));
    return { Metrics, ...(to < series.size && { NextToken: String(to) }) };
  }

  function pointsOf(
    { MetricStat }: MetricDataQuery,
    start: number,
    end: number,
  ): readonly (readonly [number, number])[] {
    const period = (MetricStat?.Period ?? 60) * 1000;
    const { Namespace = "", MetricName = "", Dimensions = [] } = MetricStat?.Metric ?? {};
    const series = data.get(
      nameOf(
        Namespace,
        MetricName,
        Dimensions.map(({ Name, Value }) => [Name, Value]),
      ),
    );
    const sums = new Map<number, number>();
    const { points = [] } = series ?? {};
    // Most that is asked for is new.
    for (let place = points.length - 1; place >= 0; place--) {
      const { at, value } = points[place] ?? { at: Number.NaN, value: Number.NaN };
      if (at < start) break;
      const time = Math.floor(at / period) * period;
      if (time < end) sums.set(time, (sums.get(time) ?? 0) + value);
    }
    return [...sums].sort(([a], [b]) => a - b);
  }

  function get(input: GetMetricDataInput): GetMetricDataOutput {
    const queries = input.MetricDataQueries ?? [];
    if (queries.length > 500) throw Object.assign(new Error("too many queries"), { name: "ValidationError" });
    const from = Number(input.NextToken ?? 0);
    let more = false;
    const MetricDataResults = queries.flatMap((query) => {
      const metric = query.MetricStat?.Metric;
      const id = metric?.Dimensions?.[0]?.Value ?? "";
      if (from === 0) asked.push(`${metric?.MetricName} ${id}`);
      const points = pointsOf(query, input.StartTime?.getTime() ?? 0, input.EndTime?.getTime() ?? 0);
      const page = points.slice(from, from + fake.pageSize);
      const last = from + fake.pageSize >= points.length;
      more ||= !last;
      const status = last
        ? (statuses.get(id) ?? statuses.get(`${metric?.MetricName} ${id}`) ?? "Complete")
        : "PartialData";
      if (status === "missing") return [];
      return [
        {
          Id: query.Id,
          StatusCode: status,
          Timestamps: page.map(([time]) => new Date(time)),
          Values: page.map(([, value]) => value),
        },
      ];
    });
    return { MetricDataResults, ...(more ? { NextToken: String(from + fake.pageSize) } : {}) };
  }

  const sent = scripted<ServiceInputTypes, ServiceOutputTypes>(client, (command, input) => {
    const name = failing.get(command);
    if (name !== undefined) throw Object.assign(new Error("no"), { name });
    return { $metadata: {}, ...("MetricDataQueries" in input ? get(input) : list(input as ListMetricsInput)) };
  });
  return Object.assign(fake, {
    client,
    sent,
    put: (...some: readonly Datum[]) => {
      for (const { namespace = "AWS/Bedrock", metric, dimensions, at, value } of some) {
        const name = nameOf(namespace, metric, Object.entries(dimensions));
        const series = data.get(name) ?? { namespace, metric, dimensions, points: [] };
        data.set(name, series);
        series.points.splice(series.points.findLastIndex((one) => one.at <= at) + 1, 0, { at, value });
      }
    },
    asked: () => asked.splice(0),
    statuses,
    failing,
    unlisted,
  });
}

const nameOf = (namespace: string, metric: string, dimensions: readonly (readonly (string | undefined)[])[]): string =>
  JSON.stringify([namespace, metric, dimensions]);
