import { place } from "./stage.ts";

/** EventBridge has no role to put events into a queue with: the queue itself lets these rules, and nobody else's. */
export function rulesMaySend(id: string, queue: aws.sqs.Queue, rules: readonly aws.cloudwatch.EventRule[]): void {
  new aws.sqs.QueuePolicy(id, {
    queueUrl: queue.url,
    policy: $resolve([queue.arn, ...rules.map(({ arn }) => arn)]).apply(([Resource, ...sources]) =>
      JSON.stringify({
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Principal: { Service: "events.amazonaws.com" },
            Action: "sqs:SendMessage",
            Resource,
            Condition: {
              ArnEquals: { "aws:SourceArn": sources },
              StringEquals: { "aws:SourceAccount": place.account },
            },
          },
        ],
      }),
    ),
  });
}
