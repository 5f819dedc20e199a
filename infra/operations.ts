import { type Condition, counted, createAlarm, errorsOf } from "./alarm.ts";
import { deadLetters } from "./dead-letters.ts";
import { publisher, publisherName } from "./deny-policies.ts";
import { governorName } from "./governor.ts";
import { createOperationsTopic } from "./operations-topic.ts";
import { schedule } from "./signals.ts";
import { place } from "./stage.ts";

export const operations = createOperationsTopic(place.region);

/** Something is counted that should not be there, in each 5 minutes of so many. */
const present = (metricName: string, minutes: number) => ({
  ...counted(metricName),
  statistic: "Maximum",
  comparisonOperator: "GreaterThanThreshold",
  threshold: 0,
  evaluationPeriods: minutes / 5,
  treatMissingData: "notBreaching",
});

alarm("Failures", "Runs of the governor fail: 3 of the last 5 minutes. Its log says why.", errorsOf(governorName));

alarm("NoSuccess", "No run of the governor succeeded for 5 minutes: nobody is denied, and nobody is let in again.", {
  ...counted("SuccessfulRuns"),
  statistic: "Sum",
  comparisonOperator: "LessThanThreshold",
  threshold: 1,
  // Silence is what this is about. So it may ring once while a stage is new: what it counts comes two minutes late.
  treatMissingData: "breaching",
});

alarm(
  "BlockedDenies",
  "A deny cannot be put in force and needs a person: a full role, or one that admits no change.",
  present("BlockedDenies", 5),
);

alarm(
  "HeldPlan",
  "A plan would newly deny more principals than max-new-denies allows and denies none of them: approve it by plan-approved, or change the limit.",
  present("HeldPlans", 5),
);

alarm(
  "UnknownUsage",
  "The usage of a limit is unknown for 15 minutes: nobody is denied by it, and whom it denied stays denied. The log says why.",
  present("UnknownReadings", 15),
);

alarm(
  "UnreadCatalogue",
  "A list of Bedrock's models or profiles could not be read for 30 minutes: new spellings of models are not known.",
  present("UnreadLists", 30),
);

// What arrives, not what is there: messages stay for two weeks unless somebody purges them.
alarm("DeadLetters", "A signal failed three times, or reached no function: its queue keeps it for two weeks.", {
  namespace: "AWS/SQS",
  metricName: "NumberOfMessagesSent",
  dimensions: { QueueName: deadLetters.name },
  statistic: "Sum",
  period: 300,
  comparisonOperator: "GreaterThanThreshold",
  threshold: 0,
  evaluationPeriods: 1,
  treatMissingData: "notBreaching",
});

if (publisher) {
  alarm("PublisherErrors", "Deny policies cannot be created: 3 of the last 5 minutes.", errorsOf(publisherName));
}

function alarm(what: string, description: string, condition: Condition): void {
  createAlarm({ what, description, condition, topic: operations, after: [schedule.target] });
}
