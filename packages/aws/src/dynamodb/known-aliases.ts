import { type DynamoDBClient, paginateQuery } from "@aws-sdk/client-dynamodb";
import type { ModelId } from "@bedrock-governor/core/model/model-id";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { AliasMemory } from "../cloudwatch/spellings.ts";
import type { Permission, Place } from "../permission.ts";
import { batchWrite } from "./batch-write.ts";
import { pass, type Wait } from "./retrying.ts";
import { onlyPartitions, tableArn } from "./table-place.ts";

export interface KnownAliasesOptions {
  readonly dynamodb: DynamoDBClient;
  readonly table: string;
  now(): EpochMs;
  /** How to wait between attempts; a timer if not said. */
  readonly wait?: Wait;
}

const PARTITION = "aliases";
const DAY_MS = 24 * 3_600_000;
/** Twice the longest period: an alias that is still in use is written again when half of it is over. */
const KEPT_FOR_MS = 64 * DAY_MS;

/**
 * Which model an opaque id or ARN stood for, kept in the table for when Bedrock does not know it any more: the calls
 * of a deleted application profile still count.
 */
export function createKnownAliases({ dynamodb, table, now, wait = pass }: KnownAliasesOptions): AliasMemory {
  const kept = new Map<string, { readonly model: ModelId; readonly until: EpochMs }>();

  return {
    async recall() {
      const query = {
        TableName: table,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: PARTITION } },
      };
      for await (const { Items = [] } of paginateQuery({ client: dynamodb }, query)) {
        for (const { sk, model, expires } of Items) {
          if (sk?.S === undefined || model?.S === undefined || expires?.N === undefined)
            throw new Error(`table ${table} holds an alias that is none: ${sk?.S}`);
          kept.set(sk.S, { model: model.S, until: Number(expires.N) * 1_000 });
        }
      }
      // DynamoDB deletes an expired item some time after, if at all.
      for (const [alias, { until }] of kept) if (until <= now()) kept.delete(alias);
      return new Map([...kept].map(([alias, { model }]) => [alias, model]));
    },

    async keep(aliases) {
      const until = now() + KEPT_FOR_MS;
      const fresh = [...aliases].filter(([alias, model]) => {
        const before = kept.get(alias);
        return before?.model !== model || before.until < now() + KEPT_FOR_MS / 2;
      });
      const puts = fresh.map(([alias, model]) => ({
        PutRequest: {
          Item: {
            pk: { S: PARTITION },
            sk: { S: alias },
            model: { S: model },
            expires: { N: String(Math.ceil(until / 1_000)) },
          },
        },
      }));
      await batchWrite(dynamodb, table, puts, wait);
      for (const [alias, model] of fresh) kept.set(alias, { model, until });
    },
  };
}

export const permissions = (place: Place, table: string): readonly Permission[] => [
  {
    actions: ["dynamodb:Query", "dynamodb:BatchWriteItem"],
    resources: [tableArn(place, table)],
    condition: onlyPartitions(PARTITION),
  },
];

/** Of who only recalls them. */
export const recallPermissions = (place: Place, table: string): readonly Permission[] => [
  { actions: ["dynamodb:Query"], resources: [tableArn(place, table)], condition: onlyPartitions(PARTITION) },
];
