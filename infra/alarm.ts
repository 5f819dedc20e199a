import { named, place } from "./stage.ts";

export type Condition = Omit<aws.cloudwatch.MetricAlarmArgs, "name" | "region">;

interface Options {
  /** As in `MeterErrors`; the alarm's name says `meter-errors`. */
  readonly what: string;
  readonly description: string;
  readonly condition: Condition;
  readonly topic: aws.sns.Topic;
  /** Where the metric and the topic are, if not at home. */
  readonly region?: string;
  /** Exists before the alarm does: once it works, silence means something. */
  readonly after: $util.Input<$util.Resource>[];
}

/** Rings, and says when it is over. */
export function createAlarm({ what, description, condition, topic, region, after }: Options): void {
  const name = what.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
  new aws.cloudwatch.MetricAlarm(
    region === undefined ? what : `${what}-${region}`,
    {
      ...(region !== undefined && { region }),
      name: named(name),
      alarmDescription: description,
      alarmActions: [topic.arn],
      okActions: [topic.arn],
      ...condition,
    },
    { dependsOn: after },
  );
}

/** By Lambda's count: a function that dies at once counts nothing itself. One failed run is no matter, the next does its work. */
export const errorsOf = (functionName: string): Condition => ({
  namespace: "AWS/Lambda",
  metricName: "Errors",
  dimensions: { FunctionName: functionName },
  statistic: "Sum",
  period: 60,
  comparisonOperator: "GreaterThanThreshold",
  threshold: 0,
  evaluationPeriods: 5,
  datapointsToAlarm: 3,
  treatMissingData: "notBreaching",
});

/** What functions count about themselves. */
export const counted = (metricName: string): Condition & { readonly period: number } => ({
  namespace: "BedrockGovernor",
  metricName,
  dimensions: { service: `${$app.name}-${place.stage}` },
  period: 300,
  evaluationPeriods: 1,
  comparisonOperator: "GreaterThanThreshold",
  threshold: 0,
  treatMissingData: "notBreaching",
});

/** Nobody reads that queue but people. */
export const messagesIn = (queue: aws.sqs.Queue): Condition => ({
  namespace: "AWS/SQS",
  metricName: "ApproximateNumberOfMessagesVisible",
  dimensions: { QueueName: queue.name },
  statistic: "Maximum",
  period: 300,
  comparisonOperator: "GreaterThanThreshold",
  threshold: 0,
  evaluationPeriods: 1,
  treatMissingData: "notBreaching",
});
