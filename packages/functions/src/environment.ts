import type { Place } from "@bedrock-governor/aws/permission";

/** What every function of a stage is told. */
export interface FunctionEnvironment {
  readonly place: Place;
}

/** What the reconciler is told beside. */
export interface ReconcilerEnvironment extends FunctionEnvironment {
  /** Whose Bedrock use counts; the first is home. */
  readonly regions: readonly string[];
  /** Those of them with a meter. */
  readonly meteredRegions: readonly string[];
  readonly table: string;
  readonly bus: string;
  readonly enforcement: "on" | "none";
  /** The publisher's function name; there is one exactly where enforcement is on. */
  readonly publisher: string | undefined;
  /** Full ARN patterns: the governor's own roles and the break-glass roles. */
  readonly protectedPrincipals: readonly string[];
  /** Full ARN patterns of those who may be denied at all; undefined: nobody is left out. */
  readonly governedPrincipals: readonly string[] | undefined;
  readonly retentionDays: number;
  readonly helpSlug: string | undefined;
}

/** What a meter is told beside. Its own region is that of the log. */
export interface MeterEnvironment extends FunctionEnvironment {
  /** Where table and bus are. */
  readonly homeRegion: string;
  readonly table: string;
  readonly bus: string;
  /** The URL of the queue, in the meter's own region. */
  readonly replayQueue: string;
  readonly logGroup: string;
}

/** What the notifier is told beside. */
export interface NotifierEnvironment extends FunctionEnvironment {
  readonly table: string;
  /** ARN. */
  readonly noticesTopic: string;
  /** ARN. */
  readonly chatTopic: string;
  /** URL. */
  readonly undeliveredQueue: string;
  readonly retentionDays: number;
}

export interface RollUpEnvironment extends FunctionEnvironment {
  readonly table: string;
  readonly retentionDays: number;
}

export interface InvocationLoggingEnvironment extends FunctionEnvironment {
  readonly logGroup: string;
  /** The ARN of the role with which Bedrock writes to it. */
  readonly loggingRole: string;
}

/** Text by variable, as in `process.env`. */
export type Variables = Readonly<Record<string, string | undefined>>;

interface Variable<T> {
  readonly name: string;
  /** The rest of a sentence, as in "must be 12 digits". */
  readonly allowed: string;
  /** Undefined if the text is not allowed. */
  readonly read: (text: string) => T | undefined;
}

const stage = named("GOVERNOR_STAGE", /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/, "a stage's name, letters, digits and hyphens");
const account = named("GOVERNOR_ACCOUNT", /^\d{12}$/, "12 digits");
const partition = named("GOVERNOR_PARTITION", /^aws(-[a-z]+)*$/, "a partition, such as aws or aws-us-gov");
const REGION = /^[a-z]{2,}(-[a-z]+)+-\d+$/;
const region = named("AWS_REGION", REGION, "a region, such as eu-central-1; Lambda sets it");
const table = named("GOVERNOR_TABLE", /^[\w.-]{3,255}$/, "the name of a table");
const bus = named("GOVERNOR_BUS", /^[\w./-]{1,256}$/, "the name of an event bus");
const publisher = named("GOVERNOR_PUBLISHER", /^[\w:-]{1,170}$/, "the name of the function that publishes policies");
const helpSlug = named("GOVERNOR_HELP_SLUG", /^[A-Za-z0-9-]{1,40}$/, "at most 40 letters, digits and hyphens");

