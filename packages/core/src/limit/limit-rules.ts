import { isBudget } from "./limit.ts";
import { type limitSchema, MUST_BE_MEASURE, MUST_BE_PER } from "./limit-schema.ts";
import type { Fault, Problem } from "./problem.ts";
import { valueAt } from "./problem-path.ts";
import { MUST_BE_PERIOD } from "./read-period.ts";
import type { Rule } from "./read-shape.ts";
import { surelyCovers } from "./selector-rule.ts";
import { MUST_BE_THRESHOLD } from "./shape-parts.ts";
import { missing } from "./shape-words.ts";

export type LimitRule = Rule<typeof limitSchema>;

const at = (written: object, key: string, fault: Fault): Problem => ({
  path: key,
  value: valueAt(written, [key]),
  ...fault,
});

/** Required of every limit but a budget's. A source that is misspelt may have meant a budget. */
const NOT_FROM_BUDGET = [
  ["measure", MUST_BE_MEASURE],
  ["per", MUST_BE_PER],
  ["period", MUST_BE_PERIOD],
  ["threshold", MUST_BE_THRESHOLD],
] as const;

const requiredKeys: LimitRule = (draft, written) => {
  const source = draft.source ?? valueAt(written, ["source"]);
  if (typeof source === "string" && source.startsWith("budget")) return [];
  return NOT_FROM_BUDGET.filter(([key]) => !Object.hasOwn(written, key)).map(([key, must]) => missing([key], must));
};

const budgetBringsItsOwn: LimitRule = (draft, written) => {
  if (draft.source === undefined || !isBudget(draft.source)) return [];
  const brought = ["per", "period", "timeZone", "measure", "overrides"].filter((key) => Object.hasOwn(written, key));
  return brought.map((key) =>
    at(written, key, {
      problem: `does not go with source ${JSON.stringify(draft.source)}: a budget brings its own`,
      remedy: "remove it",
    }),
  );
};

const metricsKnowNoPrincipal: LimitRule = (draft, written) => {
  if (draft.source !== "metrics" || draft.per?.includes("principal") !== true) return [];
  const problem = 'cannot hold "principal" with source "metrics", which knows models only: [] or ["model"] is allowed';
  return [at(written, "per", { problem, remedy: 'remove "principal", or write "source": "logs"' })];
};

const perHoldsEachOnce: LimitRule = (draft, written) => {
  if (draft.per === undefined || new Set(draft.per).size === draft.per.length) return [];
  return [
    at(written, "per", {
      problem: "names one of its entries twice",
      remedy: `write ${JSON.stringify([...new Set(draft.per)])}`,
    }),
  ];
};

const boundsHoldTheThreshold: LimitRule = ({ bounds, threshold }, written) => {
  if (bounds === undefined) return [];
  if (bounds.min > bounds.max) {
    return [at(written, "bounds", { problem: "has a min above its max", remedy: "swap them" })];
  }
  if (threshold === undefined || (threshold >= bounds.min && threshold <= bounds.max)) return [];
  const problem = `must be within the limit's own bounds, ${bounds.min} to ${bounds.max}`;
  return [at(written, "threshold", { problem, remedy: "change the threshold or the bounds" })];
};

const rollingPeriods: LimitRule = ({ period, source, timeZone, liftBelow }, written) => {
  const problems: Problem[] = [];
  if (period?.kind === "rolling" && timeZone !== undefined) {
    const problem = "does not go with a rolling period, which is the same everywhere";
    problems.push(at(written, "timeZone", { problem, remedy: "remove it" }));
  }
  const calendar = period?.kind === "calendar" || (source !== undefined && isBudget(source));
  if (calendar && liftBelow !== undefined) {
    const problem = "goes only with rolling periods: any other lifts when its period ends";
    problems.push(at(written, "liftBelow", { problem, remedy: 'remove it, or write a period such as "rolling P1D"' }));
  }
  return problems;
};

const somebodyIsSelected: LimitRule = ({ principals, exceptPrincipals = [] }, written) => {
  if (principals === undefined) return [];
  const left = principals.some((selector) => !exceptPrincipals.some((except) => surelyCovers(except, selector)));
  if (left) return [];
  const problem = "covers everyone in principals, so the limit holds for nobody";
  return [at(written, "exceptPrincipals", { problem, remedy: "leave somebody in, or remove the limit" })];
};

/** What combinations of a limit's keys have to keep to, its steps and overrides apart. */
export const limitRules: readonly LimitRule[] = [
  requiredKeys,
  budgetBringsItsOwn,
  metricsKnowNoPrincipal,
  perHoldsEachOnce,
  boundsHoldTheThreshold,
  rollingPeriods,
  somebodyIsSelected,
];
