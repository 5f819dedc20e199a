import { type DynamoDBClient, paginateQuery } from "@aws-sdk/client-dynamodb";
import { batchWrite } from "../batch-write.ts";
import type { Item } from "../journal-items.ts";
import type { Wait } from "../retrying.ts";

/** Where usage is kept. */
export interface Store {
  readonly dynamodb: DynamoDBClient;
  /** The name of a table with keys `pk` and `sk` and TTL attribute `expires`. */
  readonly table: string;
  /** How to wait between attempts. */
  readonly wait: Wait;
}

/** Before and after every sort key of usage. */
export const FIRST = " ";
export const LAST = "~";

/** Reads a partition, or its sort keys between two, both included, in their order and as they are now. Rejects if a page is unread. */
export async function* items({ dynamodb, table }: Store, pk: string, from = FIRST, to = LAST): AsyncGenerator<Item> {
  const query = {
    TableName: table,
    KeyConditionExpression: "pk = :pk AND sk BETWEEN :from AND :to",
    ExpressionAttributeValues: { ":pk": { S: pk }, ":from": { S: from }, ":to": { S: to } },
    ConsistentRead: true,
  };
  for await (const page of paginateQuery({ client: dynamodb }, query)) yield* page.Items ?? [];
}

/** Writes items, each for itself. Rejects if any may be unwritten. */
export const putItems = ({ dynamodb, table, wait }: Store, some: readonly Item[]): Promise<void> =>
  batchWrite(
    dynamodb,
    table,
    some.map((item) => ({ PutRequest: { Item: { ...item } } })),
    wait,
  );

/** For DynamoDB to delete it some time after. */
export const expires = (ms: number) => ({ N: String(Math.ceil(ms / 1_000)) });
