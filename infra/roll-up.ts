import { permissions as lastMetered } from "@bedrock-governor/aws/dynamodb/usage/last-metered";
import { rollUpPermissions } from "@bedrock-governor/aws/dynamodb/usage/permissions";
import { createFunction } from "./function.ts";
import { meteredRegions } from "./metered-regions.ts";
import { createSignal } from "./signal.ts";
import { named, place, settings } from "./stage.ts";
import { allow } from "./statements.ts";
import { table } from "./storage.ts";

export const rollUpName = named("roll-up");

/**
 * Sums up per quarter of an hour and per day what meters wrote. Asked each minute; what one run leaves, the next does.
 *
 * With each change of the regions that have a meter, and when none has any more, it is told so: it keeps when there
 * was one, since a time without is no time in which nothing was used.
 */
export function createRollUp() {
  const rollUp = createFunction("RollUp", {
    name: "roll-up",
    description: "Sums up usage per quarter of an hour and per day",
    handler: "packages/functions/src/roll-up.handler",
    timeout: "2 minutes",
    // A quarter of an hour of a very busy account is 100 MB.
    memory: "1 GB",
    permissions: table.name.apply((name) => allow(...rollUpPermissions(place, name), ...lastMetered(place, name))),
    environment: { GOVERNOR_TABLE: table.name, GOVERNOR_RETENTION_DAYS: String(settings.retentionDays) },
    retries: { times: 0 },
  });
  const { role, function: lambda, logGroup } = rollUp.nodes;
  const metered = new aws.lambda.Invocation(
    "Metered",
    {
      functionName: lambda.name,
      input: JSON.stringify({ metered: meteredRegions.map(({ region }) => region) }),
      lifecycleScope: "CRUD",
    },
    // Of one that is replaced, what the old one says last must not be what is kept.
    { dependsOn: logGroup.apply((group) => [role, ...(group ? [group] : [])]), deleteBeforeReplace: true },
  );
  return createSignal("RollUp", {
    lambda,
    rule: { description: "Has usage rolled up each minute", scheduleExpression: "rate(1 minute)" },
    target: {
      arn: lambda.arn,
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
    },
    after: [metered],
  });
}
