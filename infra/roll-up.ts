import { permissions as lastMetered } from "@bedrock-governor/aws/dynamodb/usage/last-metered";
import { rollUpPermissions } from "@bedrock-governor/aws/dynamodb/usage/permissions";
import { createFunction } from "./function.ts";
import { createSignal } from "./signal.ts";
import { named, place } from "./stage.ts";
import { allow } from "./statements.ts";
import { table } from "./storage.ts";

export const rollUpName = named("roll-up");

/** Sums up per quarter of an hour and per day what meters wrote. Asked each minute; what one run leaves, the next does. */
export function createRollUp() {
  const rollUp = createFunction("RollUp", {
    name: "roll-up",
    description: "Sums up usage per quarter of an hour and per day",
    handler: "packages/functions/src/roll-up.handler",
    timeout: "2 minutes",
    // A quarter of an hour of a very busy account is 100 MB.
    memory: "1 GB",
    permissions: table.name.apply((name) => allow(...rollUpPermissions(place, name), ...lastMetered(place, name))),
    environment: { GOVERNOR_TABLE: table.name },
    retries: { times: 0 },
  });
  return createSignal("RollUp", {
    lambda: rollUp.nodes.function,
    rule: { description: "Has usage rolled up each minute", scheduleExpression: "rate(1 minute)" },
    target: {
      arn: rollUp.nodes.function.arn,
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
    },
    after: [],
  });
}
