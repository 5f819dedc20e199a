import * as z from "zod";
import type { Fault } from "./problem.ts";
import { between, faultIssue, list, object, pattern } from "./shape-parts.ts";

const MUST_BE_DENY = "must be true, false or a list of at least one pattern";

const shape = object(
  {
    at: between(0, 1000, "must be a number of percent of the threshold, above 0 and at most 1000"),
    notify: z.boolean("must be true or false").optional(),
    deny: z.union([z.boolean(), list(pattern, MUST_BE_DENY)], MUST_BE_DENY).optional(),
    except: z.array(pattern, "must be a list of model ids and patterns").optional(),
  },
  'must be an object, as in { "at": 100, "deny": true }',
);

/** A step as it is written: `deny` is still true, false, a list or left out. */
export type WrittenStep = z.output<typeof shape>;

export const deniesSomething = (step: WrittenStep): boolean => step.deny !== undefined && step.deny !== false;

/** One step, with the rules that need no other key of the limit. */
export const stepSchema = shape.check((context) => {
  if (context.issues.length > 0) return;
  for (const [path, fault] of stepFaults(context.value)) context.issues.push(faultIssue(fault, path, context.value));
});

function stepFaults(step: WrittenStep): readonly (readonly [string[], Fault])[] {
  if (deniesSomething(step)) return step.notify === false ? [[["notify"], SILENT_DENY]] : [];
  const faults: [string[], Fault][] = [];
  if (step.notify !== true) faults.push([[], DOES_NOTHING]);
  if (step.except !== undefined && step.except.length > 0) faults.push([["except"], EXCEPT_WITHOUT_DENY]);
  return faults;
}

const SILENT_DENY: Fault = {
  problem: "cannot be false in a step that denies: a deny is always told",
  remedy: "remove notify",
};
const DOES_NOTHING: Fault = {
  problem: "does nothing: a step has notify true, or deny true or with patterns",
  remedy: 'add "notify": true or "deny": true, or remove the step',
};
const EXCEPT_WITHOUT_DENY: Fault = {
  problem: "leaves models open in a step that denies none: except goes only with deny",
  remedy: 'add "deny": true to the step, or remove except',
};
