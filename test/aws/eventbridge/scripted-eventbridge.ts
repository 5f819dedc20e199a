import { EventBridgeClient } from "@aws-sdk/client-eventbridge";

export interface Entry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
  /** Seconds. */
  readonly Time: number;
}

/** A call that fails as a whole, or whether the bus takes each entry. */
export type Answer = "failure" | readonly boolean[];

/** A real client whose calls a function answers; the calls are as EventBridge would have seen them. */
export function scriptedEventbridge(answer: (entries: readonly Entry[], count: number) => Answer) {
  const calls: (readonly Entry[])[] = [];
  const operations: string[] = [];
  const eventbridge = new EventBridgeClient({
    region: "us-east-1",
    maxAttempts: 1,
    requestHandler: {
      async handle({ headers, body }: { headers: Record<string, string>; body: Uint8Array }) {
        const { Entries }: { Entries: readonly Entry[] } = JSON.parse(new TextDecoder().decode(body));
        calls.push(Entries);
        operations.push(headers["x-amz-target"]?.split(".")[1] ?? "");
        const given = answer(Entries, calls.length);
        if (given === "failure") return { response: response(500, { __type: "InternalException" }) };
        const FailedEntryCount = given.filter((taken) => !taken).length;
        const results = given.map((taken, index) =>
          taken ? { EventId: String(index) } : { ErrorCode: "ThrottlingException" },
        );
        return { response: response(200, { FailedEntryCount, Entries: results }) };
      },
    },
  });
  return { eventbridge, calls, operations };
}

const response = (statusCode: number, body: object) => ({
  statusCode,
  headers: { "content-type": "application/x-amz-json-1.1" },
  body: new TextEncoder().encode(JSON.stringify(body)),
});
