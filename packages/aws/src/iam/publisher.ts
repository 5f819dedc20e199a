import { setTimeout as wait } from "node:timers/promises";
import { CreatePolicyCommand } from "@aws-sdk/client-iam";
import type { DenyPolicy } from "@bedrock-governor/core/policy/deny-policy";
import { readDenyPolicy } from "@bedrock-governor/core/policy/read-deny-policy";
import type { PublisherPort } from "@bedrock-governor/core/reconcile/ports";
import { denyPath } from "./deny-path.ts";
import { codeOf, isPassing, messageOf } from "./iam-error.ts";
import { createPatience } from "./patience.ts";
import { createPolicyReader } from "./policy-reader.ts";
import { type PublishingOptions, prune } from "./prune.ts";

/** Within how many looks a policy just created has to be there. */
const LOOKS = 5;
const BETWEEN_LOOKS_MS = 1_000;

/**
 * Creates deny policies and never changes one: it sends no `CreatePolicyVersion`, which on an attached
 * policy could grant.
 *
 * What exists already at the stage's path counts, whatever its document: attaching reads that, and says
 * of whom it could not deny and what to do. An account that can hold no more policies is pruned once; if
 * that is not enough, or another path has the name, publishing rejects with a remedy, so that nobody
 * stays open in silence. It rejects after the other policies are published: the next run finds them.
 */
export function createIamPublisher(options: PublishingOptions): PublisherPort {
  const { iam, place, sleep = wait, now = Date.now, deadline = () => Number.POSITIVE_INFINITY } = options;
  const patience = createPatience(options);
  const policies = createPolicyReader(iam, place, patience);

  return {
    async publish(wanted) {
      const keep = new Set(wanted.map(({ name }) => name));
      const available = new Set<string>();
      const failures: Error[] = [];
      let pruned = false;
      for (const policy of wanted) {
        // The others are asked for again on the next run.
        if (now() >= deadline()) break;
        try {
          if (await makeRoomAndPublish(policy)) available.add(policy.name);
        } catch (error) {
          const remedy = isFull(error) ? "; delete policies, or have the account's quota of policies raised" : "";
          failures.push(new Error(`publishing ${policy.name}: ${messageOf(error)}${remedy}`, { cause: error }));
          if (isPassing(error)) break;
        }
      }
      const [failure, ...more] = failures;
      if (failure === undefined) return available;
      throw more.length === 0 ? failure : new AggregateError(failures, failures.map(messageOf).join("\n"));

      async function makeRoomAndPublish(policy: DenyPolicy): Promise<boolean> {
        try {
          return await publishOne(policy);
        } catch (error) {
          if (!isFull(error) || pruned) throw error;
        }
        pruned = true;
        await prune(options, keep);
        return publishOne(policy);
      }
    },
  };

  /** Whether the policy can be attached now. */
  async function publishOne({ name, text, description }: DenyPolicy): Promise<boolean> {
    if (readDenyPolicy(name, text) === undefined) throw new RangeError(`${name} is not the name of that document`);
    const command = new CreatePolicyCommand({
      PolicyName: name,
      Path: denyPath(place),
      PolicyDocument: text,
      Description: description,
      Tags: [
        { Key: "managed-by", Value: "bedrock-governor" },
        { Key: "bedrock-governor:stage", Value: place.stage },
      ],
    });
    try {
      await patience.write(() => iam.send(command));
    } catch (error) {
      if (codeOf(error) !== "EntityAlreadyExists") throw error;
      if (await isThere(name)) return true;
      if (isOver()) return false;
      // A policy's name is unique in an account, whatever its path.
      throw new Error(`another path than ${denyPath(place)} has a policy of that name: delete it`, { cause: error });
    }
    return isThere(name);
  }

  /** Whether there is no time for another look. */
  function isOver(): boolean {
    return now() + BETWEEN_LOOKS_MS >= deadline();
  }

  /** IAM's reads may be older than its last write; attaching reads the policy first. */
  async function isThere(name: string): Promise<boolean> {
    for (let look = 1; ; look++) {
      if ((await policies.edition(name)) !== undefined) return true;
      if (look === LOOKS || isOver()) return false;
      await sleep(BETWEEN_LOOKS_MS);
    }
  }
}

const isFull = (error: unknown): boolean => codeOf(error) === "LimitExceeded";
