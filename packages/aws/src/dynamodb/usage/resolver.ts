import type { PriceRule } from "@bedrock-governor/core/limit/settings";
import { keptModel } from "@bedrock-governor/core/metering/kept-names";
import type { ModelId } from "@bedrock-governor/core/model/model-id";
import type { EpochMs } from "@bedrock-governor/core/period/period";
import { createPriceBook } from "@bedrock-governor/core/usage/price";
import type { AliasMemory } from "../../cloudwatch/spellings.ts";
import { priced, type Row } from "./amounts.ts";
import { MINUTE_MS } from "./times.ts";

export interface ResolverOptions {
  /** Every id and ARN that is known to stand for a model. */
  readonly aliases: Pick<AliasMemory, "recall">;
  /** Price rules in force. */
  rules(): readonly PriceRule[];
  now(): EpochMs;
}

/** Names the models behind ids that no meter knew when they were called. */
export interface Resolver {
  /** Rows as they would be had their meters known. Rejects if an id is unknown, and what is known of ids is unread. */
  resolve(rows: readonly Row[]): Promise<readonly Row[]>;
}

const ASK_AGAIN_MS = MINUTE_MS;

/**
 * Whether a meter may have kept the id that was called for want of the model: an ARN, or the bare id of a profile.
 * Canonical ids have a dot, or a slash.
 */
export const isUnresolved = ({ model }: Pick<Row, "model">): boolean => model.startsWith("arn:") || !/[./]/.test(model);

/**
 * What an id stands for is known some minutes after its first call, so it is looked up when usage is read:
 * docs/adr/0013. Asked at most once a minute, and not at all while every row names a model.
 */
export function createResolver({ aliases, rules, now }: ResolverOptions): Resolver {
  let asked: { readonly at: EpochMs; readonly known: Promise<ReadonlyMap<string, ModelId>> } | undefined;

  function recall(): Promise<ReadonlyMap<string, ModelId>> {
    if (asked !== undefined && now() < asked.at + ASK_AGAIN_MS) return asked.known;
    const asking = { at: now(), known: aliases.recall() };
    asked = asking;
    asking.known.catch(() => {
      if (asked === asking) asked = undefined;
    });
    return asking.known;
  }

  return {
    async resolve(rows) {
      if (!rows.some(isUnresolved)) return rows;
      const known = await recall();
      const prices = createPriceBook(rules(), { models: [], aliases: known, otherArns: new Map() });
      return rows.map((row) => {
        if (!isUnresolved(row)) return row;
        const id = keptModel(row.model);
        const called = known.has(row.model) ? row.model : id;
        // What no alias tells has a price only if a rule names the id.
        const amounts = priced({ ...row, model: called }, prices, regionOf(row.model, known));
        return { ...row, model: known.get(called) ?? id, amounts };
      });
    },
  };
}

const REGION = /^arn:[^:]+:bedrock:([a-z0-9-]+):/;

/** Where an id was called: it is called in its own region. A bare id is known beside its ARN. */
function regionOf(id: string, known: ReadonlyMap<string, ModelId>): string | undefined {
  const arn = id.startsWith("arn:") ? id : [...known.keys()].find((alias) => alias.endsWith(`/${id}`));
  return arn === undefined ? undefined : REGION.exec(arn)?.[1];
}
