import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from "@aws-sdk/client-lambda";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { PublisherPort } from "@bedrock-governor/core/reconcile/ports";
import { availableIn, fieldOf, sentPolicy } from "./publish-request.ts";

export interface PublisherCallOptions {
  /** Made with `maxAttempts: 1`, and a request timeout above the publisher's own: a call made twice runs twice at once. */
  readonly lambda: Pick<LambdaClient, "send">;
  readonly functionName: string;
  readonly now?: () => EpochMs;
  /** When the present run has to be over. */
  readonly deadline?: () => EpochMs;
  /** Default: by the machine's clock. */
  readonly abortAfter?: (ms: number) => AbortSignal;
}

/**
 * As many as the publisher can do within its 40 s at 1.5 a second with time to spare, and, at 8 KB each, far
 * below what Lambda takes (6 MB). The next run asks for the others; these come in the order of urgency.
 */
export const MOST_POLICIES = 30;

/** Kept of a run's time for what it is all for: a publisher that hangs must not keep anybody denied. */
const FOR_WRITES_MS = 15_000;
/** With less time than this a call is not begun: the publisher's start alone may take a second or two. */
const LEAST_TIME_MS = 5_000;

/** Asks the publisher function, which alone may create policies. One call for each `publish`. */
export function createPublisherCall(options: PublisherCallOptions): PublisherPort {
  const { lambda, functionName, now = Date.now, deadline = () => Number.POSITIVE_INFINITY } = options;
  const { abortAfter = AbortSignal.timeout } = options;
  return {
    async publish(policies) {
      const left = deadline() - now() - FOR_WRITES_MS;
      if (policies.length === 0 || left < LEAST_TIME_MS) return new Set();
      const asked = policies.slice(0, MOST_POLICIES);
      const answer = await ask(JSON.stringify({ policies: asked.map(sentPolicy) }), left);
      const payload = parsed(answer.Payload?.transformToString() ?? "");
      if (answer.FunctionError !== undefined) throw new Error(`the publisher failed: ${saidBy(payload)}`);
      const available = availableIn(payload);
      if (available === undefined)
        throw new Error(`the publisher ${functionName} did not answer with names of policies`);
      const names = new Set(asked.map(({ name }) => name));
      return new Set(available.filter((name) => names.has(name)));
    },
  };

  async function ask(Payload: string, left: number): Promise<InvokeCommandOutput> {
    // The publisher goes on by itself when nobody waits any more, and the next run finds what it made.
    const until = Number.isFinite(left) ? { abortSignal: abortAfter(left) } : {};
    try {
      return await lambda.send(new InvokeCommand({ FunctionName: functionName, Payload }), until);
    } catch (cause) {
      throw new Error(`asking the publisher ${functionName}: ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      });
    }
  }
}

/** How Lambda tells of a function's error: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html */
function saidBy(payload: unknown): string {
  const [name, message] = [fieldOf(payload, "errorType"), fieldOf(payload, "errorMessage")];
  return typeof message === "string"
    ? `${typeof name === "string" ? `${name}: ` : ""}${message}`
    : "it did not say why";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}
