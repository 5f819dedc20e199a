import { type DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { Mode } from "@bedrock-governor/core/limit/limit";
import type { Permission, Place } from "../permission.ts";
import type { LastMode } from "../ssm/settings.ts";
import { onlyPartitions, tableArn } from "./table-place.ts";

const PARTITION = "settings";
const KEY = { pk: { S: PARTITION }, sk: { S: "last-mode" } };

const isMode = (text: string | undefined): text is Mode =>
  text === "observe" || text === "enforce" || text === "paused";

/** The last valid mode, as one item of the table. Rejects also if that holds no mode: a guess could lift every deny. */
export function createLastMode({
  dynamodb,
  table,
}: {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
}): LastMode {
  return {
    async read() {
      const { Item } = await dynamodb.send(new GetItemCommand({ TableName: table, Key: KEY, ConsistentRead: true }));
      if (Item === undefined) return undefined;
      const mode = Item.mode?.S;
      if (!isMode(mode)) throw new Error(`table ${table} holds a last mode that is none: ${JSON.stringify(mode)}`);
      return mode;
    },
    async write(mode) {
      await dynamodb.send(new PutItemCommand({ TableName: table, Item: { ...KEY, mode: { S: mode } } }));
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
