import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { Permission, Place } from "../../permission.ts";
import { keyAttributes } from "../journal-items.ts";
import { onlyPartitions, tableArn } from "../table-place.ts";
import { WAKE_PARTITION } from "./wake-mark.ts";

/** When a meter last wrote usage, to the second: meters move the mark of wakes after every write. */
export interface LastMetered {
  /** Undefined: none ever did. Rejects if it is unread. */
  read(): Promise<EpochMs | undefined>;
}

export function createLastMetered({
  dynamodb,
  table,
}: {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
}): LastMetered {
  const Key = keyAttributes({ pk: WAKE_PARTITION, sk: "mark" });
  return {
    async read() {
      const { Item } = await dynamodb.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
      if (Item === undefined) return undefined;
      const at = Number(Item.wakeAt?.N ?? Number.NaN);
      if (!Number.isFinite(at)) throw new Error(`table ${table} holds a mark of wakes that is none`);
      return at;
    },
  };
}

export const permissions = (place: Place, table: string): readonly Permission[] => [
  { actions: ["dynamodb:GetItem"], resources: [tableArn(place, table)], condition: onlyPartitions(WAKE_PARTITION) },
];
