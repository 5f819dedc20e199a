import type { Removal, RemovalOptions, Removed } from "@bedrock-governor/aws/iam/removal";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { loggedError } from "./error-chain.ts";
import { type Handler, type Instruments, instrumented } from "./instruments.ts";

export interface RemoveParts extends Instruments {
  now(): EpochMs;
  removal(options: Pick<RemovalOptions, "deadline" | "onLifted" | "onDeleted">): Removal;
}

/** For the answer. */
const RESERVE_MS = 10_000;

/**
 * Lifts every deny of the stage and deletes its policies, when the stage is removed or somebody asks for it.
 *
 * The resource that invokes it does so too when it is created or changed, and then nothing is to be done:
 * https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_invocation
 */
export function createRemoveHandler(parts: RemoveParts): Handler<Removed> {
  const { logger, now } = parts;
  return instrumented<Removed>(parts).handler(async (event, context) => {
    const deadline = now() + context.getRemainingTimeInMillis() - RESERVE_MS;
    const wanted = isRemoval(event);
    if (!wanted) {
      logger.info("nothing to do: the stage is being deployed");
      return { lifted: 0, deleted: 0 };
    }
    const removal = parts.removal({
      deadline: () => deadline,
      onLifted: (holder, policy) => logger.info("lifted", { holder, policy }),
      onDeleted: (policy) => logger.info("deleted", { policy }),
    });
    try {
      const done = await removal.remove();
      logger.info("removal finished", { ...done });
      return done;
    } catch (error) {
      logger.error("removal incomplete", { cause: loggedError(error) });
      throw error;
    }
  });
}

/** @throws RangeError for an event that is neither of the two forms. */
function isRemoval(event: unknown): boolean {
  if (isObject(event)) {
    if (!("tf" in event) && event.action === "remove") return true;
    const action = isObject(event.tf) ? event.tf.action : undefined;
    if (action === "delete") return true;
    if (action === "create" || action === "update") return false;
  }
  throw new RangeError(
    'the remover takes { "action": "remove" }, or { "tf": { "action": "create", "update" or "delete" } } from the stage\'s deployment',
  );
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
