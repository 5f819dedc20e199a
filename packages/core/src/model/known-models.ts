import { findProvider } from "@pydantic/genai-prices";
import { matches, type Pattern } from "./pattern.ts";

/**
 * Which models of the built-in price table a pattern covers, sorted: what is known without an
 * account. Nothing may be decided by it: the table knows neither all models nor all dates in their ids.
 */
export function pricedModels(pattern: Pattern): readonly string[] {
  // The table's own prefixes tell prices apart, not places.
  const ids =
    findProvider({ providerId: "aws" })?.models.map(({ id }) => id.replace(/^(?:global|regional)\./, "")) ?? [];
  return [...new Set(ids)].filter((id) => matches(pattern, id)).sort();
}
