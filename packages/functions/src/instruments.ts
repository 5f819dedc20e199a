import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { Metrics } from "@aws-lambda-powertools/metrics";
import { Tracer } from "@aws-lambda-powertools/tracer";
import { captureLambdaHandler } from "@aws-lambda-powertools/tracer/middleware";
import type { Place } from "@bedrock-governor/aws/permission";
import middy from "@middy/core";
import type { Context } from "aws-lambda";

/** How a function tells what it does. Tracing is inert outside of Lambda. */
export interface Instruments {
  readonly logger: Logger;
  readonly tracer: Tracer;
}

const serviceOf = ({ stage }: Pick<Place, "stage">): string => `bedrock-governor-${stage}`;

export function createInstruments(place: Pick<Place, "stage">): Instruments {
  const serviceName = serviceOf(place);
  // The SDK's clients are captured one by one: capturing all of HTTP would show each call twice.
  return { logger: new Logger({ serviceName }), tracer: new Tracer({ serviceName, captureHTTPsRequests: false }) };
}

export const createMetrics = (place: Pick<Place, "stage">): Metrics =>
  new Metrics({ serviceName: serviceOf(place), namespace: "BedrockGovernor" });

/** What Lambda calls. */
export type Handler<T> = (event: unknown, context: Context) => Promise<T>;

/**
 * A handler's frame. Events and answers are neither logged nor traced: whoever wakes a function could put
 * anything in there.
 */
export const instrumented = <T>({ logger, tracer }: Instruments) =>
  // Lambda is to end what takes too long: a run answered for early would go on when the process is woken again.
  middy<unknown, T>({ timeoutEarlyInMillis: 0 })
    .use(injectLambdaContext(logger, { logEvent: false }))
    .use(captureLambdaHandler(tracer, { captureResponse: false }));
