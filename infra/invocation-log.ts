import { permissions as invocationLogging } from "@bedrock-governor/aws/bedrock/invocation-logging";
import { createFunction } from "./function.ts";
import { type MeteredRegion, meteredRegions, ownLog } from "./metered-regions.ts";
import { arn, named, place, rolePath } from "./stage.ts";
import { allow } from "./statements.ts";

/** Longer than a calendar month, so that one can be summed up again after it. The sums themselves are kept in the table. */
const RETENTION_DAYS = 60;

const managed = meteredRegions.filter((one) => one.managed);

/** Lets Bedrock write to the stage's log groups, in this account's name and nobody else's. */
const writer = managed.length > 0 ? createWriter(managed) : undefined;

export const createLogGroup = (region: string): aws.cloudwatch.LogGroup =>
  new aws.cloudwatch.LogGroup(`Invocations-${region}`, { region, name: ownLog, retentionInDays: RETENTION_DAYS });

/**
 * Has Bedrock log invocations, without any body, where nothing is configured yet; the function decides, and leaves
 * alone what somebody else configured. A region has one configuration.
 *
 * Pulumi deletes it first: Bedrock stops writing before role, group and subscription go.
 *
 * @param after what is to be there once something is logged
 */
export function switchLoggingOn({ region, logGroup }: MeteredRegion, after: $util.Resource[]): aws.lambda.Invocation {
  if (writer === undefined) throw new Error(`the log of ${region} is not the stage's own`);
  const logging = createFunction(`Logging-${region}`, {
    name: "logging",
    region,
    description: "Switches Bedrock's invocation log on, without bodies, and off with the stage",
    handler: "packages/functions/src/invocation-logging.handler",
    timeout: "2 minutes",
    memory: "512 MB",
    permissions: writer.arn.apply((roleArn) => allow(...invocationLogging(roleArn))),
    environment: { GOVERNOR_LOG_GROUP: logGroup, GOVERNOR_LOGGING_ROLE: writer.arn },
  });
  const { role, function: lambda, logGroup: ownLog } = logging.nodes;
  return new aws.lambda.Invocation(
    `Logging-${region}`,
    { region, functionName: lambda.name, input: JSON.stringify({}), lifecycleScope: "CRUD" },
    { dependsOn: ownLog.apply((own) => [role, writer, ...after, ...(own ? [own] : [])]) },
  );
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html */
function createWriter(logs: readonly MeteredRegion[]): aws.iam.Role {
  const streams = logs.map(({ region, logGroup }) =>
    arn("logs", `log-group:${logGroup}:log-stream:aws/bedrock/modelinvocations`, region),
  );
  return new aws.iam.Role("LogWriter", {
    name: named("log-writer"),
    path: rolePath,
    description: "Lets Bedrock write the stage's invocation logs",
    assumeRolePolicy: JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "bedrock.amazonaws.com" },
          Action: "sts:AssumeRole",
          Condition: {
            StringEquals: { "aws:SourceAccount": place.account },
            ArnLike: { "aws:SourceArn": logs.map(({ region }) => arn("bedrock", "*", region)) },
          },
        },
      ],
    }),
    inlinePolicies: [
      {
        name: "inline",
        policy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: streams }],
        }),
      },
    ],
  });
}
