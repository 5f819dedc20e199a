import { publisherPermissions } from "@bedrock-governor/aws/iam/permissions";
import { createFunction } from "./function.ts";
import { removal } from "./removal.ts";
import { named, place, settings } from "./stage.ts";
import { allow } from "./statements.ts";

export const publisherName = named("publish");

/** Creates and deletes deny policies, and can attach none. Only the reconciler calls it, and waits for the answer. */
export const publisher = settings.enforcement === "on" ? createPublisher() : undefined;

function createPublisher(): sst.aws.Function {
  return createFunction("Publish", {
    name: "publish",
    description: "Creates and deletes deny policies; may attach none",
    handler: "packages/functions/src/publish-deny-policies.handler",
    timeout: "40 seconds",
    memory: "512 MB",
    permissions: allow(...publisherPermissions(place)),
    after: removal ? [removal] : [],
  });
}
