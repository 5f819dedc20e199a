import { busyAlarmName } from "./patterns.ts";
import { settings } from "./stage.ts";

const { regions, wakeAt } = settings;

/** One per region, if wanted at all. It has no action: its change of state is an event, and that is the signal. */
export const busyAlarms = wakeAt ? regions.map((region) => createBusyAlarm(region, wakeAt.invocationsPerMinute)) : [];

function createBusyAlarm(region: string, invocationsPerMinute: number): aws.cloudwatch.MetricAlarm {
  return new aws.cloudwatch.MetricAlarm(`Busy-${region}`, {
    name: busyAlarmName,
    region,
    alarmDescription: `More than ${invocationsPerMinute} Bedrock invocations in a minute: wakes the governor`,
    // The plain series only: those per service tier count the same calls once more.
    metricQueries: [
      {
        id: "calls",
        expression: 'SELECT SUM(Invocations) FROM SCHEMA("AWS/Bedrock", ModelId)',
        period: 60,
        returnData: true,
      },
    ],
    comparisonOperator: "GreaterThanThreshold",
    threshold: invocationsPerMinute,
    evaluationPeriods: 1,
    treatMissingData: "notBreaching",
  });
}

/** https://aws.amazon.com/cloudwatch/pricing/ */
export const busyAlarmsPrice =
  "Each busy alarm costs $0.10 a month for every metric series it analyses: one for each model id that was called in its region.";
