import { removalPermissions } from "@bedrock-governor/aws/iam/permissions";
import { createFunction } from "./function.ts";
import { place, settings } from "./stage.ts";
import { allow } from "./statements.ts";

/**
 * Lifts every deny and deletes the deny policies when it is deleted itself: with the stage, or when a stage
 * that enforced no longer does. Nothing happens when it is created or changed.
 *
 * Pulumi deletes what depends on something before that thing, and deletes only after everything else was
 * created and updated. Two consequences:
 *
 * - The function that lifts, its role with its policy and its log group are still there, since this depends on them.
 * - Nobody attaches again what was just lifted. Whatever could, depends on this: signals, functions and, above
 *   all, the roles of reconciler and publisher. A run still under way, or one that Lambda retries for hours, has
 *   lost its role by then. Where the stage stays, the reconciler's role lost its IAM permissions as an update.
 *
 * If lifting fails, so does the command, and the remover stays for the next one.
 */
export const removal = settings.enforcement === "on" ? createRemoval() : undefined;

function createRemoval(): aws.lambda.Invocation {
  const remover = createFunction("Remove", {
    name: "remove",
    description: "Lifts every deny and deletes the deny policies when the stage goes",
    handler: "packages/functions/src/remove.handler",
    // As long as Lambda allows: IAM takes one or two writes a second.
    timeout: "15 minutes",
    memory: "512 MB",
    permissions: allow(...removalPermissions(place)),
  });
  const { role, function: lambda, logGroup } = remover.nodes;
  return new aws.lambda.Invocation(
    "Removal",
    { functionName: lambda.name, input: JSON.stringify({}), lifecycleScope: "CRUD" },
    { dependsOn: logGroup.apply((group) => [role, ...(group ? [group] : [])]) },
  );
}
