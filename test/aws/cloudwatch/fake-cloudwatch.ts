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
}

export function fakeCloudWatch(region = "us-east-1"): FakeCloudWatch {
  const data: Required<Datum>[] = [];
  const client = new CloudWatchClient({ region, credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  const asked: string[] = [];
  const statuses = new Map<string, StatusCode | "missing">();
  const failing = new Map<string, string>();
  const unlisted = new Set<string>();
  const fake = { pageSize: 100_000 };

  function list(input: ListMetricsInput): ListMetricsOutput {
    const series = new Map(
      data
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
    const Metrics = [...series.values()].slice(from, from + 2).map((dimensions) => ({
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
    }));
    return { Metrics, ...(from + 2 < series.size && { NextToken: String(from + 2) }) };
  }

  function pointsOf(
    { MetricStat }: MetricDataQuery,
    start: number,
    end: number,
  ): readonly (readonly [number, number])[] {
    const period = (MetricStat?.Period ?? 60) * 1000;
    const wanted = JSON.stringify(MetricStat?.Metric?.Dimensions?.map(({ Name, Value }) => [Name, Value]));
    const sums = new Map<number, number>();
    for (const { namespace, metric, dimensions, at, value } of data) {
      if (namespace !== MetricStat?.Metric?.Namespace || metric !== MetricStat?.Metric?.MetricName) continue;
      const time = Math.floor(at / period) * period;
      if (JSON.stringify(Object.entries(dimensions)) !== wanted || time < start || time >= end) continue;
      sums.set(time, (sums.get(time) ?? 0) + value);
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
      data.push(...some.map((one) => ({ namespace: "AWS/Bedrock", ...one })));
    },
    asked: () => asked.splice(0),
    statuses,
    failing,
    unlisted,
  });
}
