import { mistakesOfBudgets } from "./budget-mistakes.ts";
import { partitionOf } from "./partition.ts";
import type { StageSettings } from "./settings.ts";

/**
 * What is wrong with a stage's settings, one sentence each: where, what, and what to write instead.
 *
 * @param account twelve digits: the account that the stage is deployed to, as far as it is known
 */
export function mistakesOf(stage: string, settings: StageSettings, account?: string): readonly string[] {
  const misshapen = mistakesOfShape(settings);
  const mistakes = misshapen.length > 0 ? misshapen : mistakesOfValues(stage, settings, account);
  return [
    ...unless(/^[A-Za-z0-9-]{1,30}$/.test(stage), `Stage ${stage}: its name may have 30 letters, digits and hyphens.`),
    ...mistakes.map((what) => `Stage ${stage}, in infra/settings.ts: ${what}`),
  ];
}

export function refuse(mistakes: readonly string[]): void {
  if (mistakes.length > 0) throw new Error(mistakes.join("\n"));
}

type Setting = keyof StageSettings;

/** The settings are TypeScript, but nobody checks its types before a deploy. */
function mistakesOfShape(settings: StageSettings): string[] {
  const unknown = Object.keys(settings).filter((key) => !Object.hasOwn(SHAPES, key));
  const misshapen = (Object.keys(SHAPES) as Setting[]).filter((key) => !SHAPES[key].fits(settings[key]));
  return [
    ...unknown.map((key) => `there is no setting ${key}: write ${nearest(key) ?? "another"}, or leave it out.`),
    ...misshapen.map((key) => `${key} is ${show(settings[key])}: write ${SHAPES[key].example}.`),
  ];
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === "string");
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const KEY_ARN = /^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/;
const anything = { fits: () => true, example: "" };

const SHAPES: Record<Setting, { readonly fits: (value: unknown) => boolean; readonly example: string }> = {
  regions: {
    fits: (value) => isTexts(value) && (value as string[]).length > 0,
    example: 'a list with at least one region, such as ["eu-central-1"]',
  },
  governedPrincipals: { fits: isTexts, example: "a list of ARN patterns, or [] for nobody" },
  breakGlassPrincipals: { fits: isTexts, example: "a list of ARN patterns, or [] for nobody" },
  alarmEmails: { fits: isTexts, example: "a list of addresses, or [] for nobody" },
  noticeEmails: { fits: isTexts, example: "a list of addresses, or [] for nobody" },
  budgets: {
    fits: (value) =>
      isRecord(value) &&
      Object.values(value).every((one) => isRecord(one) && (one.billedAs === undefined || isRecord(one.billedAs))),
    example: '{ "bedrock-claude": { model: "anthropic.*", amount: 500, timeUnit: "MONTHLY" } }, or {} for none',
  },
  slackWebhookKey: {
    // By an alias IAM grants nothing.
    fits: (value) => value === undefined || (typeof value === "string" && KEY_ARN.test(value)),
    example: "the key's own ARN, arn:aws:kms:<region>:<account>:key/<id>, not that of an alias, or leave it out",
  },
  metering: {
    fits: (value) => isRecord(value) && isTexts(Object.values(value)),
    example: '{ "eu-central-1": "manage" }, or {} for no region',
  },
  // What they are is checked with their values.
  enforcement: anything,
  retentionDays: anything,
  helpSlug: {
    fits: (value) => value === undefined || typeof value === "string",
    example: "a text, or leave it out",
  },
  wakeAt: {
    fits: (value) => value === undefined || (typeof value === "object" && value !== null),
    example: "{ invocationsPerMinute: 250 }, or leave it out",
  },
};

/** The setting that begins as the word does, in as many letters as any and in three at least. */
function nearest(word: string): string | undefined {
  const beginsAlike = (length: number) => Object.keys(SHAPES).find((key) => key.startsWith(word.slice(0, length)));
  for (let length = word.length; length >= 3; length--) if (beginsAlike(length)) return beginsAlike(length);
  return undefined;
}

