import { arn, named, place, settings } from "./stage.ts";

/**
 * For those who run the governor, about the governor. Not encrypted by KMS: AWS's own key for SNS lets no alarm
 * publish, and there is nothing in it but an alarm's name and state.
 *
 * An alarm reaches a topic only in its own region, so each region with alarms has one, all of the same name. To pass
 * alarms on to one topic by EventBridge would put two rules between an alarm and whoever has to hear it.
 */
export function createOperationsTopic(region: string): aws.sns.Topic {
  const isHome = region === place.region;
  const there = isHome ? {} : { region };
  const suffix = isHome ? "" : `-${region}`;
  const topic = new aws.sns.Topic(`Operations${suffix}`, { ...there, name: named("operations") });
  new aws.sns.TopicPolicy(`OperationsPolicy${suffix}`, {
    ...there,
    arn: topic.arn,
    policy: topic.arn.apply((Resource) => JSON.stringify(alarmsMayPublish(Resource, region))),
  });
  settings.alarmEmails.forEach((endpoint) => {
    new aws.sns.TopicSubscription(`Operations${suffix}-${endpoint}`, {
      ...there,
      topic: topic.arn,
      protocol: "email",
      endpoint,
    });
  });
  return topic;
}

const alarmsMayPublish = (Resource: string, region: string) => ({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Principal: { Service: "cloudwatch.amazonaws.com" },
      Action: "sns:Publish",
      Resource,
      Condition: {
        StringEquals: { "aws:SourceAccount": place.account },
        ArnLike: { "aws:SourceArn": arn("cloudwatch", "alarm:*", region) },
      },
    },
  ],
});
