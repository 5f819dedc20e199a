import { Logger } from "@aws-lambda-powertools/logger";
import { injectLambdaContext } from "@aws-lambda-powertools/logger/middleware";
import { Metrics } from "@aws-lambda-powertools/metrics";
import type { Place } from "@bedrock-governor/aws/permission";
import middy from "@middy/core";

/** How every function tells what it does. Apart from tracing, which would be half of a meter's cold start. */
export interface Logged {
  readonly logger: Logger;
}

export const serviceOf = ({ stage }: Pick<Place, "stage">): string => `bedrock-governor-${stage}`;

export const createLogger = (place: Pick<Place, "stage">): Logged => ({
  logger: new Logger({ serviceName: serviceOf(place) }),
});

export const createMetrics = (place: Pick<Place, "stage">): Metrics =>
  new Metrics({ serviceName: serviceOf(place), namespace: "BedrockGovernor" });

/**
 * A handler's frame. Events and answers are neither logged nor traced: whoever wakes a function could put
 * anything in there.
 */
export const logged = <T>({ logger }: Logged) =>
  // Lambda is to end what takes too long: a run answered for early would go on when the process is woken again.
  middy<unknown, T>({ timeoutEarlyInMillis: 0 }).use(injectLambdaContext(logger, { logEvent: false }));
