import { ListEntitiesForPolicyCommand } from "@aws-sdk/client-iam";
import type { DenySet } from "@bedrock-governor/core/enforcement/deny-set";
import { readDenyPolicy } from "@bedrock-governor/core/policy/read-deny-policy";
import type { PrincipalId } from "@bedrock-governor/core/principal/principal";
import type { ObservedAccess } from "@bedrock-governor/core/reconcile/ports";
import type { Place } from "../permission.ts";
import { denyPolicyArn } from "./deny-path.ts";
import { isMissing } from "./iam-error.ts";
import { pagesOf } from "./pages.ts";
import type { Patience } from "./patience.ts";
import type { Iam, ListedPolicy, PolicyReader } from "./policy-reader.ts";

export interface ObserveOptions {
  readonly iam: Iam;
  readonly place: Place;
  readonly patience: Patience;
  readonly policies: PolicyReader;
}

/** Reads that are under way at a time. */
const WIDTH = 4;

/**
 * Reads who holds which deny policy, and what each policy denies.
 *
 * The list of policies is asked for without `OnlyAttached`: it is the same number of calls, says which
 * are attached as well, and the loop needs the others too (it asks the publisher for what is not there,
 * and makes do with a smaller one as long as it gets none). Documents are read once per edition, so
 * a quiet account costs one call, and one more per attached policy.
 */
export function createObserve({ iam, place, patience, policies }: ObserveOptions): () => Promise<ObservedAccess> {
  let known = new Map<string, DenySet | undefined>();

  return async () => {
    const listed = await policies.list();
    const read = await inParallel(listed, async (policy) => {
      const holders = policy.attached ? await holdersOf(policy.name) : [];
      return holders && { name: policy.name, holders, key: keyOf(policy), denied: await deniedBy(policy) };
    });
    const found = read.filter((policy) => policy !== undefined);
    known = new Map(found.map(({ key, denied }) => [key, denied]));
    const attached = new Map<PrincipalId, string[]>();
    for (const { name, holders } of found) {
      for (const holder of holders) attached.set(holder, [...(attached.get(holder) ?? []), name]);
    }
    return { published: new Map(found.map(({ name, denied }) => [name, denied])), attached };
  };

  /** Undefined if the policy was deleted since it was listed, as only one that nobody holds can be. */
  async function holdersOf(name: string): Promise<readonly PrincipalId[] | undefined> {
    // Use as a permissions boundary grants and denies nothing by itself, and is not ours to end.
    const input = { PolicyArn: denyPolicyArn(place, name), PolicyUsageFilter: "PermissionsPolicy" } as const;
    try {
      const pages = await pagesOf((position) =>
        patience.read(() => iam.send(new ListEntitiesForPolicyCommand({ ...input, ...position }))),
      );
      return pages.flatMap(({ PolicyRoles = [], PolicyUsers = [] }) => [
        ...PolicyRoles.map(({ RoleName }) => `role/${named(RoleName)}`),
        ...PolicyUsers.map(({ UserName }) => `user/${named(UserName)}`),
      ]);
    } catch (error) {
      if (!isMissing(error)) throw error;
      return undefined;
    }
  }

  async function deniedBy(policy: ListedPolicy): Promise<DenySet | undefined> {
    const key = keyOf(policy);
    if (known.has(key)) return known.get(key);
    const document = await policies.document(policy.name, policy);
    if (document !== undefined) return readDenyPolicy(policy.name, document);
    // Somebody puts another document in its place this very moment.
    if (policy.attached) throw new Error(`the document of ${policy.name} is unread: ${policy.versionId} is gone`);
    return undefined;
  }
}

const keyOf = ({ name, policyId, versionId }: ListedPolicy): string => `${policyId} ${versionId} ${name}`;

function named(name: string | undefined): string {
  if (name === undefined) throw new Error("IAM listed a holder without its name");
  return name;
}

/** In the items' order; rejects with the first failure, and begins nothing after it. */
async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  const queue = entriesOf(items);
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
  return results;
}

/** A generator, in place of the array's own iterator: a loop that throws closes it for all loops. */
function* entriesOf<T>(items: readonly T[]): Generator<[number, T]> {
  yield* items.entries();
}