const homeRegion = named("GOVERNOR_HOME_REGION", REGION, "the region of the stage's table, such as eu-central-1");
const QUEUE_URL = /^https?:\/\/\S+$/;
const replayQueue = named("GOVERNOR_REPLAY_QUEUE", QUEUE_URL, "the URL of a queue");
const undeliveredQueue = named("GOVERNOR_UNDELIVERED_QUEUE", QUEUE_URL, "the URL of a queue");
const TOPIC_ARN = /^arn:[^:]+:sns:[^:]+:\d{12}:[\w-]{1,256}$/;
const noticesTopic = named("GOVERNOR_NOTICES_TOPIC", TOPIC_ARN, "the ARN of a topic");
const chatTopic = named("GOVERNOR_CHAT_TOPIC", TOPIC_ARN, "the ARN of a topic");
const logGroup = named("GOVERNOR_LOG_GROUP", /^[\w./#-]{1,512}$/, "the name of a log group");
const loggingRole = named("GOVERNOR_LOGGING_ROLE", /^arn:[^:]+:iam::\d{12}:role\/\S+$/, "the ARN of a role");

const regionsNamed = (name: string): Variable<readonly string[]> => ({
  name,
  allowed: "regions, each once, with a comma between them, as in eu-central-1,us-east-1",
  read(text) {
    const all = text.split(",");
    return all.every((one) => REGION.test(one)) && new Set(all).size === all.length ? all : undefined;
  },
});
const regions = regionsNamed("GOVERNOR_REGIONS");
const meteredRegions = regionsNamed("GOVERNOR_METERING");

const enforcement: Variable<"on" | "none"> = {
  name: "GOVERNOR_ENFORCEMENT",
  allowed: "on or none",
  read: (text) => (text === "on" || text === "none" ? text : undefined),
};

const retentionDays: Variable<number> = {
  name: "GOVERNOR_RETENTION_DAYS",
  allowed: "a whole number of days from 1 to 3653",
  read: (text) => (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= 3_653 ? Number(text) : undefined),
};

const protectedPrincipals = arnPatterns("GOVERNOR_PROTECTED_PRINCIPALS");
const governedPrincipals = arnPatterns("GOVERNOR_GOVERNED_PRINCIPALS");

/** @throws an error that names every mistake at once. */
export function readEnvironment(variables: Variables): FunctionEnvironment {
  return checked(variables, (read) => ({ place: placeFrom(read) }));
}

/** @throws an error that names every mistake at once. */
export function readReconcilerEnvironment(variables: Variables): ReconcilerEnvironment {
  return checked(variables, (read) => {
    const mode = read(enforcement);
    return {
      place: placeFrom(read),
      regions: read(regions),
      meteredRegions: isSet(variables[meteredRegions.name]) ? read(meteredRegions) : [],
      table: read(table),
      bus: read(bus),
      enforcement: mode,
      publisher: mode === "on" ? read(publisher) : undefined,
      protectedPrincipals: read(protectedPrincipals),
      governedPrincipals: isSet(variables[governedPrincipals.name]) ? read(governedPrincipals) : undefined,
      retentionDays: read(retentionDays),
      helpSlug: isSet(variables[helpSlug.name]) ? read(helpSlug) : undefined,
    };
  });
}

/** @throws an error that names every mistake at once. */
export function readMeterEnvironment(variables: Variables): MeterEnvironment {
  return checked(variables, (read) => ({
    place: placeFrom(read),
    homeRegion: read(homeRegion),
    table: read(table),
    bus: read(bus),
    replayQueue: read(replayQueue),
    logGroup: read(logGroup),
  }));
}

/** @throws an error that names every mistake at once. */
export function readNotifierEnvironment(variables: Variables): NotifierEnvironment {
  return checked(variables, (read) => ({
    place: placeFrom(read),
    table: read(table),
    noticesTopic: read(noticesTopic),
    chatTopic: read(chatTopic),
    undeliveredQueue: read(undeliveredQueue),
    retentionDays: read(retentionDays),
  }));
}

/** @throws an error that names every mistake at once. */
export function readRollUpEnvironment(variables: Variables): RollUpEnvironment {
  return checked(variables, (read) => ({
    place: placeFrom(read),
    table: read(table),
    retentionDays: read(retentionDays),
  }));
}

/** @throws an error that names every mistake at once. */
export function readInvocationLoggingEnvironment(variables: Variables): InvocationLoggingEnvironment {
  return checked(variables, (read) => ({
    place: placeFrom(read),
    logGroup: read(logGroup),
    loggingRole: read(loggingRole),
  }));
}

type Read = <T>(variable: Variable<T>) => T;

const placeFrom = (read: Read): Place => ({
  stage: read(stage),
  account: read(account),
  partition: read(partition),
  region: read(region),
});

/** Reads on after a mistake, to name them all. */
function checked<T>(variables: Variables, readAll: (read: Read) => T): T {
  const mistakes: string[] = [];
  const environment = readAll(<V>({ name, allowed, read }: Variable<V>): V => {
    const text = variables[name];
    const value = isSet(text) ? read(text) : undefined;
    if (value === undefined)
      mistakes.push(`${name} ${isSet(text) ? `is ${JSON.stringify(text)}` : "is not set"}: it must be ${allowed}`);
    // Nobody sees it: a mistake ends in the error below.
    return value as V;
  });
  if (mistakes.length === 0) return environment;
  throw new Error(
    `the function's environment is not as it was deployed; deploy the stage again, and change its variables in infra only:\n${mistakes.join("\n")}`,
  );
}

const isSet = (text: string | undefined): text is string => text !== undefined && text !== "";

function named(name: string, form: RegExp, allowed: string): Variable<string> {
  return { name, allowed, read: (text) => (form.test(text) ? text : undefined) };
}

function arnPatterns(name: string): Variable<readonly string[]> {
  const isPattern = (one: unknown): one is string => typeof one === "string" && /^arn:[^:]+:iam::[^:]*:\S+$/.test(one);
  return {
    name,
    allowed: 'a JSON array of ARN patterns, as in ["arn:aws:iam::111122223333:role/break-glass"]',
    read(text) {
      const value = parsed(text);
      return Array.isArray(value) && value.every(isPattern) ? value : undefined;
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}
