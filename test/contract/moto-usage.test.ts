import { CloudWatchClient, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { createMetricsUsage } from "@bedrock-governor/aws/cloudwatch/usage";
import { describeWithMoto } from "../support/describe-with-moto.ts";
import { describeUsagePort } from "./usage-port.ts";

const DAY_MS = 86_400_000;

describeWithMoto("usage from CloudWatch, on moto", (moto) => {
  describeUsagePort("CloudWatch's metrics", async () => {
    const client = new CloudWatchClient({ ...moto().client, maxAttempts: 1 });
    const day = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS;
    const catalogue = {
      models: new Set(["amazon.nova-pro-v1:0", "anthropic.claude-opus-4-5-20251101-v1:0"]),
      profiles: ["global.anthropic.claude-opus-4-5-20251101-v1:0", "us.anthropic.claude-opus-4-5-20251101-v1:0"],
      aliases: new Map(),
      otherArns: new Map(),
    };
    let broken = false;
    client.middlewareStack.add(
      (next) => async (args) => {
        if (broken) throw new Error("CloudWatch is out of order");
        return next(args);
      },
      { step: "initialize", name: "outage" },
    );
    const port = createMetricsUsage({
      clients: new Map([["us-east-1", client]]),
      catalogue: { regions: async () => new Map([["us-east-1", catalogue]]) },
      settings: () => ({ limits: [], prices: [] }),
      now: () => day + DAY_MS / 2,
    });
    return {
      port,
      source: "metrics",
      perPrincipal: false,
      day,
      async use(calls) {
        for (const { spelling, at, inputTokens, outputTokens } of calls) {
          const datum = (MetricName: string, Value: number) => ({
            MetricName,
            Value,
            Dimensions: [{ Name: "ModelId", Value: spelling }],
            Timestamp: new Date(at),
          });
          const MetricData = [
            datum("Invocations", 1),
            datum("InputTokenCount", inputTokens),
            ...(outputTokens === 0 ? [] : [datum("OutputTokenCount", outputTokens)]),
          ];
          await client.send(new PutMetricDataCommand({ Namespace: "AWS/Bedrock", MetricData }));
        }
      },
      breakDown: async () => {
        broken = true;
      },
    };
  });
});
