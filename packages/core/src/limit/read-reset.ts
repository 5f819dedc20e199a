import { whyNoName } from "./name-rule.ts";
import type { Checked } from "./problem.ts";
import { readShape } from "./read-shape.ts";
import type { Reset } from "./settings.ts";
import { faultIssue, instant, list, object, pattern, reason, ruled, selector } from "./shape-parts.ts";

const NAMES_NOTHING = {
  problem: "names nothing: a key has a principal, a model or both",
  remedy: "add one, or remove keys to reset everything the limit counts",
};

const key = object(
  { principal: selector.optional(), model: pattern.optional() },
  'must be an object, as in { "principal": "role/batch" }',
).check((context) => {
  const { principal, model } = context.value;
  if (context.issues.length > 0 || principal !== undefined || model !== undefined) return;
  context.issues.push(faultIssue(NAMES_NOTHING, [], context.value));
});

const schema = object(
  {
    limit: ruled("must be the name of a limit, as text", whyNoName),
    at: instant,
    keys: list(key, "must be a list of at least one key; without it everything the limit counts is reset").optional(),
    reason,
  },
  'must be an object in braces, as in { "limit": "opus-daily", … }',
);

/** Reads the JSON text of `/resets/<name>`. */
export function readReset(name: string, text: string): Checked<Reset> {
  const written = readShape(name, text, schema, []);
  if (!written.ok) return written;
  const { limit, at, keys, reason } = written.value;
  const some = keys?.map(({ principal, model }) => ({
    ...(principal !== undefined && { principal }),
    ...(model !== undefined && { model }),
  }));
  return { ok: true, value: { name, limit, at, ...(some !== undefined && { keys: some }), reason } };
}
