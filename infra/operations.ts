import { type Condition, counted, createAlarm, errorsOf, messagesIn } from "./alarm.ts";
import { deadLetters } from "./dead-letters.ts";
import { publisher, publisherName } from "./deny-policies.ts";
import { governorName } from "./governor.ts";
import { createOperationsTopic } from "./operations-topic.ts";
import { schedule } from "./signals.ts";
import { place } from "./stage.ts";

export const operations = createOperationsTopic(place.region);

alarm("Failures", "Runs of the governor fail: 3 of the last 5 minutes. Its log says why.", errorsOf(governorName));

alarm("NoSuccess", "No run of the governor succeeded for 5 minutes: nobody is denied, and nobody is let in again.", {
  ...counted("SuccessfulRuns"),
  statistic: "Sum",
  comparisonOperator: "LessThanThreshold",
  threshold: 1,
  // Silence is what this is about. So it may ring once while a stage is new: what it counts comes two minutes late.
  treatMissingData: "breaching",
});

alarm("BlockedDenies", "A deny cannot be put in force and needs a person: a full role, or one that admits no change.", {
  ...counted("BlockedDenies"),
  statistic: "Maximum",
});

alarm("DeadLetters", "A signal failed three times, or reached no function.", messagesIn(deadLetters));

if (publisher) {
  alarm("PublisherErrors", "Deny policies cannot be created: 3 of the last 5 minutes.", errorsOf(publisherName));
}

function alarm(what: string, description: string, condition: Condition): void {
  createAlarm({ what, description, condition, topic: operations, after: [schedule.target] });
}
