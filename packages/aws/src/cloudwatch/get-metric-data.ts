import { type CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { pointsIn, type Stretch } from "./resolution.ts";
import { type Column, type ListedSeries, type Points, ROADS } from "./series.ts";

export interface MetricRequest {
  readonly series: ListedSeries;
  readonly column: Column;
}

export type MetricAnswer =
  | { readonly status: "read"; readonly points: Points }
  | { readonly status: "unread"; readonly why: string };

/** Per call. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MAX_QUERIES = 500;
const MAX_POINTS = 100_800;

/** Reads metrics of one region over one stretch of time; one answer per request, in order. What a failed call asked is unread. */
export async function getMetricData(
  client: CloudWatchClient,
  requests: readonly MetricRequest[],
  stretch: Stretch,
): Promise<readonly MetricAnswer[]> {
  const size = Math.max(1, Math.min(MAX_QUERIES, Math.floor(MAX_POINTS / pointsIn(stretch))));
  const answers: MetricAnswer[] = [];
  for (let from = 0; from < requests.length; from += size) {
    answers.push(...(await readCall(client, requests.slice(from, from + size), stretch)));
  }
  return answers;
}

async function readCall(
  client: CloudWatchClient,
  requests: readonly MetricRequest[],
  stretch: Stretch,
): Promise<readonly MetricAnswer[]> {
  const points = requests.map(() => new Map<EpochMs, number>());
  const statuses = new Array<string>(requests.length).fill("no answer");
  const MetricDataQueries = requests.map((request, index) => queryOf(request, index, stretch));
  try {
    let NextToken: string | undefined;
    do {
      const page = await client.send(
        new GetMetricDataCommand({
          MetricDataQueries,
          StartTime: new Date(stretch.start),
          EndTime: new Date(stretch.end),
          ScanBy: "TimestampAscending",
          MaxDatapoints: MAX_POINTS,
          ...(NextToken !== undefined && { NextToken }),
        }),
      );
      for (const { Id, StatusCode, Timestamps = [], Values = [] } of page.MetricDataResults ?? []) {
        const index = Number(Id?.slice(1));
        const into = points[index];
        if (into === undefined) continue;
        // PartialData on one page is made complete by a later one: the last word about a metric holds.
        statuses[index] = StatusCode ?? "no status";
        for (const [at, time] of Timestamps.entries()) {
          const value = Values[at];
          if (value !== undefined && value !== 0) into.set(time.getTime(), value);
        }
      }
      NextToken = page.NextToken;
    } while (NextToken !== undefined && NextToken !== "");
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return requests.map((request) => unread(request, why));
  }
  return requests.map((request, index) => {
    const status = statuses[index] ?? "no answer";
    const read = points[index];
    // Complete without a point is a known 0: nobody called.
    return status === "Complete" && read !== undefined ? { status: "read", points: read } : unread(request, status);
  });
}

const unread = ({ series, column }: MetricRequest, why: string): MetricAnswer => ({
  status: "unread",
  why: `${ROADS[series.road].metrics[column]} of ${series.id} in ${series.region} is unread (${why})`,
});

const queryOf = ({ series, column }: MetricRequest, index: number, { resolutionMs }: Stretch): MetricDataQuery => {
  const { namespace, dimension, metrics } = ROADS[series.road];
  return {
    Id: `m${index}`,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: metrics[column],
        Dimensions: [{ Name: dimension, Value: series.id }],
      },
      Period: resolutionMs / 1000,
      Stat: "Sum",
    },
  };
};
