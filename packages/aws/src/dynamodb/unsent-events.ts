import { BatchWriteItemCommand, type DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { keyAttributes, unsentKey } from "./journal-items.ts";
import { isPassing } from "./passing.ts";
import { retrying, type Wait } from "./retrying.ts";

/** [DynamoDB's limit](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html). */
export const MOST_PER_BATCH = 25;

class UnprocessedItemsError extends Error {
  constructor(count: number) {
    super(`DynamoDB did not get to ${count} events that were to be deleted`);
  }
}

/** Deletes at most a batch of events, each once; DynamoDB may do a part of it and leave the rest. */
export async function deleteUnsent(
  dynamodb: DynamoDBClient,
  table: string,
  eventIds: readonly string[],
  wait: Wait,
): Promise<void> {
  let left = eventIds.map((id) => ({ DeleteRequest: { Key: keyAttributes(unsentKey(id)) } }));
  await retrying(
    async () => {
      const answer = await dynamodb.send(new BatchWriteItemCommand({ RequestItems: { [table]: left } }));
      const unprocessed = Object.values(answer.UnprocessedItems ?? {}).flat();
      const keys = new Set(unprocessed.map(({ DeleteRequest }) => DeleteRequest?.Key?.sk?.S));
      left = left.filter(({ DeleteRequest: { Key } }) => keys.has(Key.sk.S));
      if (left.length > 0) throw new UnprocessedItemsError(left.length);
    },
    (error) => error instanceof UnprocessedItemsError || isPassing(error),
    wait,
  );
}
