import type { KeptPriceRules } from "@bedrock-governor/aws/dynamodb/price-rules";
import type { Catalogue } from "@bedrock-governor/core/model/catalogue";
import type { ModelId } from "@bedrock-governor/core/model/model-id";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { createPriceBook, type PriceBook } from "@bedrock-governor/core/usage/price";

/** What a meter looks calls up in. */
export interface Reference {
  readonly prices: PriceBook;
  /** Knows of application profiles and the like, and of nothing else. */
  readonly catalogue: Catalogue;
}

export interface ReferenceOptions {
  /** Which model an opaque id or ARN stands for, as the reconciler found. */
  readonly aliases: { recall(): Promise<ReadonlyMap<string, ModelId>> };
  readonly rules: Pick<KeptPriceRules, "read">;
  now(): EpochMs;
  /** Told when what was read before serves on. */
  stale(error: unknown): void;
}

const READ_EVERY_MS = 60_000;

/**
 * Reads at most once a minute, and goes on with what it read before if that fails. Rejects if it never read anything:
 * the batch then waits. To count it without a price would make the dollars of the whole month unknown,
 * and to take list prices would be a guess where a rule may say otherwise.
 */
export function createReference({ aliases, rules, now, stale }: ReferenceOptions): () => Promise<Reference> {
  let last: Reference | undefined;
  let readAt = Number.NEGATIVE_INFINITY;

  async function read(): Promise<Reference> {
    const [known, inForce] = await Promise.all([aliases.recall(), rules.read()]);
    const catalogue = { models: [], aliases: known, otherArns: new Map() };
    return { prices: createPriceBook(inForce, catalogue), catalogue };
  }

  return async () => {
    if (last !== undefined && now() < readAt + READ_EVERY_MS) return last;
    try {
      last = await read();
    } catch (error) {
      if (last === undefined) throw error;
      stale(error);
    }
    readAt = now();
    return last;
  };
}
