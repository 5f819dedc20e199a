import { whyNoName } from "./name-rule.ts";
import type { Checked } from "./problem.ts";
import { type Rule, readShape } from "./read-shape.ts";
import type { Exemption } from "./settings.ts";
import { instant, list, object, patterns, percent, reason, ruled, selectors } from "./shape-parts.ts";

const limitName = ruled("must be the name of a limit, as text", whyNoName);

const schema = object(
  {
    principals: selectors,
    limits: list(
      limitName,
      "must be a list of at least one limit's name; without it the exemption is from every limit",
    ).optional(),
    models: patterns.optional(),
    from: instant.optional(),
    until: instant,
    upTo: percent(1000).optional(),
    reason,
  },
  'must be an object in braces, as in { "principals": ["role/batch"], … }',
);

const endsAfterItBegins: Rule<typeof schema> = ({ from, until }, written) => {
  if (from === undefined || until === undefined || from < until) return [];
  const value: unknown = Reflect.get(written, "until");
  return [{ path: "until", value, problem: "must be after from", remedy: "write a later end, or an earlier from" }];
};

/** Reads the JSON text of `/exemptions/<name>`. Times need an offset: whose midnight is meant must not be a guess. */
export function readExemption(name: string, text: string): Checked<Exemption> {
  const written = readShape(name, text, schema, [endsAfterItBegins]);
  if (!written.ok) return written;
  const { principals, limits, models, from, until, upTo, reason } = written.value;
  const value: Exemption = {
    name,
    principals,
    ...(limits !== undefined && { limits }),
    ...(models !== undefined && { models }),
    ...(from !== undefined && { from }),
    until,
    ...(upTo !== undefined && { upTo }),
    reason,
  };
  return { ok: true, value };
}
