import { named, place } from "./stage.ts";

/** By this name the stage's rules know the alarm that says how busy a region is. */
export const busyAlarmName = named("busy");

/** Any alarm on Bedrock's metrics, whoever made it, that begins to ring. That of the stage has a query in place of a metric. */
export const alarmRings = {
  source: ["aws.cloudwatch"],
  "detail-type": ["CloudWatch Alarm State Change"],
  detail: {
    state: { value: ["ALARM"] },
    $or: [
      { configuration: { metrics: { metricStat: { metric: { namespace: ["AWS/Bedrock", "AWS/BedrockMantle"] } } } } },
      { alarmName: [busyAlarmName] },
    ],
  },
};

/** A change of what an operator sets. The event does not carry the value. */
export const parameterChanges = {
  source: ["aws.ssm"],
  "detail-type": ["Parameter Store Change"],
  detail: {
    operation: ["Create", "Update", "Delete"],
    name: [{ prefix: `/bedrock-governor/${place.stage}/` }],
  },
};

/** The address at which Slack takes notices. */
export const webhookChanges = {
  ...parameterChanges,
  detail: { ...parameterChanges.detail, name: [`/bedrock-governor/${place.stage}/notify/slack-webhook`] },
};

/** Whatever the governor tells on the stage's bus. Nobody else's events there are kept. */
export const announcements = { source: ["bedrock-governor"] };

/** Somebody who may put events on the stage's bus asks for a run. What the governor announces there comes from another source. */
export const wakeRequests = { source: ["bedrock-governor.signal"], "detail-type": ["Wake"] };
