import { type CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Permission, Place } from "../../permission.ts";

/**
 * Alarms that ring when usage is lost, by the ends of their names, and what they say. One that rings when usage is
 * late is not among them: it still comes. Nor is one on usage that was given up: that is unknown by its own mark.
 */
const LOSSES: Readonly<Record<string, string>> = {
  "log-delivery-errors": "CloudWatch Logs cannot hand the log to the meter",
  "meter-dropped": "Lambda gave up on log batches",
  "replay-dead-letters": "log batches are neither counted nor given up",
  "subscription-missing": "the meter is handed no records of the log",
};
/** How long an answer is good: alarms on minutes do not ring sooner. */
const GOOD_FOR_MS = 50_000;

export interface MeterHealthOptions {
  /** Of every region with a meter, by region. */
  readonly clients: ReadonlyMap<string, CloudWatchClient>;
  readonly stage: string;
  readonly now: () => EpochMs;
}

/** Why what the meters count cannot be trusted now, in words; undefined while it can. Rejects if a region's alarms are unread. */
export type MeterHealth = () => Promise<string | undefined>;

/** The meters' own alarms say whether usage is being lost; an alarm that is not there rings for nothing. */
export function createMeterHealth({ clients, stage, now }: MeterHealthOptions): MeterHealth {
  let last: { readonly at: EpochMs; readonly why: string | undefined } | undefined;

  async function ringing(region: string, client: CloudWatchClient): Promise<readonly string[]> {
    const { MetricAlarms = [] } = await client.send(
      new DescribeAlarmsCommand({ AlarmNames: alarmNames(stage), AlarmTypes: ["MetricAlarm"], StateValue: "ALARM" }),
    );
    return MetricAlarms.flatMap(({ AlarmName = "" }) => {
      const what = Object.keys(LOSSES).find((end) => AlarmName.endsWith(end));
      return what === undefined ? [] : [`${LOSSES[what]} in ${region} (alarm ${AlarmName})`];
    });
  }

  return async () => {
    const at = now();
    if (last !== undefined && at - last.at < GOOD_FOR_MS) return last.why;
    const told = await Promise.all([...clients].map(([region, client]) => ringing(region, client)));
    const all = told.flat();
    last = { at, why: all.length === 0 ? undefined : `usage is being lost: ${all.join("; ")}` };
    return last.why;
  };
}

const alarmNames = (stage: string): string[] => Object.keys(LOSSES).map((end) => `bedrock-governor-${stage}-${end}`);

/**
 * Of metric alarms only: with a narrower resource than `*` CloudWatch shows no composite ones.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
 */
export const healthPermissions = (
  { partition, account, stage }: Place,
  meteredRegions: readonly string[],
): readonly Permission[] => [
  {
    actions: ["cloudwatch:DescribeAlarms"],
    resources: meteredRegions.flatMap((region) =>
      alarmNames(stage).map((name) => `arn:${partition}:cloudwatch:${region}:${account}:alarm:${name}`),
    ),
  },
];
