import {
  type BedrockClient,
  DeleteModelInvocationLoggingConfigurationCommand,
  GetModelInvocationLoggingConfigurationCommand,
  type LoggingConfig,
  PutModelInvocationLoggingConfigurationCommand,
  ValidationException,
} from "@aws-sdk/client-bedrock";
import type { Permission } from "../permission.ts";

export interface InvocationLoggingOptions {
  readonly bedrock: BedrockClient;
  readonly region: string;
  readonly logGroup: string;
  /** What Bedrock writes to the log group with. */
  readonly roleArn: string;
  /** How to wait until IAM knows the role everywhere. */
  wait(ms: number): Promise<unknown>;
}

/** A region's one configuration of invocation logging. Both methods are no-ops where there is nothing to do. */
export interface InvocationLogging {
  /** Switches logging on without bodies. Rejects, and changes nothing, if the region has a configuration that is not ours. */
  ensure(): Promise<"switched on" | "was on">;
  /** Switches logging off if the configuration is still ours. One that somebody changed or replaced stays as it is. */
  remove(): Promise<"switched off" | "was off" | "not ours">;
}

/** Of a role made a moment ago, Bedrock says for some seconds that it may not write to the log group. */
const ATTEMPTS = 7;
const PAUSE_MS = 5_000;

/** Every one of them is a body that a caller wrote or was given. */
const NO_BODIES = {
  textDataDeliveryEnabled: false,
  imageDataDeliveryEnabled: false,
  embeddingDataDeliveryEnabled: false,
  videoDataDeliveryEnabled: false,
  audioDataDeliveryEnabled: false,
} satisfies LoggingConfig;
const BODIES = Object.keys(NO_BODIES) as (keyof typeof NO_BODIES)[];

/**
 * Putting a configuration replaces the one that is there, so it is read first; nobody can make the two calls one.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_PutModelInvocationLoggingConfiguration.html
 */
export function createInvocationLogging(options: InvocationLoggingOptions): InvocationLogging {
  const { bedrock, region, logGroup, roleArn, wait } = options;
  const ours: LoggingConfig = { cloudWatchConfig: { logGroupName: logGroup, roleArn }, ...NO_BODIES };

  async function read(): Promise<LoggingConfig | undefined> {
    const { loggingConfig } = await bedrock.send(new GetModelInvocationLoggingConfigurationCommand());
    return loggingConfig?.cloudWatchConfig === undefined && loggingConfig?.s3Config === undefined
      ? undefined
      : loggingConfig;
  }

  async function put(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await bedrock.send(new PutModelInvocationLoggingConfigurationCommand({ loggingConfig: ours }));
        return;
      } catch (error) {
        if (attempt === ATTEMPTS || !(error instanceof ValidationException)) throw error;
      }
      await wait(PAUSE_MS);
    }
  }

  return {
    async ensure() {
      const there = await read();
      if (there !== undefined && !isOurs(there, logGroup)) throw new Error(whyNot(there, region, logGroup));
      if (there?.cloudWatchConfig?.roleArn === roleArn) return "was on";
      await put();
      return "switched on";
    },
    async remove() {
      const there = await read();
      if (there === undefined) return "was off";
      if (!isOurs(there, logGroup)) return "not ours";
      await bedrock.send(new DeleteModelInvocationLoggingConfigurationCommand());
      return "switched off";
    },
  };
}

/** To our log group, and nothing of what we leave out was switched on since. */
const isOurs = (there: LoggingConfig, logGroup: string): boolean =>
  there.cloudWatchConfig?.logGroupName === logGroup &&
  there.cloudWatchConfig.largeDataDeliveryS3Config === undefined &&
  there.s3Config === undefined &&
  bodiesOf(there).length === 0;

/** Bedrock delivers what nobody switched off. */
const bodiesOf = (there: LoggingConfig): readonly string[] => BODIES.filter((body) => there[body] !== false);

function whyNot({ cloudWatchConfig, s3Config }: LoggingConfig, region: string, logGroup: string): string {
  const found = cloudWatchConfig?.logGroupName;
  if (found === logGroup)
    return `somebody changed the invocation logging of ${region} to deliver more than the stage asks for, and it is left as it is: switch that off again, or let it go to a log group and by a role of your own, and deploy with metering: "<that log group>"`;
  if (found !== undefined)
    return `${region} has an invocation logging of its own, which is never replaced: deploy with metering: "${found}" to meter from it`;
  const bucket = s3Config?.bucketName === undefined ? "S3" : `the bucket ${s3Config.bucketName}`;
  return `${region} has an invocation logging of its own, to ${bucket} only, which is never replaced: let it log to a log group too, and deploy with metering: "<that log group>"`;
}

/** @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html: they know no resources. */
export const permissions = (roleArn: string): readonly Permission[] => [
  {
    actions: [
      "bedrock:GetModelInvocationLoggingConfiguration",
      "bedrock:PutModelInvocationLoggingConfiguration",
      "bedrock:DeleteModelInvocationLoggingConfiguration",
    ],
    resources: ["*"],
  },
  {
    actions: ["iam:PassRole"],
    resources: [roleArn],
    condition: { StringEquals: { "iam:PassedToService": ["bedrock.amazonaws.com"] } },
  },
];
