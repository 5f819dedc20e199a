import { named } from "./stage.ts";

interface Options {
  readonly lambda: $util.Output<aws.lambda.Function>;
  readonly rule: Omit<aws.cloudwatch.EventRuleArgs, "name">;
  readonly target: Omit<aws.cloudwatch.EventTargetArgs, "rule">;
  readonly permission?: Pick<aws.lambda.PermissionArgs, "qualifier">;
  /** Exists before the signal does, and goes after it. */
  readonly after: $util.Input<$util.Resource>[];
}

/** A rule, its target, and the target's consent. */
export function createSignal(id: string, { lambda, after, ...args }: Options) {
  const name = named(id.replace(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase());
  const rule = new aws.cloudwatch.EventRule(id, { name, ...args.rule }, { dependsOn: after });
  const permission = new aws.lambda.Permission(
    id,
    {
      function: lambda.name,
      action: "lambda:InvokeFunction",
      principal: "events.amazonaws.com",
      sourceArn: rule.arn,
      ...args.permission,
    },
    { dependsOn: after },
  );
  const target = new aws.cloudwatch.EventTarget(
    id,
    { rule: rule.name, ...args.target },
    { dependsOn: [permission, ...after] },
  );
  return { rule, target };
}
