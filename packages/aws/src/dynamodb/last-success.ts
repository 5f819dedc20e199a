import { type DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Permission, Place } from "../permission.ts";
import { onlyPartitions, tableArn } from "./table-place.ts";

const PARTITION = "settings";
const KEY = { pk: { S: PARTITION }, sk: { S: "last-success" } };

/** When a run last did all it had to. It outlives the process, so that its age can be told by the next one. */
export interface LastSuccess {
  /** Undefined: none ever was. Rejects if it is unread. */
  read(): Promise<EpochMs | undefined>;
  /** Rejects if it was not written. */
  write(at: EpochMs): Promise<void>;
}

export function createLastSuccess({
  dynamodb,
  table,
}: {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
}): LastSuccess {
  return {
    async read() {
      const { Item } = await dynamodb.send(new GetItemCommand({ TableName: table, Key: KEY, ConsistentRead: true }));
      if (Item === undefined) return undefined;
      const at = Number(Item.at?.N ?? Number.NaN);
      if (!Number.isFinite(at)) throw new Error(`table ${table} holds a time of the last success that is none`);
      return at;
    },
    async write(at) {
      await dynamodb.send(new PutItemCommand({ TableName: table, Item: { ...KEY, at: { N: String(at) } } }));
    },
  };
}

export const permissions = (place: Place, table: string): readonly Permission[] => [
  {
    actions: ["dynamodb:GetItem", "dynamodb:PutItem"],
    resources: [tableArn(place, table)],
    condition: onlyPartitions(PARTITION),
  },
];
