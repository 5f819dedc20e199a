import { publishRequest } from "@bedrock-governor/aws/lambda/publish-request";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import type { PublisherPort } from "@bedrock-governor/core/reconcile/ports";
import { loggedError } from "./error-chain.ts";
import { type Handler, type Instruments, instrumented } from "./instruments.ts";

export interface PublishParts extends Instruments {
  now(): EpochMs;
  /** @param deadline no policy is begun after it. */
  publisher(deadline: EpochMs): PublisherPort;
}

/** What the reconciler is answered. */
export interface Published {
  /** Names of the policies that can be attached now. */
  readonly available: readonly string[];
}

/** For the answer, and for a look at the policy created last. */
const RESERVE_MS = 3_000;

/**
 * Publishes deny policies and answers which can be attached now. It trusts whoever asks for nothing: what is
 * not a deny policy of our form is refused, and nothing of that request is published.
 *
 * It throws after the other policies are published: the reconciler's next run finds them in IAM.
 */
export function createPublishHandler(parts: PublishParts): Handler<Published> {
  const { logger, now } = parts;
  return instrumented<Published>(parts).handler(async (event, context) => {
    const deadline = now() + context.getRemainingTimeInMillis() - RESERVE_MS;
    try {
      const policies = publishRequest(event);
      const available = [...(await parts.publisher(deadline).publish(policies))];
      logger.info("published", { available, asked: policies.length });
      return { available };
    } catch (error) {
      logger.error("publishing failed", { cause: loggedError(error) });
      throw error;
    }
  });
}
