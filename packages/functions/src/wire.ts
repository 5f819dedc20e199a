import { BedrockClient } from "@aws-sdk/client-bedrock";
import { BudgetsClient } from "@aws-sdk/client-budgets";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { IAMClient } from "@aws-sdk/client-iam";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { createCatalogue } from "@bedrock-governor/aws/bedrock/catalogue";
import { createInvocationLogging } from "@bedrock-governor/aws/bedrock/invocation-logging";
import { createBudgetsUsage } from "@bedrock-governor/aws/budgets/usage";
import type { Road } from "@bedrock-governor/aws/cloudwatch/series";
import { createMetricsUsage } from "@bedrock-governor/aws/cloudwatch/usage";
import { createJournal } from "@bedrock-governor/aws/dynamodb/journal";
import { createKnownAliases } from "@bedrock-governor/aws/dynamodb/known-aliases";
import { createLastMode } from "@bedrock-governor/aws/dynamodb/last-mode";
import { createLastSuccess } from "@bedrock-governor/aws/dynamodb/last-success";
import { createNotices } from "@bedrock-governor/aws/dynamodb/notices";
import { createChannelHolds } from "@bedrock-governor/aws/dynamodb/notices-hold";
import { createKeptPriceRules, type KeptPriceRules } from "@bedrock-governor/aws/dynamodb/price-rules";
import { pass } from "@bedrock-governor/aws/dynamodb/retrying";
import { createMeterHealth } from "@bedrock-governor/aws/dynamodb/usage/health";
import { createLastMetered } from "@bedrock-governor/aws/dynamodb/usage/last-metered";
import { createLogsUsage } from "@bedrock-governor/aws/dynamodb/usage/logs-usage";
import { createResolver } from "@bedrock-governor/aws/dynamodb/usage/resolver";
import { createRollUp } from "@bedrock-governor/aws/dynamodb/usage/roll-up";
import { createSetAside } from "@bedrock-governor/aws/dynamodb/usage/set-aside";
import { createWakeMark } from "@bedrock-governor/aws/dynamodb/usage/wake-mark";
import { createUsageWriter } from "@bedrock-governor/aws/dynamodb/usage/writer";
import { createAnnouncer } from "@bedrock-governor/aws/eventbridge/announcer";
import { createWake } from "@bedrock-governor/aws/eventbridge/wake";
import { createIamAccess } from "@bedrock-governor/aws/iam/access";
import { createIamDirectory } from "@bedrock-governor/aws/iam/directory";
import type { Timing } from "@bedrock-governor/aws/iam/patience";
import { createIamPublisher } from "@bedrock-governor/aws/iam/publisher";
import { createRemoval } from "@bedrock-governor/aws/iam/removal";
import { createPublisherCall } from "@bedrock-governor/aws/lambda/publisher";
import { createLogEvents } from "@bedrock-governor/aws/logs/log-events";
import { createRegionReads } from "@bedrock-governor/aws/region-reads";
import { createTopic } from "@bedrock-governor/aws/sns/publish";
import { createReplayQueue } from "@bedrock-governor/aws/sqs/replay-queue";
import { createUndeliveredQueue } from "@bedrock-governor/aws/sqs/undelivered";
import { createSsmSettings } from "@bedrock-governor/aws/ssm/settings";
import { createWebhookParameter } from "@bedrock-governor/aws/ssm/webhook";
import type { Settings } from "@bedrock-governor/core/limit/settings";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { PublisherPort, SettingsPort, UsagePort } from "@bedrock-governor/core/reconcile/ports";
import { createGovernor, type Deployment } from "@bedrock-governor/core/reconcile/reconcile";
import { createSlackWebhook } from "@bedrock-governor/notices/slack-webhook";
import { createSlackChannel } from "./channel-slack.ts";
import { createChatChannel, createSnsChannel } from "./channel-topics.ts";
import {
  type ReconcilerEnvironment,
  readEnvironment,
  readInvocationLoggingEnvironment,
  readMeterEnvironment,
  readNotifierEnvironment,
  readReconcilerEnvironment,
  readRollUpEnvironment,
  type Variables,
} from "./environment.ts";
import { loggedError } from "./error-chain.ts";
import { createInstruments, type Instruments } from "./instruments.ts";
import type { InvocationLoggingParts } from "./invocation-logging-handler.ts";
import { keepingAliases } from "./keeping-aliases.ts";
import { createLogger, createMetrics } from "./logging.ts";
import type { MeterParts } from "./meter-handler.ts";
import { createReference } from "./meter-reference.ts";
import type { NotifyParts } from "./notify-handler.ts";
import type { PublishParts } from "./publish-handler.ts";
import type { ReconcileParts } from "./reconcile-handler.ts";
import type { RemoveParts } from "./remove-handler.ts";
import type { RollUpParts } from "./roll-up-handler.ts";
import { metered, NO_METERS, unmetered } from "./unmetered.ts";

