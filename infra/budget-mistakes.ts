import { billingFilter } from "./billing-filter.ts";
import type { BudgetSettings, StageSettings } from "./settings.ts";

/** What AWS Budgets, or a limit that names the budget, would refuse. */
export function mistakesOfBudgets(budgets: StageSettings["budgets"]): string[] {
  return Object.entries(budgets).flatMap(([name, budget]) => [
    ...(NAME.test(name)
      ? []
      : [
          `budgets names one ${show(name)}: write a letter or digit, and at most 79 more, spaces, dots, _ and - among them.`,
        ]),
    ...mistakesOf(budget).map((what) => `budgets[${show(name)}]${what}`),
  ]);
}

/** AWS Budgets takes more, CloudFormation's logical ids do not. */
const NAME = /^[A-Za-z0-9][\w .-]{0,79}(?<! )$/;
const TIME_UNITS = ["DAILY", "MONTHLY", "QUARTERLY", "ANNUALLY"];
const KEYS = ["model", "amount", "timeUnit", "billedAs"];
const MODEL = /^(\*|[a-z0-9-]+\.(\*|[a-z0-9][a-z0-9.:-]*\*?))$/;

function mistakesOf(budget: BudgetSettings): string[] {
  const { model, amount, timeUnit, billedAs = { services: ["any"] } } = budget;
  const said = [...(billedAs.services ?? []), ...(billedAs.usageTypes ?? [])];
  return [
    ...Object.keys(budget)
      .filter((key) => !KEYS.includes(key))
      .map((key) => ` has no ${key}: write ${KEYS.join(", ")}.`),
    ...unless(
      MODEL.test(model),
      `.model is ${show(model)}: write a canonical id such as "anthropic.claude-opus-4-6-v1", a family such as "anthropic.*", or "*".`,
    ),
    ...unless(
      Number.isFinite(amount) && amount > 0 && amount < 1e12,
      `.amount is ${show(amount)}: write US dollars, above 0.`,
    ),
    ...unless(TIME_UNITS.includes(timeUnit), `.timeUnit is ${show(timeUnit)}: write ${TIME_UNITS.join(", ")}.`),
    ...unless(
      said.length > 0 && said.every((one) => typeof one === "string" && one.trim() !== ""),
      ".billedAs names nothing: write services or usageTypes as Cost Explorer shows them, or leave it out.",
    ),
    ...unless(
      !MODEL.test(model) || billingFilter(budget) !== undefined,
      `.model is ${show(model)}, of which is not known what the bill calls it: add billedAs, as in { services: ["Command R+ (Amazon Bedrock Edition)"] }; Cost Explorer shows the names.`,
    ),
  ];
}

const unless = (isRight: boolean, sentence: string): string[] => (isRight ? [] : [sentence]);
const show = (value: unknown): string => JSON.stringify(value) ?? "undefined";
