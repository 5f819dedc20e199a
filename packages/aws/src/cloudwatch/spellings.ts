import type { ModelId } from "@bedrock-governor/core/model/model-id";
import type { BedrockCatalogue } from "../bedrock/catalogue.ts";
import type { RegionCatalogue } from "../bedrock/region-catalogue.ts";

/** What tells which series stand for which model. */
export interface Spellings {
  readonly regions: readonly string[];
  /** By region, the last that could be read; undefined if none ever was. */
  readonly catalogues: ReadonlyMap<string, RegionCatalogue> | undefined;
  /** Whether that is what Bedrock says now, and earlier aliases could be recalled. */
  readonly current: boolean;
  /** Every alias there was: a profile that was deleted since was still called. */
  readonly aliases: ReadonlyMap<string, ModelId>;
}

/** Remembers, beyond the life of a process, what ids stood for: Bedrock forgets it with what it deletes. */
export interface AliasMemory {
  /** Rejects if anything is unread. */
  recall(): Promise<ReadonlyMap<string, ModelId>>;
  /** Writes those that are not kept yet; rejects if they were not written. */
  keep(aliases: ReadonlyMap<string, ModelId>): Promise<void>;
}

export interface SpellingsOptions {
  readonly regions: readonly string[];
  readonly catalogue: Pick<BedrockCatalogue, "regions">;
  /** Without one a later process does not know what was deleted before it. */
  readonly memory?: AliasMemory;
  readonly warn: (text: string) => void;
}

/**
 * The models behind ids do not change, so an unreadable catalogue leaves the last one to read ids by; it does not
 * tell new ones. The answer is the same object as long as nothing changed.
 */
export function createSpellings({ regions, catalogue, memory, warn }: SpellingsOptions): () => Promise<Spellings> {
  let last: Spellings = { regions, catalogues: undefined, current: false, aliases: new Map() };
  let recalled = memory === undefined;
  let kept: Spellings["catalogues"];

  /** Until the earlier aliases are known, an id that the catalogue does not know may be anything. */
  async function recall(): Promise<void> {
    if (memory === undefined || recalled) return;
    try {
      const aliases = await memory.recall();
      last = { ...last, aliases: new Map([...aliases, ...last.aliases]) };
      recalled = true;
    } catch (error) {
      warn(`earlier aliases of models are unread: ${messageOf(error)}`);
    }
  }

  /** What was not kept now is kept by the next run; it is needed only once Bedrock has forgotten it. */
  async function keep(catalogues: NonNullable<Spellings["catalogues"]>): Promise<void> {
    if (memory === undefined || !recalled || catalogues === kept) return;
    try {
      await memory.keep(aliasesIn(catalogues));
      kept = catalogues;
    } catch (error) {
      warn(`aliases of models could not be kept: ${messageOf(error)}`);
    }
  }

  return async () => {
    const [catalogues] = await Promise.all([catalogue.regions(), recall()]);
    if (catalogues === undefined) return { ...last, current: false };
    if (catalogues !== last.catalogues || recalled !== last.current) {
      last = { regions, catalogues, current: recalled, aliases: new Map([...last.aliases, ...aliasesIn(catalogues)]) };
    }
    await keep(catalogues);
    return last;
  };
}

const aliasesIn = (catalogues: NonNullable<Spellings["catalogues"]>): ReadonlyMap<string, ModelId> =>
  new Map([...catalogues.values()].flatMap(({ aliases }) => [...aliases]));

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
