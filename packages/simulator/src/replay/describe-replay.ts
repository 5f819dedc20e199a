import { exactAmount } from "@bedrock-governor/core/words/amount";
import { table } from "@bedrock-governor/core/words/table";
import type { LatencyModel } from "../latency.ts";
import type { KeyResult, ReplayResult, Spread } from "./result.ts";

/** A replay's result for someone at a terminal: a table, what its columns mean, and the delays it rests on. */
export function describeReplay(result: ReplayResult): string {
  const { rows, seed, refused, runs, limits, latencyModel } = result;
  return [
    `${counted(rows)} requests replayed with seed ${seed}, ${counted(refused)} refused, ${counted(runs)} runs of the governor.`,
    "",
    ...(limits.length === 0 ? ["No limit counts any of them."] : table([HEADER, ...limits.map(cells)])),
    "",
    ...MEANING,
    "",
    "Assumed delays:",
    ...table(delays(latencyModel)).map((line) => `  ${line}`),
    "",
  ].join("\n");
}

const HEADER = [
  "Limit",
  "Key",
  "Source",
  "Threshold",
  "Crossed",
  "Detected",
  "Enforced",
  "Overshoot",
  "Floor",
  "Refused",
  "Lifted",
];

const MEANING = [
  "Detected, enforced: from a crossing until the governor sent the deny, and until it worked in IAM; median, then longest.",
  "Overshoot: what was used above the threshold before the deny worked, at the worst crossing.",
  "Floor: the overshoot of a governor that takes no time at all. It is due to the source and to IAM, and the rest to us.",
];

function cells(one: KeyResult): readonly string[] {
  const { name, key, source, measure, threshold, line, crossings, detectionMs, enforcementMs, floor } = one;
  const none = crossings.length === 0;
  return [
    name,
    [key.principal, key.model].filter((part) => part !== undefined).join(" ") || "everyone",
    source,
    exactAmount(measure, threshold),
    one.unpriced.length > 0 ? "unknown" : counted(crossings.length),
    spread(detectionMs),
    spread(enforcementMs),
    none ? "-" : percent(one.overshootPct),
    none || floor === null ? "-" : percent((floor / line) * 100),
    counted(one.refused),
    counted(one.lifts),
  ];
}

const counted = (amount: number): string => amount.toLocaleString("en-US");
const percent = (share: number): string => `${share.toFixed(2)} %`;
const spread = ({ p50, max }: Spread): string =>
  p50 === null || max === null ? "-" : p50 === max ? time(p50) : `${time(p50)}, ${time(max)}`;

function time(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return whole(seconds, "min", "s");
  return whole(Math.round(seconds / 60), "h", "min");
}

const whole = (parts: number, unit: string, part: string): string =>
  `${Math.floor(parts / 60)} ${unit}${parts % 60 === 0 ? "" : ` ${parts % 60} ${part}`}`;

function delays(model: LatencyModel): readonly (readonly string[])[] {
  const { requestDurationMs, logDeliveryMs, meterMs, wakeMs, metricPublicationMs, iamPropagationMs, billingMs } = model;
  const between = ([min, max]: readonly [number, number]) => `${time(min)} to ${time(max)}`;
  const { median, sigma } = iamPropagationMs.lognormal;
  const { firstToken, outputTokensPerSecond } = requestDurationMs;
  return [
    ["request", `${time(firstToken)} and 1 s per ${outputTokensPerSecond} output tokens`, requestDurationMs.source],
    ["log delivery", between(logDeliveryMs.uniform), logDeliveryMs.source],
    ["metering", time(meterMs.fixed), meterMs.source],
    ["wake", between(wakeMs.uniform), wakeMs.source],
    [
      "metric publication",
      `${between(metricPublicationMs.afterMinuteEnds.uniform)} after the minute`,
      metricPublicationMs.source,
    ],
    ["schedule", `every ${time(model.scheduleMs.every)}`, model.scheduleMs.source],
    ["run, read to write", time(model.reconcileMs.fixed), model.reconcileMs.source],
    [
      "IAM propagation",
      `lognormal, median ${time(median)}, sigma ${sigma}, at most ${time(iamPropagationMs.cap)}`,
      iamPropagationMs.source,
    ],
    ["billing data", `every ${between(billingMs.every.uniform)}`, billingMs.source],
  ];
}
