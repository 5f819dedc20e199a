import type { AliasMemory } from "@bedrock-governor/aws/cloudwatch/spellings";
import type { Catalogue } from "@bedrock-governor/core/model/catalogue";
import type { CataloguePort } from "@bedrock-governor/core/reconcile/ports";

/**
 * A catalogue whose aliases are kept when it is read: meters look up application profiles in what is kept.
 * What was not kept now is kept by the next run.
 */
export function keepingAliases(
  catalogue: CataloguePort,
  memory: AliasMemory,
  warn: (text: string) => void,
): CataloguePort {
  let recalled = false;
  let kept: Catalogue | undefined;

  async function keep(read: Catalogue): Promise<void> {
    // The memory writes what it does not know of: without this, everything once in each process.
    if (!recalled) await memory.recall();
    recalled = true;
    await memory.keep(read.aliases);
    kept = read;
  }

  return {
    async read() {
      const read = await catalogue.read();
      if (read === undefined || read === kept) return read;
      try {
        await keep(read);
      } catch (error) {
        warn(
          `aliases of models could not be kept for meters: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      return read;
    },
  };
}
