import { mistakesOf, refuse } from "./mistakes.ts";

/** What differs between stages. Everything an operator tunes while it runs is an SSM parameter instead. */
export interface StageSettings {
  /** AWS regions whose Bedrock use counts, of one partition. The governor itself stands in the first. */
  regions: readonly [string, ...string[]];
  /**
   * ARN patterns, `*` as in IAM, of the roles and users this stage may deny. They bound the governor's own
   * permissions, so a limit that selects anyone else is refused by IAM.
   */
  governedPrincipals: readonly string[];
  /** ARN patterns of roles and users that are never denied, whatever a limit says. */
  breakGlassPrincipals: readonly string[];
  /**
   * `none`: the governor holds no permission to deny, so even `mode` set to `enforce` only observes. A stage
   * that goes from `on` to `none` lifts every deny and deletes its policies while it is deployed.
   */
  enforcement: "none" | "on";
  /**
   * Per region, from which invocation log it is known who used what.
   *
   * - `off`, or left out: from none. What a limit counts by the log, it does not see there.
   * - the name of a log group: from the one that Bedrock's invocation log already goes to. It must have room for one
   *   more subscription filter, of two.
   * - `manage`: from a log group of the stage's own. The stage has Bedrock log there, without prompts and answers, only
   *   where nothing is configured yet, and keeps it for 60 days. The log group goes with the stage, or with its region. A
   *   protected stage keeps it, with its records, where this is `off` again.
   */
  metering: Readonly<Record<string, string>>;
  /** How long usage and the journal of denies are kept, in days; usage 62 at least, as limits ask for up to a month. Logs as long, or a little shorter: CloudWatch knows only some terms. */
  retentionDays: number;
  /** Part of every deny policy's name, which the denied person reads: where to ask. */
  helpSlug?: string;
  /** Who is mailed the alarms about the governor itself. Each address must confirm the mail it gets first. */
  alarmEmails: readonly string[];
  /** Who is mailed what the governor announces: denies, lifts, warnings, changes. Each must confirm likewise. */
  noticeEmails: readonly string[];
  /**
   * Budgets that the stage keeps in AWS Budgets, by their names: letters, digits and hyphens. A limit reads one with
   * `"source": "budget:<name>"`; each wakes the governor at 50, 80 and 100 % spent, and when 100 % is forecast.
   */
  budgets: Readonly<Record<string, BudgetSettings>>;
  /**
   * ARN of the key of your own that encrypts `notify/slack-webhook`, `arn:…:key/…`, since IAM grants nothing by an
   * alias; left out: AWS's own for SSM.
   */
  slackWebhookKey?: string;
  /**
   * Wakes the governor when a region gets busier than this, instead of at the next minute. Costs an alarm
   * per region: the stage's outputs say how much.
   */
  wakeAt?: { invocationsPerMinute: number };
}

/** What a budget of the stage counts, and how much it may be. */
export interface BudgetSettings {
  /**
   * A model by its canonical id (`anthropic.claude-opus-4-6-v1`), a family (`anthropic.*`, `anthropic.claude-opus-*`,
   * `amazon.nova-*`), or `*` for all of Bedrock. What the bill calls it is known of Anthropic's and Amazon's models, as
   * far as `billed-names.ts` has them.
   */
  readonly model: string;
  /** US dollars in a time unit, above 0. */
  readonly amount: number;
  /**
   * Bills are hours late: a limit that reads a daily budget knows its usage only from noon UTC on.
   *
   * A deploy that changes it to or from `DAILY` deletes the budget and makes it anew, without the actions that people put
   * on it, and with nothing spent until AWS has worked that out.
   */
  readonly timeUnit: "DAILY" | "MONTHLY" | "QUARTERLY" | "ANNUALLY";
  /** How the bill names the model, where that cannot be told from its id: look it up in Cost Explorer. */
  readonly billedAs?: {
    /** Services, as in `Command R+ (Amazon Bedrock Edition)`. */
    readonly services?: readonly string[];
    /** Parts of usage types of the services `Amazon Bedrock` and `Amazon Bedrock Service`, as in `Llama3-1-70B`. */
    readonly usageTypes?: readonly string[];
  };
}

/** For every stage that is not named below: it watches one region and can deny nobody. */
const defaults: StageSettings = {
  regions: ["us-east-1"],
  governedPrincipals: [],
  breakGlassPrincipals: [],
  enforcement: "none",
  metering: {},
  retentionDays: 90,
  alarmEmails: [],
  noticeEmails: [],
  budgets: {},
};

export const stages: Record<string, Partial<StageSettings>> = {
  production: { retentionDays: 400 },
};

/** @throws an error that says what is wrong, one sentence each, before anything is asked of AWS. */
export function settingsOf(stage: string): StageSettings {
  const settings = { ...defaults, ...stages[stage] };
  refuse(mistakesOf(stage, settings));
  return settings;
}
