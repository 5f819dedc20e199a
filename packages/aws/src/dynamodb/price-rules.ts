import { type DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import type { PriceRule } from "@bedrock-governor/core/limit/settings";
import type { Permission, Place } from "../permission.ts";
import { canonicalJson } from "./canonical-json.ts";
import { onlyPartitions, tableArn } from "./table-place.ts";

const PARTITION = "settings";
const KEY = { pk: { S: PARTITION }, sk: { S: "price-rules" } };

/**
 * The price rules in force, as one item of the table: the reconciler, who reads and checks `/prices`, tells
 * the meters. So a malformed rule keeps its last valid version for both, and a meter asks nobody but the table.
 */
export interface KeptPriceRules {
  /** Empty before the first run of a reconciler. Rejects if they are unread. */
  read(): Promise<readonly PriceRule[]>;
  /** Writes them unless this process did before. Rejects if they may be unwritten. */
  keep(rules: readonly PriceRule[]): Promise<void>;
}

export function createKeptPriceRules({
  dynamodb,
  table,
}: {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
}): KeptPriceRules {
  let kept: string | undefined;
  return {
    async read() {
      const { Item } = await dynamodb.send(new GetItemCommand({ TableName: table, Key: KEY, ConsistentRead: true }));
      if (Item === undefined) return [];
      const text = Item.rules?.S;
      if (text === undefined) throw new Error(`table ${table} holds price rules that are none`);
      return JSON.parse(text) as readonly PriceRule[];
    },
    async keep(rules) {
      const text = canonicalJson(rules);
      if (text === kept) return;
      await dynamodb.send(new PutItemCommand({ TableName: table, Item: { ...KEY, rules: { S: text } } }));
      kept = text;
    },
  };
}

/** Of who keeps them. */
export const permissions = (place: Place, table: string): readonly Permission[] => [
  { actions: ["dynamodb:PutItem"], resources: [tableArn(place, table)], condition: onlyPartitions(PARTITION) },
];

/** Of who reads them. */
export const readPermissions = (place: Place, table: string): readonly Permission[] => [
  { actions: ["dynamodb:GetItem"], resources: [tableArn(place, table)], condition: onlyPartitions(PARTITION) },
];
