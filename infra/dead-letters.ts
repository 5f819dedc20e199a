import { named } from "./stage.ts";

/** Signals that reached nobody. Only people read them: the next minute's run makes good for what they would have done. */
export const deadLetters = new aws.sqs.Queue("DeadLetters", {
  name: named("dead-letters"),
  sqsManagedSseEnabled: true,
  messageRetentionSeconds: 14 * 24 * 60 * 60,
});
