import { gunzipSync } from "node:zlib";
import { type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";

interface PlainRecord {
  readonly requestId: string;
  readonly modelId: string;
  readonly identity: { readonly arn: string };
  readonly input: { readonly inputTokenCount?: number };
  readonly output: { readonly outputTokenCount?: number };
}

/** The meter that one writes first: a counter per user and model, and a write for each record. */
export const plainMeter =
  (dynamodb: DynamoDBClient) =>
  async (event: { readonly awslogs: { readonly data: string } }): Promise<void> => {
    const text = gunzipSync(Buffer.from(event.awslogs.data, "base64")).toString();
    const { logEvents }: { logEvents: readonly { readonly message: string }[] } = JSON.parse(text);
    for (const { message } of logEvents) {
      const record: PlainRecord = JSON.parse(message);
      const tokens = (record.input.inputTokenCount ?? 0) + (record.output.outputTokenCount ?? 0);
      await dynamodb.send(
        new UpdateItemCommand({
          TableName: "table",
          Key: { pk: { S: record.identity.arn }, sk: { S: record.modelId } },
          UpdateExpression: "ADD tokens :tokens, calls :one",
          ExpressionAttributeValues: { ":tokens": { N: String(tokens) }, ":one": { N: "1" } },
        }),
      );
    }
  };
