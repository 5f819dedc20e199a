import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Permission, Place } from "../permission.ts";

/** Which log events a batch is made of, and where they are. Never what they say: the log may hold prompts. */
export interface ReplayPointer {
  readonly logGroup: string;
  readonly logStream: string;
  /** The name under which the batch counts, whoever meters it. */
  readonly batch: string;
  readonly ids: readonly string[];
  /** Of the first event and the last. */
  readonly from: EpochMs;
  readonly to: EpochMs;
}

export interface ReplayQueue {
  /** Keeps a batch for later. Rejects if the queue did not take it. */
  put(pointer: ReplayPointer): Promise<void>;
}

export function createReplayQueue({
  sqs,
  queueUrl,
}: {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
}): ReplayQueue {
  return {
    async put(pointer) {
      await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(pointer) }));
    },
  };
}

/** @throws RangeError if the body of a message is no pointer; it does not say what it is instead. */
export function readPointer(body: string): ReplayPointer {
  const value = parsed(body);
  if (!isPointer(value)) throw new RangeError("a message of the replay queue points to no batch");
  return value;
}

function isPointer(value: unknown): value is ReplayPointer {
  if (typeof value !== "object" || value === null) return false;
  const { logGroup, logStream, batch, ids, from, to } = value as Partial<Record<keyof ReplayPointer, unknown>>;
  return (
    [logGroup, logStream, batch].every(isText) &&
    Array.isArray(ids) &&
    ids.length > 0 &&
    ids.every(isText) &&
    [from, to].every(Number.isSafeInteger)
  );
}

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

const queueArn = ({ partition, region, account }: Place, queue: string): string =>
  `arn:${partition}:sqs:${region}:${account}:${queue}`;

/** @param queue its name. */
export const permissions = (place: Place, queue: string): readonly Permission[] => [
  { actions: ["sqs:SendMessage"], resources: [queueArn(place, queue)] },
];

/** What Lambda needs to give a function the queue's messages: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export const consumerPermissions = (place: Place, queue: string): readonly Permission[] => [
  {
    actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    resources: [queueArn(place, queue)],
  },
];