/** Time, chance and patience; what is left out is the machine's own, or the default. */
export interface Surroundings extends Pick<Timing, "now" | "sleep" | "random"> {
  /** How long a region may keep one step of reading waiting, or Slack a message. */
  readonly patienceMs?: number;
}

/**
 * How long a list of roles and users is good. Listing thousands each minute would spend the account's own
 * patience for IAM, and a role made since has hardly used anything yet.
 */
const DIRECTORY_MAX_AGE_MS = 5 * 60_000;

/** Without these the SDK waits for ever; without `throwOnRequestTimeout` it only warns. */
const timeouts = (requestTimeout: number) => ({
  connectionTimeout: 2_000,
  requestTimeout,
  throwOnRequestTimeout: true,
});
const AWS_API = { requestHandler: timeouts(5_000) };
/** The adapters to IAM try again by themselves, within pace and deadline. */
const IAM = { ...AWS_API, maxAttempts: 1 };
/** A region that gives no answer must not keep the others waiting: it gets a second attempt within its time, and no third. */
const REGIONAL = { requestHandler: timeouts(4_000), maxAttempts: 2 };
/** A message that Slack takes longer over may have arrived, and goes out again. */
const SLACK_TIMEOUT_MS = 10_000;
/** Small requests, on which the batches behind wait. */
const METER = { requestHandler: timeouts(3_000) };
/**
 * Longer than the publisher may take, and one attempt: a second would run beside the first. It must not meet
 * a connection that broke while Lambda had frozen this process, so none is kept.
 */
const PUBLISHER = { requestHandler: { ...timeouts(42_000), httpsAgent: { keepAlive: false } }, maxAttempts: 1 };

