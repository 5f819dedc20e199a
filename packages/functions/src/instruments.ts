import { Tracer } from "@aws-lambda-powertools/tracer";
import { captureLambdaHandler } from "@aws-lambda-powertools/tracer/middleware";
import type { Place } from "@bedrock-governor/aws/permission";
import type { Context } from "aws-lambda";
import { createLogger, type Logged, logged, serviceOf } from "./logging.ts";

/** How a function tells what it does. Tracing is inert outside of Lambda. */
export interface Instruments extends Logged {
  readonly tracer: Tracer;
}

export function createInstruments(place: Pick<Place, "stage">): Instruments {
  const serviceName = serviceOf(place);
  // The SDK's clients are captured one by one: capturing all of HTTP would show each call twice.
  return { ...createLogger(place), tracer: new Tracer({ serviceName, captureHTTPsRequests: false }) };
}

/** What Lambda calls. */
export type Handler<T> = (event: unknown, context: Context) => Promise<T>;

/** A handler's frame, with a trace. */
export const instrumented = <T>({ tracer, ...rest }: Instruments) =>
  logged<T>(rest).use(captureLambdaHandler(tracer, { captureResponse: false }));
