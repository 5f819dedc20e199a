import type { InvocationLogging } from "@bedrock-governor/aws/bedrock/invocation-logging";
import { loggedError } from "./error-chain.ts";
import { type Handler, type Instruments, instrumented } from "./instruments.ts";
import { lifecycleOf } from "./lifecycle.ts";

export interface InvocationLoggingParts extends Instruments {
  readonly invocationLogging: InvocationLogging;
}

export interface InvocationLoggingAnswer {
  readonly logging: Awaited<ReturnType<InvocationLogging["ensure"] | InvocationLogging["remove"]>>;
}

/** Switches a region's invocation logging on with the stage, and off with it; never anybody else's. */
export function createInvocationLoggingHandler(parts: InvocationLoggingParts): Handler<InvocationLoggingAnswer> {
  const { logger, invocationLogging } = parts;
  return instrumented<InvocationLoggingAnswer>(parts).handler(async (event) => {
    const action = lifecycleOf(event);
    if (action === undefined) {
      throw new RangeError(
        'this function takes { "tf": { "action": "create", "update" or "delete" } } from the stage\'s deployment',
      );
    }
    try {
      const logging = await (action === "delete" ? invocationLogging.remove() : invocationLogging.ensure());
      logger.info("invocation logging", { action, logging });
      if (action === "delete" && logging === "not ours") {
        logger.warn("invocation logging is another's by now, and left as it is", {
          remedy:
            "if it goes to the stage's log group, let it go to a group and by a role of your own: the stage's goes",
        });
      }
      return { logging };
    } catch (error) {
      logger.error("invocation logging is not as the stage wants it", { action, cause: loggedError(error) });
      throw error;
    }
  });
}
