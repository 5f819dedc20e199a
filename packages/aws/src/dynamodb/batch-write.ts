import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from "@aws-sdk/client-dynamodb";
import { chunks } from "./chunks.ts";
import { isPassing } from "./passing.ts";
import { retrying, type Wait } from "./retrying.ts";

/** [DynamoDB's limit](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html). */
export const MOST_PER_BATCH = 25;

/** It says so of a whole batch only if it got to none of it; else it leaves those it did not get to. */
const THROTTLED = new Set(["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"]);

class UnprocessedItemsError extends Error {
  constructor(count: number) {
    super(`DynamoDB did not get to ${count} writes of a batch`);
  }
}

/** Puts and deletes items, each for itself. Those that DynamoDB did not get to are sent again; rejects if it never does. */
export async function batchWrite(
  dynamodb: DynamoDBClient,
  table: string,
  writes: readonly WriteRequest[],
  wait: Wait,
): Promise<void> {
  for (const batch of chunks(writes, MOST_PER_BATCH)) {
    let left = [...batch];
    await retrying(
      async () => {
        const answer = await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [table]: left } }));
        left = Object.values(answer.UnprocessedItems ?? {}).flat();
        if (left.length > 0) throw new UnprocessedItemsError(left.length);
      },
      (error) => error instanceof UnprocessedItemsError || isThrottled(error) || isPassing(error),
      wait,
    );
  }
}

const isThrottled = (error: unknown): boolean => error instanceof Error && THROTTLED.has(error.name);
