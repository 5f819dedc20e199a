import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from "@aws-sdk/client-dynamodb";
import { isPassing } from "./passing.ts";
import { retrying, type Wait } from "./retrying.ts";

/** [DynamoDB's limit](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html). */
export const MOST_PER_BATCH = 25;

class UnprocessedItemsError extends Error {
  constructor(count: number) {
    super(`DynamoDB did not get to ${count} items of a batch`);
  }
}

/**
 * Puts and deletes items whatever was there before, each by itself: at most a batch of them, and none twice.
 * What DynamoDB leaves of a batch is tried again.
 */
export async function writeBatch(
  dynamodb: DynamoDBClient,
  table: string,
  requests: readonly WriteRequest[],
  wait: Wait,
): Promise<void> {
  let left = [...requests];
  await retrying(
    async () => {
      const answer = await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [table]: left } }));
      left = Object.values(answer.UnprocessedItems ?? {}).flat();
      if (left.length > 0) throw new UnprocessedItemsError(left.length);
    },
    (error) => error instanceof UnprocessedItemsError || isPassing(error),
    wait,
  );
}
