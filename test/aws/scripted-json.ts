/** An answer, or a refusal by the name of its error. */
export type Answer = { readonly output: object } | { readonly error: string };

export interface JsonRequest {
  /** As in `FilterLogEvents`; of REST services, method and path. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** What a client of AWS's JSON protocols is configured with to have a function answer; what is recorded is what AWS would have seen. */
export function scriptedJson(answer: (request: JsonRequest, count: number) => Answer) {
  const requests: JsonRequest[] = [];
  const config = {
    region: "us-east-1",
    maxAttempts: 1,
    requestHandler: {
      async handle({ headers, body, method, path }: WireRequest) {
        const text = typeof body === "string" || body === undefined ? (body ?? "") : new TextDecoder().decode(body);
        const operation = headers["x-amz-target"]?.split(".")[1] ?? `${method} ${path}`;
        const request = { operation, input: text === "" ? {} : JSON.parse(text) };
        requests.push(request);
        const given = answer(request, requests.length);
        return { response: "output" in given ? response(200, given.output) : refusal(given.error) };
      },
    },
  };
  return { config, requests };
}

interface WireRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly method: string;
  readonly path: string;
}

const refusal = (error: string) => response(400, { __type: error, message: error }, { "x-amzn-errortype": error });

const response = (statusCode: number, body: object, headers: object = {}) => ({
  statusCode,
  headers: { "content-type": "application/x-amz-json-1.1", ...headers },
  body: new TextEncoder().encode(JSON.stringify(body)),
});
