import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { batchWrite } from "./batch-write.ts";
import { keyAttributes, unsentKey } from "./journal-items.ts";
import type { Wait } from "./retrying.ts";

/** Deletes events, each once. Rejects if DynamoDB does not get to all of them. */
export const deleteUnsent = (
  dynamodb: DynamoDBClient,
  table: string,
  eventIds: readonly string[],
  wait: Wait,
): Promise<void> =>
  batchWrite(
    dynamodb,
    table,
    [...new Set(eventIds)].map((id) => ({ DeleteRequest: { Key: keyAttributes(unsentKey(id)) } })),
    wait,
  );
