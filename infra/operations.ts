import { deadLetters } from "./dead-letters.ts";
import { publisher, publisherName } from "./deny-policies.ts";
import { governorName } from "./governor.ts";
import { schedule } from "./signals.ts";
import { arn, named, place, settings } from "./stage.ts";

/**
 * For those who run the governor, about the governor. Not encrypted by KMS: AWS's own key for SNS lets no alarm
 * publish, and there is nothing in it but an alarm's name and state.
 */
export const operations = new aws.sns.Topic("Operations", { name: named("operations") });

new aws.sns.TopicPolicy("OperationsPolicy", {
  arn: operations.arn,
  policy: operations.arn.apply((Resource) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: "sns:Publish",
          Resource,
          Condition: {
            StringEquals: { "aws:SourceAccount": place.account },
            ArnLike: { "aws:SourceArn": arn("cloudwatch", "alarm:*") },
          },
        },
      ],
    }),
  ),
});

settings.alarmEmails.forEach((endpoint) => {
  new aws.sns.TopicSubscription(`Operations-${endpoint}`, { topic: operations.arn, protocol: "email", endpoint });
});

/** By Lambda's count: a function that dies at once counts nothing itself. One failed run is no matter, the next does its work. */
const errorsOf = (functionName: string) => ({
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

/** What the reconciler counts about itself. */
const counted = (metricName: string) => ({
  namespace: "BedrockGovernor",
  metricName,
  dimensions: { service: `${$app.name}-${place.stage}` },
  period: 300,
  evaluationPeriods: 1,
});

alarm("Failures", "Runs of the governor fail: 3 of the last 5 minutes. Its log says why.", errorsOf(governorName));

alarm("NoSuccess", "No run of the governor succeeded for 5 minutes: nobody is denied, and nobody is let in again.", {
  ...counted("SuccessfulRuns"),
  statistic: "Sum",
  comparisonOperator: "LessThanThreshold",
  threshold: 1,
  // Silence is what this is about. So it may ring once while a stage is new: what it counts comes two minutes late.
  treatMissingData: "breaching",
});

alarm("BlockedDenies", "A deny cannot be put in force and needs a person: a full role, or one that admits no change.", {
  ...counted("BlockedDenies"),
  statistic: "Maximum",
  comparisonOperator: "GreaterThanThreshold",
  threshold: 0,
  treatMissingData: "notBreaching",
});

alarm("DeadLetters", "A signal failed three times, or reached no function.", {
  namespace: "AWS/SQS",
  metricName: "ApproximateNumberOfMessagesVisible",
  dimensions: { QueueName: deadLetters.name },
  statistic: "Maximum",
  period: 300,
  comparisonOperator: "GreaterThanThreshold",
  threshold: 0,
  evaluationPeriods: 1,
  treatMissingData: "notBreaching",
});

if (publisher) {
  alarm("PublisherErrors", "Deny policies cannot be created: 3 of the last 5 minutes.", errorsOf(publisherName));
}

/** Rings, and says when it is over. Made once the schedule works, so that silence means something. */
function alarm(id: string, description: string, condition: Omit<aws.cloudwatch.MetricAlarmArgs, "name">): void {
  const name = id.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase();
  new aws.cloudwatch.MetricAlarm(
    id,
    {
      name: named(name),
      alarmDescription: description,
      alarmActions: [operations.arn],
      okActions: [operations.arn],
      ...condition,
    },
    { dependsOn: [schedule.target] },
  );
}
