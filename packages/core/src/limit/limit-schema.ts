import * as z from "zod";
import { type Limit, MEASURES, type Source } from "./limit.ts";
import { nearest } from "./nearest.ts";
import type { Fault } from "./problem.ts";
import { MUST_BE_PERIOD, MUST_BE_TIME_ZONE, readPeriod, readTimeZone } from "./read-period.ts";
import { MUST_BE_SOURCE, readSource } from "./read-source.ts";
import { list, meaning, object, patterns, percent, prose, selector, selectors, threshold } from "./shape-parts.ts";
import { stepSchema } from "./step-schema.ts";

export const MUST_BE_MEASURE = `must be one of ${MEASURES.join(", ")}`;
export const MUST_BE_PER =
  'must be a list of "principal" and "model": both, one of them or, for one shared threshold, none';

const MUST_BE_BOUNDS = "must be an object of min and max, the least and most that /threshold may set";
const MUST_BE_OVERRIDES = "must be a list of objects, each with principals and a threshold";
const MUST_BE_MODE = 'must be "enforce" or "observe"';

/**
 * What `/limits/<name>` holds, key by key. `measure`, `per`, `period` and `threshold` are optional
 * here because a budget brings its own; limit-rules.ts asks for them.
 */
export const limitSchema = object(
  {
    description: prose("must be text that says what the limit is for").optional(),
    owner: prose("must be text that says whom to ask").optional(),
    models: patterns,
    principals: selectors,
    exceptPrincipals: z.array(selector, "must be a list of principals, such as role/<name>").optional(),
    source: meaning<Source>(MUST_BE_SOURCE, readSource),
    measure: z.enum(MEASURES, MUST_BE_MEASURE).optional(),
    per: z.array(z.enum(["principal", "model"], 'must be "principal" or "model"'), MUST_BE_PER).optional(),
    period: meaning(MUST_BE_PERIOD, readPeriod).optional(),
    timeZone: meaning(MUST_BE_TIME_ZONE, readTimeZone).optional(),
    threshold: threshold.optional(),
    bounds: object({ min: threshold, max: threshold }, MUST_BE_BOUNDS).optional(),
    overrides: z.array(object({ principals: selectors, threshold }, MUST_BE_OVERRIDES), MUST_BE_OVERRIDES).optional(),
    steps: list(
      stepSchema,
      "must be a list of at least one step; without the key it is told at 80 and denied at 100",
    ).optional(),
    reset: z.enum(["period", "manual"], 'must be "period" or "manual"').optional(),
    liftBelow: percent(100).optional(),
    mode: meaning<Limit["mode"]>(MUST_BE_MODE, readLimitMode).optional(),
  },
  'must be an object in braces, as in { "models": ["anthropic.*"], … }',
);

function readLimitMode(text: string): { readonly value: Limit["mode"] } | Fault {
  if (text === "enforce" || text === "observe") return { value: text };
  if (text === "paused") {
    return {
      problem: `${MUST_BE_MODE}: only everything together can be paused, by the parameter /mode`,
      remedy: 'write "observe" to have this limit deny nothing',
    };
  }
  return { problem: MUST_BE_MODE, remedy: `write "${nearest(text, ["enforce", "observe"]) ?? "enforce"}"` };
}
