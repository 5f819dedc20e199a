import { logRetention } from "./log-retention.ts";
import { bus } from "./notifications.ts";
import { announcements } from "./patterns.ts";
import { named, place } from "./stage.ts";

/** Everything the governor announces, with its reasons, for people to read. It wakes nothing, so removal need not wait for it. */
export const announcementLog = new aws.cloudwatch.LogGroup("Announcements", {
  name: `/${$app.name}/${place.stage}/events`,
  retentionInDays: logRetention.days,
});

const rule = new aws.cloudwatch.EventRule("Announcements", {
  name: named("announcements"),
  description: "Writes what the governor announces into a log group",
  eventBusName: bus.name,
  eventPattern: JSON.stringify(announcements),
});

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions */
const consent = new aws.cloudwatch.LogResourcePolicy("Announcements", {
  policyName: named("announcements"),
  policyDocument: $resolve([announcementLog.arn, rule.arn]).apply(([log, ruleArn]) => {
    const Principal = { Service: ["events.amazonaws.com", "delivery.logs.amazonaws.com"] };
    const Condition = { ArnEquals: { "aws:SourceArn": ruleArn } };
    return JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        // AWS names no source when it asks for this one.
        { Effect: "Allow", Principal, Action: "logs:CreateLogStream", Resource: `${log}:*` },
        { Effect: "Allow", Principal, Action: "logs:PutLogEvents", Resource: `${log}:*:*`, Condition },
      ],
    });
  }),
});

new aws.cloudwatch.EventTarget(
  "Announcements",
  { rule: rule.name, eventBusName: bus.name, arn: announcementLog.arn },
  { dependsOn: [consent] },
);
