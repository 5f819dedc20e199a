import type { Checked } from "./problem.ts";
import { readShape } from "./read-shape.ts";
import type { ManualDeny } from "./settings.ts";
import { instant, object, patterns, reason, selectors } from "./shape-parts.ts";

const schema = object(
  { principals: selectors, models: patterns, until: instant.optional(), reason },
  'must be an object in braces, as in { "principals": ["role/batch"], "models": ["*"], … }',
);

/** Reads the JSON text of `/denies/<name>`. */
export function readManualDeny(name: string, text: string): Checked<ManualDeny> {
  const written = readShape(name, text, schema, []);
  if (!written.ok) return written;
  const { principals, models, until, reason } = written.value;
  return { ok: true, value: { name, principals, models, ...(until !== undefined && { until }), reason } };
}
