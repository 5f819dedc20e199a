import type { DenySet } from "@bedrock-governor/core/enforcement/deny-set";
import { readDenyPolicy } from "@bedrock-governor/core/policy/read-deny-policy";
import type { PublisherPort } from "@bedrock-governor/core/reconcile/ports";
import type { PolicyDocument } from "./authorisation.ts";
import type { Faults } from "./faults.ts";

/** A customer managed policy. */
export interface ManagedPolicy {
  readonly name: string;
  /** Whether it lies at the path where the governor keeps its deny policies. */
  readonly ours: boolean;
  readonly text: string;
  readonly document: PolicyDocument;
}

/** The customer managed policies of the account. */
export interface Policies {
  readonly port: PublisherPort;
  find(name: string): ManagedPolicy | undefined;
  /** What a policy of ours denies; undefined for any other, or if its document is not what its name says. */
  deniedBy(name: string): DenySet | undefined;
  /** Names of ours, each with what it denies; the same object as before if nothing changed. */
  published(): ReadonlyMap<string, DenySet | undefined>;
  /** Made by another tool, at another path. */
  createForeign(name: string, document: PolicyDocument): void;
  /** Gives a policy another document, as only someone with more permissions than the governor could. */
  rewrite(name: string, document: PolicyDocument): void;
  delete(name: string): void;
  onRewritten(listener: (name: string) => void): void;
}

export function createPolicies(faults: Faults): Policies {
  const byName = new Map<string, ManagedPolicy>();
  const listeners: ((name: string) => void)[] = [];
  let published: ReadonlyMap<string, DenySet | undefined> | undefined;

  function put(name: string, ours: boolean, text: string): void {
    byName.set(name, { name, ours, text, document: JSON.parse(text) });
    if (ours) published = undefined;
  }
  const deniedBy = (name: string): DenySet | undefined => {
    const policy = byName.get(name);
    return policy?.ours ? readDenyPolicy(name, policy.text) : undefined;
  };

  return {
    port: {
      publish: async (policies) =>
        faults.around("publish", () => {
          for (const { name, text } of policies) if (!byName.has(name)) put(name, true, text);
          return new Set(policies.map(({ name }) => name).filter((name) => byName.get(name)?.ours));
        }),
    },
    find: (name) => byName.get(name),
    deniedBy,
    published() {
      const ours = () => [...byName.values()].filter((policy) => policy.ours);
      published ??= new Map(ours().map(({ name }) => [name, deniedBy(name)]));
      return published;
    },
    createForeign: (name, document) => put(name, false, JSON.stringify(document)),
    rewrite(name, document) {
      put(name, byName.get(name)?.ours ?? false, JSON.stringify(document));
      for (const listener of listeners) listener(name);
    },
    delete(name) {
      byName.delete(name);
      published = undefined;
    },
    onRewritten: (listener) => listeners.push(listener),
  };
}
