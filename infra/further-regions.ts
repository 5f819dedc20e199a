import { bus } from "./notifications.ts";
import { alarmRings } from "./patterns.ts";
import { removal } from "./removal.ts";
import { named, rolePath, settings } from "./stage.ts";

const [, ...further] = settings.regions;

/**
 * Alarms ring in the region of their metrics, and a rule reaches a function only in its own region. So a rule in each
 * further region passes them on to the stage's bus. Without a dead-letter queue, which would have to be in that
 * region too: a lost alarm costs at most a minute.
 */
export const forwarded = further.length > 0 ? forwardFrom(further) : [];

function forwardFrom(regions: readonly string[]): aws.cloudwatch.EventTarget[] {
  const role = new aws.iam.Role("Forward", {
    name: named("forward"),
    path: rolePath,
    description: "Lets EventBridge pass alarms of further regions on to the governor's bus",
    assumeRolePolicy: JSON.stringify(aws.iam.assumeRolePolicyForPrincipal({ Service: "events.amazonaws.com" })),
    inlinePolicies: [
      {
        name: "inline",
        policy: bus.arn.apply((Resource) =>
          JSON.stringify({
            Version: "2012-10-17",
            Statement: [{ Effect: "Allow", Action: ["events:PutEvents"], Resource: [Resource] }],
          }),
        ),
      },
    ],
  });
  const dependsOn = removal ? [removal] : [];
  return regions.map((region) => {
    const rule = new aws.cloudwatch.EventRule(
      `Forward-${region}`,
      {
        region,
        name: named("forward"),
        description: "Passes alarms on Bedrock's metrics on to the governor's home region",
        eventPattern: JSON.stringify(alarmRings),
      },
      { dependsOn },
    );
    return new aws.cloudwatch.EventTarget(
      `Forward-${region}`,
      { region, rule: rule.name, arn: bus.arn, roleArn: role.arn },
      { dependsOn },
    );
  });
}
