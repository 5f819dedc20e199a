import { createMetricsUsage } from "@bedrock-governor/aws/cloudwatch/usage";
import { createIamAccess } from "@bedrock-governor/aws/iam/access";
import { createIamDirectory } from "@bedrock-governor/aws/iam/directory";
import { createIamPublisher } from "@bedrock-governor/aws/iam/publisher";
import { createSsmSettings } from "@bedrock-governor/aws/ssm/settings";
import type { Measure } from "@bedrock-governor/core/limit/limit";
import type { Settings } from "@bedrock-governor/core/limit/settings";
import type { UsagePort } from "@bedrock-governor/core/reconcile/ports";
import { createGovernor, type Governor } from "@bedrock-governor/core/reconcile/reconcile";
import { createJournal } from "@bedrock-governor/simulator/account/journal";
import { fakeCloudWatch } from "../aws/cloudwatch/fake-cloudwatch.ts";
import { regionCatalogue } from "../aws/cloudwatch/setup.ts";
import { fakeIam } from "../aws/iam/fake-iam.ts";
import { createFakeSsm } from "../aws/ssm/fake-ssm.ts";
import { createKeptMode } from "../aws/ssm/kept-mode.ts";

const PLACE = { partition: "aws", account: "123456789012", region: "us-east-1", stage: "production" };
const METRICS = {
  invocations: "Invocations",
  inputTokens: "InputTokenCount",
  outputTokens: "OutputTokenCount",
  cacheReadTokens: "CacheReadInputTokens",
  cacheWriteTokens: "CacheWriteInputTokens",
} as const;

const A_DOLLAR = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 1, cacheWriteTokens: 1 };

export interface CostAccountSize {
  readonly models: number;
  readonly roles: number;
  /** What each `/limits/<name>` holds. */
  readonly limits: readonly object[];
  readonly start: number;
}

/** What a governor asked AWS for in one run. */
export interface AskedOfAws {
  /** What CloudWatch charges for: metrics in GetMetricData, and calls of ListMetrics. */
  readonly metrics: number;
  readonly metricCalls: number;
  readonly listCalls: number;
  readonly iam: readonly string[];
  readonly ssm: readonly string[];
}

/** The real adapters and the real loop on an account that counts what it is asked. */
export function costAccount({ models, roles, limits, start }: CostAccountSize) {
  let now = start;
  const cloud = Object.assign(fakeCloudWatch(), { listPageSize: 500 });
  const iam = fakeIam();
  const ssm = createFakeSsm();
  const journal = createJournal(() => now);
  const lastMode = createKeptMode();
  const names = Array.from({ length: models }, (_, number) => `acme.model-${number}-v1:0`);
  for (let role = 0; role < roles; role++) iam.principals.add(`arn:aws:iam::123456789012:role/team/service-${role}`);
  ssm.put("mode", "enforce");
  ssm.put("max-new-denies", "1000");
  ssm.put("prices/all", { models: ["*"], perMillion: A_DOLLAR });
  for (const [number, limit] of limits.entries()) ssm.put(`limits/limit-${number}`, limit);

  const region = regionCatalogue(names);
  const catalogue = { models: names, aliases: new Map(), otherArns: new Map() };
  const nothing: UsagePort = { read: async (queries) => queries.map(() => ({ status: "unknown", why: "not here" })) };
  const timing = { now: () => now, sleep: async () => {}, random: () => 0 };

  /** A process that remembers nothing. */
  function begin(): Governor {
    const settings = createSsmSettings({ ssm: ssm.client, place: PLACE, lastMode });
    let inForce: Pick<Settings, "limits" | "prices"> = { limits: [], prices: [] };
    return createGovernor(
      { ...PLACE, protectedPrincipals: [], enforcement: "on" },
      {
        now: () => now,
        settings: {
          async read() {
            const read = await settings.read();
            inForce = read;
            return read;
          },
        },
        directory: createIamDirectory({ iam: iam.client, maxAgeMs: 5 * 60_000, ...timing }),
        catalogue: { read: async () => catalogue },
        usage: {
          metrics: createMetricsUsage({
            clients: new Map([["us-east-1", cloud.client]]),
            catalogue: { regions: async () => new Map([["us-east-1", region]]) },
            settings: () => inForce,
            now: () => now,
          }),
          logs: nothing,
          budget: nothing,
        },
        access: createIamAccess({ iam: iam.client, place: PLACE, ...timing }),
        publisher: createIamPublisher({ iam: iam.client, place: PLACE, ...timing }),
        journal: journal.port,
        announcer: { announce: async (events) => new Set(events.map(({ id }) => id)) },
      },
    );
  }

  let seen = { iam: 0, cloud: 0 };
  return {
    begin,
    models: names,
    iam,
    now: () => now,
    pass: (ms: number) => {
      now += ms;
    },
    /** One call's metrics, or many calls' together; each measure with the same amount. */
    use(
      ModelId: string,
      at: number,
      measures: readonly Exclude<Measure, "images" | "usd" | "totalTokens">[],
      amount = 1,
    ) {
      for (const measure of new Set(["invocations" as const, ...measures])) {
        cloud.put({ metric: METRICS[measure], dimensions: { ModelId }, at, value: amount });
      }
    },
    /** What was asked since the last time. */
    asked(): AskedOfAws {
      const cloudwatch = cloud.sent.slice(seen.cloud);
      const asked = iam.sent.slice(seen.iam).map(({ command }) => command);
      seen = { iam: iam.sent.length, cloud: cloud.sent.length };
      return {
        metrics: cloud.asked().length,
        metricCalls: cloudwatch.filter(({ command }) => command === "GetMetricData").length,
        listCalls: cloudwatch.filter(({ command }) => command === "ListMetrics").length,
        iam: asked,
        ssm: ssm.takeCalls().map(({ command }) => command.replace(/Command$/, "")),
      };
    },
  };
}
