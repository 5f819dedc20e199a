import { arn, named, place, rolePath } from "./stage.ts";
import type { Statement } from "./statements.ts";

interface Options {
  /** As in `bedrock-governor-<stage>-<name>`. */
  readonly name: string;
  readonly description: string;
  readonly handler: string;
  readonly timeout: sst.aws.FunctionArgs["timeout"];
  readonly memory: sst.aws.FunctionArgs["memory"];
  readonly permissions: $util.Input<Statement[]>;
  readonly environment?: Readonly<Record<string, $util.Input<string>>>;
  /** Exists before the function's role does, and goes after it. */
  readonly after?: $util.Input<$util.Resource>[];
  /** For invocations that nobody waits for: how often Lambda tries again, and where it puts what failed. */
  readonly retries?: { readonly times: number; readonly thenTo: aws.sqs.Queue };
}

/**
 * A function and its role, which is at the stage's own IAM path and may do what is said here and nothing else.
 * AWS's AWSLambdaBasicExecutionRole, which SST attaches, lets a function write any log group of the account.
 */
export function createFunction(id: string, options: Options): sst.aws.Function {
  const { name, description, handler, timeout, memory, permissions, environment, after = [], retries } = options;
  return new sst.aws.Function(id, {
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
    logging: { format: "json", retention: "3 months" },
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
      ...(retries && { eventInvokeConfig: { destinationConfig: { onFailure: { destination: retries.thenTo.arn } } } }),
    },
  });
}

/** What Lambda itself does in the function's name: its log, its traces, and the signals it gives up on. */
const ownPermissions = ({ name, retries }: Options): Statement[] => [
  {
    actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
    resources: [arn("logs", `log-group:/aws/lambda/${named(name)}:*`)],
  },
  { actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources: ["*"] },
  ...(retries ? [{ actions: ["sqs:SendMessage"], resources: [retries.thenTo.arn] }] : []),
];
