import { type Condition, counted, createAlarm, errorsOf, messagesIn } from "./alarm.ts";
import { type Meter, meterName } from "./meter.ts";
import { operations } from "./operations.ts";
import { createOperationsTopic } from "./operations-topic.ts";
import { rollUpName } from "./roll-up.ts";
import { place } from "./stage.ts";

/**
 * In the meter's region, where its metrics are. While `log-delivery-errors`, `meter-dropped`, `replay-dead-letters` or `subscription-missing`
 * rings, usage is being lost, and the reconciler takes what the log says for unknown: it knows them by these names.
 */
export function watchMeter({ region, logGroup, subscription, deadLetters }: Meter): aws.sns.Topic {
  const topic = region === place.region ? operations : createOperationsTopic(region);
  const alarm = (what: string, description: string, condition: Condition) =>
    createAlarm({ what, description: `${region}: ${description}`, condition, topic, region, after: [subscription] });

  alarm("MeterErrors", "the meter fails: 3 of the last 5 minutes. Its log says why.", errorsOf(meterName));
  alarm("MeterDropped", "Lambda gave up on log batches: their usage is not counted.", {
    ...errorsOf(meterName),
    metricName: "AsyncEventsDropped",
    period: 300,
    evaluationPeriods: 1,
    datapointsToAlarm: 1,
  });
  alarm("LogDeliveryErrors", "CloudWatch Logs cannot hand the log to the meter: usage may not be counted.", {
    ...deliveries("DeliveryErrors", logGroup),
    evaluationPeriods: 1,
  });
  alarm(
    "LogDeliveryThrottling",
    "CloudWatch Logs is held up in handing the log to the meter, and tries again for 24 hours.",
    deliveries("DeliveryThrottling", logGroup),
  );
  alarm(
    "SubscriptionMissing",
    `records arrive in ${logGroup} and the meter is handed none: the subscription filter ${meterName} on ${logGroup} is missing or was replaced. \`sst refresh\` and a deploy put it back.`,
    handedNothing(logGroup),
  );
  alarm(
    "ReplayDeadLetters",
    "log batches could for four days be neither counted nor given up, and until then all usage by the log is unknown: see step 7 of the README.",
    messagesIn(deadLetters),
  );
  alarm(
    "RefusedUsage",
    "usage came more than two days late, or adds up to more than can be: it is not counted, and set aside. Where a batch was given up, usage of its time is unknown: see docs/lost-usage.md.",
    { ...counted("RefusedUsage"), statistic: "Sum" },
  );
  alarm("RejectedRecords", "records of the log were not understood, and set aside. Low severity: the rest counts.", {
    ...counted("RejectedRecords"),
    statistic: "Sum",
  });
  alarm("MeterDelay", "usage is counted more than 5 minutes after it was logged.", {
    ...counted("MeterDelay"),
    extendedStatistic: "p95",
    threshold: 300,
  });
  return topic;
}

/** By Lambda's count, which goes on when the function never starts. */
export function watchRollUp(schedule: aws.cloudwatch.EventTarget): void {
  createAlarm({
    what: "RollUpFailing",
    description: "No usage was rolled up for 30 minutes. Nothing is lost yet: batches are kept for three days.",
    topic: operations,
    after: [schedule],
    condition: {
      metricQueries: [
        { id: "successes", expression: "invocations - errors", label: "Successful roll-ups", returnData: true },
        byLambda("invocations", "Invocations", rollUpName),
        byLambda("errors", "Errors", rollUpName),
      ],
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      evaluationPeriods: 6,
      // So it may ring once while a stage is new.
      treatMissingData: "breaching",
    },
  });
}

const byLambda = (id: string, metricName: string, FunctionName: string) => ({
  id,
  metric: { namespace: "AWS/Lambda", metricName, dimensions: { FunctionName }, stat: "Sum", period: 300 },
});

/**
 * Nobody counts a filter that is not there. A meter is invoked seconds after a record arrives: where these seconds are
 * at the end of a period, one period alone looks like this and means nothing.
 */
const handedNothing = (logGroup: string): Condition => ({
  metricQueries: [
    {
      id: "missed",
      expression: "IF(handed == 0, arrived, 0)",
      label: "Records that the meter was not handed",
      returnData: true,
    },
    // A function that is not invoked has no points. This sum has one wherever records arrived.
    { id: "handed", expression: "SUM([nothing, invoked])" },
    { id: "nothing", expression: "arrived * 0" },
    {
      id: "arrived",
      metric: {
        namespace: "AWS/Logs",
        metricName: "IncomingLogEvents",
        dimensions: { LogGroupName: logGroup },
        stat: "Sum",
        period: 300,
      },
    },
    byLambda("invoked", "Invocations", meterName),
  ],
  comparisonOperator: "GreaterThanThreshold",
  threshold: 0,
  evaluationPeriods: 12,
  datapointsToAlarm: 3,
  treatMissingData: "notBreaching",
});

/** By a query: an alarm on the metric would have to name what CloudWatch Logs calls this type of destination. */
const deliveries = (metricName: string, logGroup: string): Condition => ({
  metricQueries: [
    {
      id: "deliveries",
      expression: `SELECT SUM(${metricName}) FROM "AWS/Logs" WHERE LogGroupName = '${logGroup}' AND FilterName = '${meterName}'`,
      period: 300,
      returnData: true,
    },
  ],
  comparisonOperator: "GreaterThanThreshold",
  threshold: 0,
  evaluationPeriods: 3,
  treatMissingData: "notBreaching",
});
