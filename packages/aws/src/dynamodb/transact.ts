import { randomUUID } from "node:crypto";
import { type DynamoDBClient, type TransactWriteItem, TransactWriteItemsCommand } from "@aws-sdk/client-dynamodb";
import { cancellationReasons, isPassing } from "./passing.ts";
import { retrying, type Wait } from "./retrying.ts";

/** [DynamoDB's limit](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html). */
export const MOST_ITEMS_PER_TRANSACTION = 100;

/**
 * Writes items together or not at all. Resolves with false if a condition did not hold; rejects when
 * patience with throttling and with other transactions on the same items is at its end.
 *
 * The token makes it one transaction however often it is sent: when DynamoDB's answer is lost, the
 * SDK sends it again, and without the token our own first write would then look like another run's.
 */
export async function transact(
  dynamodb: DynamoDBClient,
  items: readonly TransactWriteItem[],
  wait: Wait,
): Promise<boolean> {
  const input = { TransactItems: [...items], ClientRequestToken: randomUUID() };
  try {
    await retrying(() => dynamodb.send(new TransactWriteItemsCommand(input)), isPassing, wait);
    return true;
  } catch (error) {
    if (cancellationReasons(error).includes("ConditionalCheckFailed")) return false;
    throw error;
  }
}