/** Everything the reconciler needs, made once per process: what it read is remembered from run to run. */
export function wireReconciler(variables: Variables, surroundings: Surroundings = {}): ReconcileParts {
  const environment = readReconcilerEnvironment(variables);
  const { place, regions, meteredRegions, table, bus, retentionDays } = environment;
  const instruments = createInstruments(place);
  const traced = tracedBy(instruments);
  const now = surroundings.now ?? Date.now;
  let deadline: EpochMs = Number.POSITIVE_INFINITY;
  const pauses = surroundings.sleep === undefined ? {} : { wait: surroundings.sleep };
  const timing: Timing = { ...surroundings, deadline: () => deadline };

  const iam = traced(new IAMClient({ region: place.region, ...IAM }));
  const ssm = traced(new SSMClient({ region: place.region, ...AWS_API }));
  const dynamodb = traced(new DynamoDBClient({ region: place.region, ...AWS_API }));
  const eventbridge = traced(new EventBridgeClient({ region: place.region, ...AWS_API }));
  const inEach = <T>(some: readonly string[], make: (region: string) => T) =>
    new Map(some.map((region) => [region, make(region)]));
  const warn = (text: string) => instruments.logger.warn(text);
  const { patienceMs } = surroundings;
  /** Of each service on its own: where one gives no answer another may. */
  const regionReads = () => createRegionReads({ now, ...(patienceMs !== undefined && { patienceMs }) });
  const catalogue = createCatalogue({
    clients: inEach(regions, (region) => traced(new BedrockClient({ region, ...REGIONAL }))),
    reads: regionReads(),
    warn,
    now,
  });
  const aliases = createKnownAliases({ dynamodb, table, now, ...pauses });
  const cloudwatch = inEach(regions, (region) => traced(new CloudWatchClient({ region, ...REGIONAL })));
  const budgets = traced(new BudgetsClient({ region: place.region, ...REGIONAL }));
  const budget = createBudgetsUsage({ budgets, account: place.account, now, reads: regionReads() });
  const { settings, inForce } = remembering(
    createSsmSettings({ ssm, place, lastMode: createLastMode({ dynamodb, table }) }),
    meteredRegions.length === 0 ? undefined : createKeptPriceRules({ dynamodb, table }),
  );

  const governor = createGovernor(deploymentOf(environment), {
    now,
    settings,
    directory: createIamDirectory({ iam, maxAgeMs: DIRECTORY_MAX_AGE_MS, ...timing }),
    catalogue: meteredRegions.length === 0 ? catalogue : keepingAliases(catalogue, aliases, warn),
    usage: {
      metrics: createMetricsUsage({
        clients: cloudwatch,
        catalogue,
        reads: regionReads(),
        settings: inForce,
        aliases,
        warn,
        now,
      }),
      logs: meteredRegions.length === 0 ? unmetered(NO_METERS) : logsUsage(),
      budget,
    },
    measured: { runtime: measured("runtime"), mantle: measured("mantle") },
    access: createIamAccess({ iam, place, ...timing }),
    publisher: publisherOf(environment.publisher),
    journal: createJournal({ dynamodb, table, now, retentionDays, ...pauses }),
    announcer: createAnnouncer({ eventbridge, busName: bus }),
  });
  return {
    ...instruments,
    metrics: createMetrics(place),
    now,
    lastSuccess: createLastSuccess({ dynamodb, table }),
    unreadLists: () => catalogue.unread().length,
    budgetsMoved: budget.forget,
    reconcile(until, how) {
      deadline = until;
      return governor.reconcile(until, how);
    },
  };

  function logsUsage(): UsagePort {
    const health = createMeterHealth({
      clients: inEach(
        meteredRegions,
        (region) => cloudwatch.get(region) ?? traced(new CloudWatchClient({ region, ...REGIONAL })),
      ),
      stage: place.stage,
      now,
    });
    const resolver = createResolver({ aliases, rules: () => inForce().prices, now });
    return metered(
      createLogsUsage({ dynamodb, table, now, health, resolver, retentionDays, warn, ...pauses }),
      regions,
      meteredRegions,
    );
  }

  /** Apart from the usage of limits, which is remembered by who asks for it, and by one road each. */
  function measured(road: Road): UsagePort {
    const settings = () => ({ ...inForce(), limits: [] });
    return createMetricsUsage({
      clients: cloudwatch,
      catalogue,
      reads: regionReads(),
      settings,
      aliases,
      road,
      warn,
      now,
    });
  }

  function publisherOf(functionName: string | undefined): PublisherPort {
    if (functionName === undefined) return NO_PUBLISHER;
    const lambda = traced(new LambdaClient({ region: place.region, ...PUBLISHER }));
    return createPublisherCall({ lambda, functionName, now, deadline: () => deadline });
  }
}

export function wirePublisher(variables: Variables, surroundings: Surroundings = {}): PublishParts {
  const { place } = readEnvironment(variables);
  const instruments = createInstruments(place);
  const iam = tracedBy(instruments)(new IAMClient({ region: place.region, ...IAM }));
  return {
    ...instruments,
    now: surroundings.now ?? Date.now,
    publisher: (deadline) => createIamPublisher({ iam, place, ...surroundings, deadline: () => deadline }),
  };
}

export function wireRemover(variables: Variables, surroundings: Surroundings = {}): RemoveParts {
  const { place } = readEnvironment(variables);
  const instruments = createInstruments(place);
  const iam = tracedBy(instruments)(new IAMClient({ region: place.region, ...IAM }));
  return {
    ...instruments,
    now: surroundings.now ?? Date.now,
    removal: (options) => createRemoval({ iam, place, ...surroundings, ...options }),
  };
}

export function wireMeter(variables: Variables, surroundings: Surroundings = {}): MeterParts {
  const { place, homeRegion, table, bus, replayQueue, logGroup } = readMeterEnvironment(variables);
  const { logger } = createLogger(place);
  const now = surroundings.now ?? Date.now;
  const wait = surroundings.sleep ?? pass;
  const dynamodb = new DynamoDBClient({ region: homeRegion, ...METER });
  const eventbridge = new EventBridgeClient({ region: homeRegion, ...METER });
  const logs = new CloudWatchLogsClient({ region: place.region, ...AWS_API });
  const sqs = new SQSClient({ region: place.region, ...METER });
  const store = { dynamodb, table, now, wait };
  return {
    logger,
    metrics: createMetrics(place),
    account: place.account,
    logGroup,
    now,
    wait,
    reference: createReference({
      aliases: createKnownAliases(store),
      rules: createKeptPriceRules({ dynamodb, table }),
      now,
      stale: (error) => logger.warn("prices and aliases are those read before", { cause: loggedError(error) }),
    }),
    writer: createUsageWriter(store),
    setAside: createSetAside(store),
    wakeMark: createWakeMark(store),
    wake: createWake({ eventbridge, busName: bus }),
    replayQueue: createReplayQueue({ sqs, queueUrl: replayQueue }),
    logEvents: createLogEvents({ logs }),
  };
}

