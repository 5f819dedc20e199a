import { deadLetters } from "./dead-letters.ts";
import { forwarded } from "./further-regions.ts";
import { governor } from "./governor.ts";
import { bus } from "./notifications.ts";
import { alarmRings, parameterChanges, wakeRequests } from "./patterns.ts";
import { removal } from "./removal.ts";
import { rulesMaySend } from "./rules-may-send.ts";
import { createSignal } from "./signal.ts";

/** Nothing may wake what is being removed. */
const after = removal ? [removal] : [];
const lambda = governor.nodes.function;

/**
 * The same code by another name, so that Lambda treats what comes by it differently: what the schedule or a meter
 * asked for and failed is not tried again, since the next minute's run does the same.
 */
const once = new aws.lambda.Alias(
  "Once",
  { name: "once", functionName: lambda.name, functionVersion: "$LATEST" },
  { dependsOn: after },
);
new aws.lambda.FunctionEventInvokeConfig(
  "OnceInvocations",
  { functionName: lambda.name, qualifier: once.name, maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
  { dependsOn: after },
);
const byOnce = {
  target: { arn: once.arn, retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 } },
  permission: { qualifier: once.name },
};

export const schedule = createSignal("Schedule", {
  lambda,
  after,
  rule: { description: "Wakes the governor each minute", scheduleExpression: "rate(1 minute)" },
  ...byOnce,
});

/** Up to one a second. */
createSignal("Wakes", {
  lambda,
  after,
  rule: {
    description: "Wakes the governor when asked on its bus",
    eventPattern: JSON.stringify(wakeRequests),
    eventBusName: bus.name,
  },
  ...byOnce,
  target: { ...byOnce.target, eventBusName: bus.name },
});

const events = [
  event("Alarms", { description: "Wakes the governor when an alarm on Bedrock's metrics rings", pattern: alarmRings }),
  event("Parameters", { description: "Wakes the governor when its settings change", pattern: parameterChanges }),
  ...(forwarded.length > 0
    ? [
        event("Forwarded", {
          description: "Wakes the governor for alarms of further regions",
          pattern: alarmRings,
          on: bus,
        }),
      ]
    : []),
];

// Lambda needs no consent here: it has the function's role.
rulesMaySend(
  "DeadLettersPolicy",
  deadLetters,
  events.map(({ rule }) => rule),
);

interface Event {
  readonly description: string;
  readonly pattern: object;
  /** Default: the account's own bus, on which AWS tells what happens. */
  readonly on?: sst.aws.Bus;
}

/** Tried for a quarter of an hour: later, fifteen others have done its work. */
function event(id: string, { description, pattern, on }: Event) {
  return createSignal(id, {
    lambda,
    after,
    rule: { description, eventPattern: JSON.stringify(pattern), ...(on && { eventBusName: on.name }) },
    target: {
      arn: lambda.arn,
      retryPolicy: { maximumRetryAttempts: 10, maximumEventAgeInSeconds: 15 * 60 },
      deadLetterConfig: { arn: deadLetters.arn },
      ...(on && { eventBusName: on.name }),
    },
  });
}
