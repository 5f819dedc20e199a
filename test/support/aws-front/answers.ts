import type { Call, Request } from "./call.ts";
import { cborText } from "./cbor.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export const json = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value),
});

/** How each service says that it was asked too often. @see https://docs.aws.amazon.com/general/latest/gr/api-retries.html */
export const throttled = (call: Call, request: Request): Answer => {
  const [code, status] = THROTTLES[call.service] ?? ["ThrottlingException", 400];
  return refusal(request, code, status, "Rate exceeded");
};

const THROTTLES: Readonly<Record<string, readonly [code: string, status: number]>> = {
  iam: ["Throttling", 400],
  dynamodb: ["ProvisionedThroughputExceededException", 400],
  sqs: ["RequestThrottled", 400],
  bedrock: ["ThrottlingException", 429],
  lambda: ["TooManyRequestsException", 429],
};

export function accessDenied(call: Call, request: Request): Answer {
  const why = `User: arn:aws:sts::123456789012:assumed-role/${call.caller} is not authorized to perform: ${call.service}:${call.action}`;
  const [code, status] = call.service === "iam" ? ["AccessDenied", 403] : ["AccessDeniedException", 400];
  return refusal(request, code, ["bedrock", "lambda"].includes(call.service) ? 403 : status, why);
}

export const quotaReached = (_: Call, request: Request): Answer =>
  refusal(request, "LimitExceeded", 409, "Cannot exceed quota");

/** An error in the protocol in which was asked. */
function refusal({ headers }: Request, code: string, status: number, message: string): Answer {
  if (headers["smithy-protocol"] === "rpc-v2-cbor") {
    const body = Buffer.concat([Buffer.from([0xa2]), ...["__type", code, "message", message].map(cborText)]);
    return { status, headers: { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" }, body };
  }
  if (headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
    const body = `<ErrorResponse>${error}<RequestId>front</RequestId></ErrorResponse>`;
    return { status, headers: { "content-type": "text/xml" }, body };
  }
  return json({ __type: code, message }, status, { "x-amzn-errortype": code });
}
