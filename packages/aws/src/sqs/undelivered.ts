import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { chunks } from "../dynamodb/chunks.ts";
import type { Permission } from "../permission.ts";

/** Notices that a channel will not get any more. The journal has what they would have said. */
export interface Undelivered {
  readonly channel: string;
  /** Of the events. */
  readonly ids: readonly string[];
  readonly why: string;
}

export interface UndeliveredQueue {
  /** Rejects if the queue did not take all of it; then some of it may be there. */
  put(undelivered: Undelivered): Promise<void>;
}

/** An id has 32 digits, and a message of SQS at most 256 KB. */
const MOST_IDS = 1_000;

export function createUndeliveredQueue({
  sqs,
  queueUrl,
}: {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
}): UndeliveredQueue {
  return {
    async put({ channel, ids, why }) {
      for (const some of chunks(ids, MOST_IDS)) {
        const MessageBody = JSON.stringify({ channel, ids: some, why });
        await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
      }
    },
  };
}

export const permissions = (queueArn: string): readonly Permission[] => [
  { actions: ["sqs:SendMessage"], resources: [queueArn] },
];
