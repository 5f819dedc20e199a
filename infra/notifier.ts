import { permissions as told } from "@bedrock-governor/aws/dynamodb/notices";
import { permissions as publish } from "@bedrock-governor/aws/sns/permissions";
import { consumerPermissions } from "@bedrock-governor/aws/sqs/replay-queue";
import { permissions as undeliveredPermissions } from "@bedrock-governor/aws/sqs/undelivered";
import { permissions as webhook } from "@bedrock-governor/aws/ssm/webhook";
import { createAlarm, errorsOf, messagesIn } from "./alarm.ts";
import { createFunction } from "./function.ts";
import { bus } from "./notifications.ts";
import { operations } from "./operations.ts";
import { announcements, webhookChanges } from "./patterns.ts";
import { rulesMaySend } from "./rules-may-send.ts";
import { createSignal } from "./signal.ts";
import { named, place, settings } from "./stage.ts";
import { allow, type Statement } from "./statements.ts";
import { table } from "./storage.ts";

/** AWS's own key for SNS serves whoever of the account may publish, and nobody but the notifier may. */
const encrypted = { kmsMasterKeyId: "alias/aws/sns" };

/** What the governor announces, for people by mail and for machines by whatever else SNS knows. */
export const notices = new aws.sns.Topic("Notices", { name: named("notices"), ...encrypted });

/** The same for Amazon Q Developer in chat applications, which takes its own format only. */
export const chatNotices = new aws.sns.Topic("ChatNotices", { name: named("chat-notices"), ...encrypted });

for (const endpoint of settings.noticeEmails) {
  new aws.sns.TopicSubscription(`Notices-${endpoint}`, { topic: notices.arn, protocol: "email", endpoint });
}

/** Notices that no channel would take: what, where and why, for people. The events themselves are in the events' log. */
export const undelivered = new aws.sqs.Queue("UndeliveredNotices", {
  name: named("undelivered-notices"),
  sqsManagedSseEnabled: true,
  messageRetentionSeconds: 14 * 24 * 60 * 60,
});

const TIMEOUT_SECONDS = 120;
const wakesName = named("notice-wakes");

/**
 * Between the bus and the notifier, so that a run that announces hundreds of changes takes at most two of the
 * account's concurrent executions: a new account has ten, and the governor must find one free. A wake that fails is
 * seen again after the time-out, and forgotten after a day.
 */
const wakes = new aws.sqs.Queue("NoticeWakes", {
  name: wakesName,
  sqsManagedSseEnabled: true,
  messageRetentionSeconds: 24 * 60 * 60,
  visibilityTimeoutSeconds: 3 * TIMEOUT_SECONDS,
});

const notifierName = named("notify");

const notifier = createFunction("Notify", {
  name: "notify",
  description: "Tells people what the governor announced, once it found it in the journal; changes nobody's access",
  handler: "packages/functions/src/notify.handler",
  timeout: `${TIMEOUT_SECONDS} seconds`,
  memory: "256 MB",
  permissions: $resolve([table.name, notices.arn, chatNotices.arn, undelivered.arn]).apply(
    ([name, noticesArn, chatArn, undeliveredArn]) => [
      ...allow(
        ...told(place, name),
        ...publish([noticesArn, chatArn]),
        ...undeliveredPermissions(undeliveredArn),
        ...webhook(place),
        ...consumerPermissions(place, wakesName),
      ),
      ...webhookKey(),
    ],
  ),
  environment: {
    GOVERNOR_TABLE: table.name,
    GOVERNOR_NOTICES_TOPIC: notices.arn,
    GOVERNOR_CHAT_TOPIC: chatNotices.arn,
    GOVERNOR_UNDELIVERED_QUEUE: undelivered.url,
    GOVERNOR_RETENTION_DAYS: String(settings.retentionDays),
  },
  // The schedule does what a failed one would do again.
  retries: { times: 0 },
});
const lambda = notifier.nodes.function;

/** AWS's own key for SSM serves whoever may read the parameter; a key of one's own asks for this. */
function webhookKey(): Statement[] {
  const { slackWebhookKey } = settings;
  return slackWebhookKey === undefined
    ? []
    : [
        {
          actions: ["kms:Decrypt"],
          resources: [slackWebhookKey],
          conditions: [
            { test: "StringEquals", variable: "kms:ViaService", values: [`ssm.${place.region}.amazonaws.com`] },
          ],
        },
      ];
}

new aws.lambda.EventSourceMapping("NoticeWakes", {
  eventSourceArn: wakes.arn,
  functionName: lambda.arn,
  batchSize: 100,
  maximumBatchingWindowInSeconds: 1,
  scalingConfig: { maximumConcurrency: 2 },
});

const wakers = [
  waker("Announced", "Wakes the notifier when the governor announces something", announcements, bus),
  waker("WebhookChanged", "Wakes the notifier when the address of Slack's webhook changes", webhookChanges),
];

rulesMaySend("NoticeWakes", wakes, wakers);

function waker(id: string, description: string, pattern: object, on?: sst.aws.Bus): aws.cloudwatch.EventRule {
  const where = on ? { eventBusName: on.name } : {};
  const rule = new aws.cloudwatch.EventRule(id, {
    name: named(id.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase()),
    description,
    eventPattern: JSON.stringify(pattern),
    ...where,
  });
  new aws.cloudwatch.EventTarget(id, { rule: rule.name, arn: wakes.arn, ...where });
  return rule;
}

/** What a channel did not take, and what no event woke anybody for. */
const schedule = createSignal("NoticeSchedule", {
  lambda,
  rule: { description: "Has notices that are left over sent", scheduleExpression: "rate(5 minutes)" },
  target: { arn: lambda.arn, retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 } },
  after: [],
});

createAlarm({
  what: "NoticesFailing",
  description:
    "A channel takes no notices, and is tried again every 5 minutes. Nobody's access depends on it. The notifier's log says why.",
  topic: operations,
  after: [schedule.target],
  condition: { ...errorsOf(notifierName), period: 300, evaluationPeriods: 2, datapointsToAlarm: 2 },
});
createAlarm({
  what: "UndeliveredNotices",
  description:
    "A channel refused a notice for good, or took none for a day: the queue of that name says which and why.",
  topic: operations,
  after: [schedule.target],
  condition: messagesIn(undelivered),
});
