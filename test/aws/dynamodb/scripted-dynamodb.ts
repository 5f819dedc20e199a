import { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** One request as it went over the wire. */
export interface Request {
  /** As in `TransactWriteItems`. */
  readonly operation: string;
  readonly input: Input;
}

type WireItem = Readonly<Record<string, Readonly<{ S?: string; N?: string }>>>;

export interface TransactItem {
  readonly Item?: WireItem;
  readonly Key?: WireItem;
  readonly ConditionExpression?: string;
}

interface BatchItem {
  readonly DeleteRequest?: { readonly Key: WireItem };
  readonly PutRequest?: { readonly Item: WireItem };
}

/** What tests look at of the requests, in DynamoDB's own JSON. */
export interface Input {
  readonly ClientRequestToken?: string;
  readonly ConsistentRead?: boolean;
  readonly ExclusiveStartKey?: object;
  readonly ExpressionAttributeValues?: WireItem;
  readonly TransactItems?: readonly Readonly<Partial<Record<"Put" | "Delete" | "ConditionCheck", TransactItem>>>[];
  readonly RequestItems?: Readonly<Record<string, readonly BatchItem[]>>;
}

/** An answer, a refusal, or a connection that breaks before the answer arrives. */
export type Answer = { readonly output: object } | Refusal | "lost";

interface Refusal {
  readonly error: string;
  /** Of a transaction, per item. */
  readonly reasons?: readonly string[];
}

export const cancelled = (...reasons: readonly string[]): Refusal => ({
  error: "TransactionCanceledException",
  reasons,
});

/**
 * A real client, with the SDK's own retries, whose requests a function answers: what is recorded is
 * what DynamoDB would have seen.
 */
export function scriptedDynamodb(answer: (request: Request) => Answer) {
  const requests: Request[] = [];
  const dynamodb = new DynamoDBClient({
    region: "us-east-1",
    requestHandler: {
      async handle({ headers, body }: { headers: Record<string, string>; body: Uint8Array }) {
        const operation = headers["x-amz-target"]?.split(".")[1] ?? "";
        const request: Request = { operation, input: JSON.parse(new TextDecoder().decode(body)) };
        requests.push(request);
        const given = answer(request);
        if (given === "lost") throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
        return { response: "output" in given ? response(200, given.output) : response(400, refusalBody(given)) };
      },
    },
  });
  return { dynamodb, requests };
}

const response = (statusCode: number, body: object) => ({
  statusCode,
  headers: { "content-type": "application/x-amz-json-1.0" },
  body: new TextEncoder().encode(JSON.stringify(body)),
});

const refusalBody = ({ error, reasons }: Refusal) => ({
  __type: `com.amazonaws.dynamodb.v20120810#${error}`,
  message: error,
  ...(reasons !== undefined && { CancellationReasons: reasons.map((Code) => ({ Code })) }),
});
