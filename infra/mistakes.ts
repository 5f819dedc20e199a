import { partitionOf } from "./partition.ts";
import type { StageSettings } from "./settings.ts";

/**
 * What is wrong with a stage's settings, one sentence each: where, what, and what to write instead.
 *
 * @param account twelve digits: the account that the stage is deployed to, as far as it is known
 */
export function mistakesOf(stage: string, settings: StageSettings, account?: string): readonly string[] {
  const { regions, governedPrincipals, breakGlassRoles, enforcement, retentionDays, alarmEmails } = settings;
  const { metering, helpSlug = "none", wakeAt = { invocationsPerMinute: 1 } } = settings;
  const bounds = { partition: partitionOf(regions[0]), account };
  const mistakes = [
    ...each("regions", regions, (region, i) => mistakesOfRegion(region, i, regions)),
    ...each("governedPrincipals", governedPrincipals, (one) =>
      mistakesOfPattern(one, { ...bounds, kinds: "role|user" }),
    ),
    ...each("breakGlassRoles", breakGlassRoles, (one) => mistakesOfPattern(one, { ...bounds, kinds: "role" })),
    ...unless(
      enforcement !== "on" || governedPrincipals.length > 0,
      'governedPrincipals is empty while enforcement is "on": name who may be denied, or set enforcement to "none".',
    ),
    ...unless(
      sizeOf([...governedPrincipals, ...breakGlassRoles]) <= ROOM_FOR_PATTERNS,
      `governedPrincipals and breakGlassRoles are longer than the ${ROOM_FOR_PATTERNS} characters that a role's policy has room for: write fewer patterns, with *.`,
    ),
    ...unless(["on", "none"].includes(enforcement), `enforcement is ${show(enforcement)}: write "on" or "none".`),
    ...Object.entries(metering).flatMap(([region, wanted]) => mistakesOfMetering(region, wanted, regions)),
    ...unless(
      isWhole(retentionDays) && retentionDays >= LONGEST_PERIOD_DAYS && retentionDays <= TEN_YEARS,
      `retentionDays is ${show(retentionDays)}: write a whole number from ${LONGEST_PERIOD_DAYS} to ${TEN_YEARS}.`,
    ),
    ...each("alarmEmails", alarmEmails, (address) =>
      unless(
        /^[^\s@]+@[^\s@]+$/.test(address),
        `is ${show(address)}: write an address such as ops@example.com, or leave it out.`,
      ),
    ),
    ...unless(
      isWhole(wakeAt.invocationsPerMinute) && wakeAt.invocationsPerMinute > 0,
      `wakeAt.invocationsPerMinute is ${show(wakeAt.invocationsPerMinute)}: write a whole number above 0, or leave wakeAt out.`,
    ),
    ...unless(
      /^[A-Za-z0-9-]{1,40}$/.test(helpSlug),
      `helpSlug is ${show(helpSlug)}: write at most 40 letters, digits and hyphens.`,
    ),
  ];
  return [
    ...unless(/^[A-Za-z0-9-]{1,30}$/.test(stage), `Stage ${stage}: its name may have 30 letters, digits and hyphens.`),
    ...mistakes.map((what) => `Stage ${stage}, in infra/settings.ts: ${what}`),
  ];
}

export function refuse(mistakes: readonly string[]): void {
  if (mistakes.length > 0) throw new Error(mistakes.join("\n"));
}

/** Of the 10,240 characters that IAM grants a role's inline policies. */
const ROOM_FOR_PATTERNS = 4_000;
/** Each with its quotes and a comma. */
const sizeOf = (patterns: readonly string[]) => patterns.reduce((sum, pattern) => sum + pattern.length + 3, 0);

/** A limit of a month needs the whole of it. */
const LONGEST_PERIOD_DAYS = 32;
const TEN_YEARS = 3653;

function mistakesOfRegion(region: string, index: number, all: StageSettings["regions"]): string[] {
  if (!/^[a-z]{2,4}(-[a-z]+)+-\d$/.test(region)) {
    return [`is ${show(region)}, which is no AWS region: write one such as "eu-central-1".`];
  }
  if (all.indexOf(region) !== index) return [`repeats ${show(region)}: leave it out.`];
  const home = partitionOf(all[0]);
  if (partitionOf(region) === home) return [];
  return [`is ${show(region)}, which is not in partition ${home} as ${all[0]} is: give it a stage of its own.`];
}

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
const LOG_GROUP = /^[\w.\-/#]{1,512}$/;

const mistakesOfMetering = (region: string, wanted: string, regions: readonly string[]): string[] => [
  ...unless(
    regions.includes(region),
    `metering names ${show(region)}, which is not among the regions: add it to them, or leave it out.`,
  ),
  ...unless(
    LOG_GROUP.test(wanted),
    `metering[${show(region)}] is ${show(wanted)}, which is no name of a log group: write one, "manage" or "off".`,
  ),
];

interface Bounds {
  readonly partition: string;
  /** `role`, or `role|user`. */
  readonly kinds: string;
  readonly account: string | undefined;
}

function mistakesOfPattern(pattern: string, { partition, kinds, account }: Bounds): string[] {
  const form = new RegExp(`^arn:([a-z-]+):iam::(\\d{12}|\\*):(?:${kinds})/[\\w+=,.@/*-]+$`).exec(pattern);
  const example = `arn:${partition}:iam::${account ?? "123456789012"}:role/data-science/*`;
  if (form === null) {
    const what = kinds === "role" ? "a role" : "a role or user";
    return [`is ${show(pattern)}, which is no ARN pattern of ${what}: write one such as "${example}".`];
  }
  const [, named, owner] = form;
  if (named !== partition) return [`names partition ${named}, but the stage is in ${partition}: write "${example}".`];
  if (account === undefined || owner === account || owner === "*") return [];
  return [`names account ${owner}, but the stage is in ${account}: write that one, or * for whichever it is.`];
}

const each = (field: string, values: readonly string[], mistakesIn: (value: string, index: number) => string[]) =>
  values.flatMap((value, i) => mistakesIn(value, i).map((what) => `${field}[${i}] ${what}`));
const unless = (isRight: boolean, sentence: string): string[] => (isRight ? [] : [sentence]);
const isWhole = Number.isInteger;
const show = (value: unknown): string => JSON.stringify(value) ?? "undefined";