export function wireRollUp(variables: Variables, surroundings: Surroundings = {}): RollUpParts {
  const { place, table, retentionDays } = readRollUpEnvironment(variables);
  const instruments = createInstruments(place);
  const dynamodb = tracedBy(instruments)(new DynamoDBClient({ region: place.region, ...AWS_API }));
  const now = surroundings.now ?? Date.now;
  return {
    ...instruments,
    metrics: createMetrics(place),
    now,
    rollUp: createRollUp({ dynamodb, table, now, retentionDays, wait: surroundings.sleep ?? pass }),
    lastMetered: createLastMetered({ dynamodb, table }),
  };
}

export function wireNotifier(variables: Variables, surroundings: Surroundings = {}): NotifyParts {
  const environment = readNotifierEnvironment(variables);
  const { place, table, noticesTopic, chatTopic, undeliveredQueue, retentionDays } = environment;
  const instruments = createInstruments(place);
  const traced = tracedBy(instruments);
  const { now = Date.now, sleep: wait = pass, patienceMs: timeoutMs = SLACK_TIMEOUT_MS } = surroundings;
  const dynamodb = traced(new DynamoDBClient({ region: place.region, ...AWS_API }));
  const ssm = traced(new SSMClient({ region: place.region, ...AWS_API }));
  const sns = traced(new SNSClient({ region: place.region, ...AWS_API }));
  const sqs = traced(new SQSClient({ region: place.region, ...AWS_API }));
  return {
    ...instruments,
    metrics: createMetrics(place),
    now,
    wait,
    channels: [
      createSlackChannel({
        webhook: createWebhookParameter({ ssm, place }),
        slack: createSlackWebhook({ fetch, now, timeoutMs }),
      }),
      createSnsChannel(createTopic({ sns, topicArn: noticesTopic })),
      createChatChannel(createTopic({ sns, topicArn: chatTopic })),
    ],
    notices: createNotices({ dynamodb, table, now }),
    holds: createChannelHolds({ dynamodb, table, now, retentionDays, wait }),
    undelivered: createUndeliveredQueue({ sqs, queueUrl: undeliveredQueue }),
  };
}

export function wireInvocationLogging(variables: Variables, surroundings: Surroundings = {}): InvocationLoggingParts {
  const { place, logGroup, loggingRole } = readInvocationLoggingEnvironment(variables);
  const instruments = createInstruments(place);
  const bedrock = tracedBy(instruments)(new BedrockClient({ region: place.region, ...AWS_API }));
  const wait = surroundings.sleep ?? pass;
  return {
    ...instruments,
    invocationLogging: createInvocationLogging({
      bedrock,
      region: place.region,
      logGroup,
      roleArn: loggingRole,
      wait,
    }),
  };
}

const deploymentOf = (environment: ReconcilerEnvironment): Deployment => {
  const { place, protectedPrincipals, governedPrincipals, enforcement, helpSlug } = environment;
  return {
    stage: place.stage,
    account: place.account,
    partition: place.partition,
    protectedPrincipals,
    ...(enforcement === "on" && governedPrincipals !== undefined && { governedPrincipals }),
    enforcement,
    ...(helpSlug !== undefined && { helpSlug }),
  };
};

/** Without enforcement no deny is planned, so that nobody asks for this. */
const NO_PUBLISHER: PublisherPort = {
  publish: () => Promise.reject(new Error("this stage is deployed without enforcement, and so without a publisher")),
};

/**
 * Keeps what was read last: usage is read at a cadence that depends on limits, and asks for them without
 * waiting. Meters, where there are any, read prices from the table, so these are kept there.
 */
function remembering(port: SettingsPort, priceRules: KeptPriceRules | undefined) {
  let last: Pick<Settings, "limits" | "prices"> = { limits: [], prices: [] };
  const settings: SettingsPort = {
    async read() {
      const read = await port.read();
      await priceRules?.keep(read.prices);
      last = read;
      return read;
    },
  };
  return { settings, inForce: () => last };
}

const tracedBy =
  ({ tracer }: Instruments) =>
  <T>(client: T): T =>
    tracer.captureAWSv3Client(client);
