import { DeletePolicyCommand } from "@aws-sdk/client-iam";
import type { Place } from "../permission.ts";
import { denyPolicyArn } from "./deny-path.ts";
import { codeOf } from "./iam-error.ts";
import { createPatience, type Timing } from "./patience.ts";
import { createPolicyReader, type Iam } from "./policy-reader.ts";

export interface PublishingOptions extends Timing {
  /** Made with `maxAttempts: 1`: what may pass is tried again here, within pace and deadline. */
  readonly iam: Iam;
  readonly place: Place;
}

/**
 * Deletes the stage's deny policies that nobody holds, but for those to keep, and resolves with the names
 * of the deleted. One that somebody attaches meanwhile stays: IAM refuses to delete what is held. One that
 * is wanted after all is published again.
 *
 * It stops at the deadline, and rejects on a passing failure.
 */
export async function prune(options: PublishingOptions, keep: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const { iam, place, now = Date.now, deadline = () => Number.POSITIVE_INFINITY } = options;
  const patience = createPatience(options);
  const deleted = new Set<string>();
  for (const { name, attached, boundary } of await createPolicyReader(iam, place, patience).list()) {
    if (attached || boundary || keep.has(name)) continue;
    if (now() >= deadline()) break;
    try {
      await patience.write(() => iam.send(new DeletePolicyCommand({ PolicyArn: denyPolicyArn(place, name) })));
      deleted.add(name);
    } catch (error) {
      if (!LEFT.has(codeOf(error))) throw error;
    }
  }
  return deleted;
}

/** Held by somebody after all or changed by somebody (it has a second version), or deleted already. */
const LEFT: ReadonlySet<string> = new Set(["DeleteConflict", "NoSuchEntity"]);
