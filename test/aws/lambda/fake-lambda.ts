import { LambdaClient } from "@aws-sdk/client-lambda";

/** What becomes of an invocation: the function's answer as JSON, or what Lambda answers in its place. */
type Played =
  | object
  | { readonly raw: string; readonly functionError?: string }
  | { readonly refused: Error }
  | "never";

export interface Invocation {
  readonly FunctionName: string;
  readonly payload: unknown;
}

/** A real client in front of a function that a test plays. One that throws is told of as Lambda does. */
export function fakeLambda(play: (payload: unknown) => Played) {
  const invocations: Invocation[] = [];
  const client = new LambdaClient({
    region: "us-east-1",
    maxAttempts: 1,
    requestHandler: {
      async handle(request: Request, options?: { readonly abortSignal?: AbortSignal }) {
        const payload: unknown = JSON.parse(request.body);
        const FunctionName = /functions\/([^/]+)\/invocations/.exec(request.path)?.[1] ?? "";
        invocations.push({ FunctionName, payload });
        return { response: await answer(payload, options?.abortSignal) };
      },
    },
  });
  return { client, invocations };

  async function answer(payload: unknown, abortSignal: AbortSignal | undefined) {
    let played: Played;
    try {
      played = play(payload);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      return response(JSON.stringify({ errorType: error.name, errorMessage: error.message, trace: [] }), "Unhandled");
    }
    if (played === "never") return aborted(abortSignal);
    if ("refused" in played) throw played.refused;
    return "raw" in played ? response(played.raw, played.functionError) : response(JSON.stringify(played));
  }
}

interface Request {
  readonly path: string;
  readonly body: string;
}

const response = (text: string, functionError?: string) => ({
  statusCode: 200,
  headers: { ...(functionError !== undefined && { "x-amz-function-error": functionError }) },
  body: new TextEncoder().encode(text),
});

const aborted = (signal: AbortSignal | undefined) =>
  new Promise<never>((_, reject) => {
    const abort = () => reject(Object.assign(new Error("Request aborted"), { name: "AbortError" }));
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort);
  });
