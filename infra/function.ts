import { logRetention } from "./log-retention.ts";
import { providerIn } from "./provider.ts";
import { arn, named, place, rolePath } from "./stage.ts";
import type { Statement } from "./statements.ts";

interface Options {
  /** As in `bedrock-governor-<stage>-<name>`. */
  readonly name: string;
  /** Default: home. */
  readonly region?: string;
  readonly description: string;
  readonly handler: string;
  readonly timeout: sst.aws.FunctionArgs["timeout"];
  readonly memory: sst.aws.FunctionArgs["memory"];
  readonly permissions: $util.Input<Statement[]>;
  readonly environment?: Readonly<Record<string, $util.Input<string>>>;
  /** Exists before the function's role does, and goes after it. */
  readonly after?: $util.Input<$util.Resource>[];
  /** For invocations that nobody waits for: how often Lambda tries again, and where it puts what failed, if anywhere. */
  readonly retries?: { readonly times: number; readonly thenTo?: aws.sqs.Queue };
}

/**
 * A function and its role, which is at the stage's own IAM path and may do what is said here and nothing else.
 * AWS's AWSLambdaBasicExecutionRole, which SST attaches, lets a function write any log group of the account.
 */
export function createFunction(id: string, options: Options): sst.aws.Function {
  const { name, region = place.region, description, handler, timeout, memory, permissions, environment } = options;
  const { after = [], retries } = options;
  const provider = providerIn(region);
  const args: sst.aws.FunctionArgs = {
    name: named(name),
    description,
    handler,
    // Not even in `sst dev`: access to models must not wait for a laptop, nor these roles be lent to one.
    dev: false,
    runtime: "nodejs24.x",
    architecture: "arm64",
    timeout,
    memory,
    nodejs: { minify: true },
    logging: { format: "json", retention: logRetention.words },
    permissions: $resolve([permissions]).apply(([stated]) => [...stated, ...ownPermissions(options)]),
    environment: {
      GOVERNOR_STAGE: place.stage,
      GOVERNOR_ACCOUNT: place.account,
      GOVERNOR_PARTITION: place.partition,
      POWERTOOLS_SERVICE_NAME: `${$app.name}-${place.stage}`,
      POWERTOOLS_METRICS_NAMESPACE: "BedrockGovernor",
      ...environment,
    },
    ...(retries && { retries: retries.times }),
    transform: {
      role: (role, resource) => {
        role.path = rolePath;
        role.managedPolicyArns = [];
        resource.dependsOn = after;
        return undefined;
      },
      function: { tracingConfig: { mode: "Active" } },
      ...(retries?.thenTo && {
        eventInvokeConfig: { destinationConfig: { onFailure: { destination: retries.thenTo.arn } } },
      }),
    },
  };
  return new sst.aws.Function(id, args, provider && { provider });
}

/** What Lambda itself does in the function's name: its log, its traces, and the signals it gives up on. */
const ownPermissions = ({ name, region, retries }: Options): Statement[] => [
  {
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [arn("logs", `log-group:/aws/lambda/${named(name)}:*`, region)],
  },
  { actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources: ["*"] },
  ...(retries?.thenTo ? [{ actions: ["sqs:SendMessage"], resources: [retries.thenTo.arn] }] : []),
];
