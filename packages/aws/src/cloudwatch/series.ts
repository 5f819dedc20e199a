import type { Measure } from "@bedrock-governor/core/limit/limit";
import type { ModelId } from "@bedrock-governor/core/model/model-id";
import type { EpochMs } from "@bedrock-governor/core/period/period";

/** `bedrock-runtime` or `bedrock-mantle`: a call goes by one of them and is measured by that one only. */
export type Road = "runtime" | "mantle";

/** What Bedrock measures under one name in one region. */
export interface ListedSeries {
  readonly region: string;
  readonly road: Road;
  /** The value of its one dimension: a model as it was called. */
  readonly id: string;
}

export interface Series extends ListedSeries {
  readonly model: ModelId;
}

export const seriesKey = ({ region, road, id }: ListedSeries): string => `${region} ${road} ${id}`;

/** A measure that has a metric to itself. */
export type Column = Exclude<Measure, "totalTokens" | "usd">;

const TOKENS = ["inputTokens", "outputTokens", "cacheReadTokens", "cacheWriteTokens"] as const;

/** What has to be read to know a measure. */
export function columnsOf(measure: Measure): readonly Column[] {
  if (measure === "totalTokens") return TOKENS;
  // Images and calls have prices too: a model that has them and no price for them is not free.
  if (measure === "usd") return [...TOKENS, "images", "invocations"];
  return [measure];
}

/**
 * Where a road's usage is. Every call is also counted in series with more dimensions (service tier,
 * image size, project) or with none: only series with this one dimension are ever read.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-runtime-metrics.html
 * @see https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-mantle-metrics.html
 */
export const ROADS: Readonly<
  Record<
    Road,
    {
      readonly namespace: string;
      readonly dimension: string;
      /** A column that is not there is not told: mantle's input tokens include what a cache read or wrote. */
      readonly metrics: Readonly<Partial<Record<Column, string>> & { readonly invocations: string }>;
    }
  >
> = {
  runtime: {
    namespace: "AWS/Bedrock",
    dimension: "ModelId",
    metrics: {
      invocations: "Invocations",
      inputTokens: "InputTokenCount",
      outputTokens: "OutputTokenCount",
      cacheReadTokens: "CacheReadInputTokens",
      cacheWriteTokens: "CacheWriteInputTokens",
      images: "OutputImageCount",
    },
  },
  mantle: {
    namespace: "AWS/BedrockMantle",
    dimension: "Model",
    metrics: { invocations: "Inferences", inputTokens: "TotalInputTokens", outputTokens: "TotalOutputTokens" },
  },
};

/** Sums that are not 0, by the start of the time each is of. */
export type Points = ReadonlyMap<EpochMs, number>;
