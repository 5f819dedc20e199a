import { covers, overlaps, type Pattern } from "../model/pattern.ts";
import type { Limit } from "./limit.ts";
import type { LimitRule } from "./limit-rules.ts";
import type { Problem } from "./problem.ts";
import { deniesSomething, type WrittenStep } from "./step-schema.ts";

const eachAtOnce: LimitRule = ({ steps = [] }) =>
  steps.flatMap((step, index) => {
    const first = steps.findIndex((other) => other.at === step.at);
    if (first === index) return [];
    const problem = `is the percentage of steps[${first}] too, but each has one step`;
    return [{ path: `steps[${index}].at`, value: step.at, problem, remedy: "join the two, or change one" }];
  });

const quoted = (patterns: readonly Pattern[]): string => patterns.map((pattern) => JSON.stringify(pattern)).join(", ");

/** A deny of what the limit does not count is most likely a misspelling. */
const deniesWhatIsCounted: LimitRule = ({ steps = [], models }) => {
  if (models === undefined) return [];
  const problem = `denies nothing that this limit counts (${quoted(models)})`;
  return steps.flatMap((step, index) =>
    (Array.isArray(step.deny) ? step.deny : []).flatMap((pattern, place) =>
      models.some((model) => overlaps(pattern, model))
        ? []
        : [
            {
              path: `steps[${index}].deny[${place}]`,
              value: pattern,
              problem,
              remedy: "correct it, or add it to models",
            },
          ],
    ),
  );
};

const exceptLeavesSomething: LimitRule = ({ steps = [], models }) => {
  if (models === undefined) return [];
  return steps.flatMap((step, index): Problem[] => {
    const { except = [] } = step;
    if (except.length === 0 || !deniesSomething(step)) return [];
    const denied = deniedBy(step, models);
    const path = `steps[${index}].except`;
    if (denied.every((pattern) => except.some((exception) => covers(exception, pattern)))) {
      return [
        {
          path,
          value: except,
          problem: "covers everything the step denies",
          remedy: "leave something to deny, or remove deny",
        },
      ];
    }
    const problem = `touches nothing that the step denies (${quoted(denied)})`;
    return except.flatMap((exception, place) =>
      denied.some((pattern) => overlaps(exception, pattern))
        ? []
        : [{ path: `${path}[${place}]`, value: exception, problem, remedy: "correct or remove it" }],
    );
  });
};

/**
 * Refuses steps that no usage can reach, because earlier steps deny everything that is counted.
 *
 * Metrics and budgets also count principals the limit does not select, and so go on growing, unless
 * it selects everyone. The limit's mode does not matter: it should stay valid when it is enforced.
 */
const everyStepCanBeReached: LimitRule = (draft) => {
  const { models, steps = [] } = draft;
  const distinct = new Set(steps.map((step) => step.at)).size === steps.length;
  if (models === undefined || !distinct || !countsOnlyTheDenied(draft)) return [];
  const ascending = steps.map((step, index) => ({ step, index })).sort((a, b) => a.step.at - b.step.at);
  let open: readonly Pattern[] = models;
  const before: number[] = [];
  const problems: Problem[] = [];
  for (const { step, index } of ascending) {
    if (open.length === 0) {
      const problem = `can never be reached: at ${before.join(" and ")} percent everything this limit counts is denied already`;
      problems.push({
        path: `steps[${index}]`,
        value: step,
        problem,
        remedy: "remove it, or have the earlier steps leave something open",
      });
      continue;
    }
    const left = stillOpen(open, deniedBy(step, models), step.except ?? []);
    if (left.join() !== open.join()) before.push(step.at);
    open = left;
  }
  return problems;
};

/** What a step leaves open of what was: all that it does not cover, and its exceptions. */
function stillOpen(
  open: readonly Pattern[],
  denied: readonly Pattern[],
  except: readonly Pattern[],
): readonly Pattern[] {
  return open.flatMap((pattern) => {
    if (!denied.some((one) => covers(one, pattern))) return [pattern];
    const exceptions = except.filter((one) => overlaps(one, pattern));
    return exceptions.map((exception) => (covers(pattern, exception) ? exception : pattern));
  });
}

function countsOnlyTheDenied(
  draft: Partial<Pick<Limit, "source" | "principals">> & { exceptPrincipals?: readonly string[] | undefined },
): boolean {
  if (draft.source === undefined || draft.principals === undefined) return false;
  return draft.source === "logs" || (draft.principals.includes("*") && (draft.exceptPrincipals ?? []).length === 0);
}

/** What a step denies before its exceptions. Per model, `true` is the key's own: over all keys, every model. */
function deniedBy(step: WrittenStep, models: readonly Pattern[]): readonly Pattern[] {
  if (step.deny === true) return models;
  return step.deny === undefined || step.deny === false ? [] : step.deny;
}

/** What the steps of a limit have to keep to among each other and with its models. */
export const stepRules: readonly LimitRule[] = [
  eachAtOnce,
  deniesWhatIsCounted,
  exceptLeavesSomething,
  everyStepCanBeReached,
];