function mistakesOfValues(stage: string, settings: StageSettings, account: string | undefined): string[] {
  const { regions, governedPrincipals, breakGlassPrincipals, enforcement, retentionDays } = settings;
  const { metering, helpSlug = "none", wakeAt = { invocationsPerMinute: 1 } } = settings;
  const bounds = { partition: partitionOf(regions[0]), account };
  return [
    ...each("regions", regions, (region, i) => mistakesOfRegion(region, i, regions)),
    ...each("governedPrincipals", governedPrincipals, (one) => [
      ...mistakesOfPattern(one, bounds),
      ...unless(
        !EVERYONE.test(one) || breakGlassPrincipals.length > 0,
        `is ${show(one)}, which is everyone, while breakGlassPrincipals is empty: name one there who is never denied.`,
      ),
    ]),
    ...each("breakGlassPrincipals", breakGlassPrincipals, (one) => mistakesOfPattern(one, bounds)),
    ...unless(
      enforcement !== "on" || governedPrincipals.length > 0,
      'governedPrincipals is empty while enforcement is "on": name who may be denied, or set enforcement to "none".',
    ),
    ...unless(
      sizeOf([...governedPrincipals, ...breakGlassPrincipals]) <= ROOM_FOR_PATTERNS,
      `governedPrincipals and breakGlassPrincipals are longer than the ${ROOM_FOR_PATTERNS} characters that a function's environment has room for: write fewer patterns, with *.`,
    ),
    ...unless(["on", "none"].includes(enforcement), `enforcement is ${show(enforcement)}: write "on" or "none".`),
    ...Object.entries(metering).flatMap(([region, wanted]) => [
      ...unless(
        regions.includes(region),
        `metering names ${show(region)}, which is not among the regions: add it to them, or leave it out.`,
      ),
      ...mistakesOfLog(wanted, stage).map((what) => `metering[${show(region)}] is ${show(wanted)}, which is ${what}`),
    ]),
    ...unless(
      isWhole(retentionDays) && retentionDays >= LONGEST_PERIOD_DAYS && retentionDays <= TEN_YEARS,
      `retentionDays is ${show(retentionDays)}: write a whole number from ${LONGEST_PERIOD_DAYS} to ${TEN_YEARS}.`,
    ),
    ...each("alarmEmails", settings.alarmEmails, (one, i) => mistakesOfAddress(one, i, settings.alarmEmails)),
    ...each("noticeEmails", settings.noticeEmails, (one, i) => mistakesOfAddress(one, i, settings.noticeEmails)),
    ...mistakesOfBudgets(settings.budgets),
    ...unless(
      isWhole(wakeAt.invocationsPerMinute) && wakeAt.invocationsPerMinute > 0,
      `wakeAt.invocationsPerMinute is ${show(wakeAt.invocationsPerMinute)}: write a whole number above 0, or leave wakeAt out.`,
    ),
    ...unless(
      /^[A-Za-z0-9-]{1,40}$/.test(helpSlug),
      `helpSlug is ${show(helpSlug)}: write at most 40 letters, digits and hyphens.`,
    ),
  ];
}

/** Right after the account, or whatever the path. */
const EVERYONE = /:(role|user)\/[*/]+$/;

/** Of the 4 KB of a function's environment. A role's policy has more: 10,240 characters. */
const ROOM_FOR_PATTERNS = 3_000;
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

/** Of every stage: what functions log, and what is announced. */
const WRITTEN_BY_US = /^\/aws\/lambda\/bedrock-governor-|^\/bedrock-governor\/[^/]+\/events$/;

function mistakesOfLog(wanted: string, stage: string): string[] {
  if (!LOG_GROUP.test(wanted)) return ['no name of a log group: write one, "manage" or "off".'];
  if (WRITTEN_BY_US.test(wanted)) {
    return [
      'a log that a governor writes, so that each record would make the next: name the log group that Bedrock\'s invocation log goes to, or write "manage".',
    ];
  }
  return unless(wanted !== `/bedrock-governor/${stage}/invocations`, 'the stage\'s own log: write "manage".');
}

function mistakesOfAddress(address: string, index: number, all: readonly string[]): string[] {
  if (all.indexOf(address) !== index) return [`repeats ${show(address)}: leave it out.`];
  return unless(
    /^[^\s@]+@[^\s@]+$/.test(address),
    `is ${show(address)}: write an address such as ops@example.com, or leave it out.`,
  );
}

interface Bounds {
  readonly partition: string;
  readonly account: string | undefined;
}

function mistakesOfPattern(pattern: string, { partition, account }: Bounds): string[] {
  const form = /^arn:([a-z-]+):iam::(\d{12}|\*):(?:role|user)\/[\w+=,.@/*-]+$/.exec(pattern);
  const example = `arn:${partition}:iam::${account ?? "123456789012"}:role/data-science/*`;
  if (form === null) {
    return [`is ${show(pattern)}, which is no ARN pattern of a role or user: write one such as "${example}".`];
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
