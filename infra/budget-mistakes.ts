import { billingFilter } from "./billing-filter.ts";
import type { BudgetSettings, StageSettings } from "./settings.ts";

/** What AWS Budgets, or a limit that names the budget, would refuse. */
export function mistakesOfBudgets(budgets: StageSettings["budgets"]): string[] {
  return Object.entries(budgets).flatMap(([name, budget]) => [
    ...(NAME.test(name)
      ? []
      : [`budgets names one ${show(name)}: write 1 to 60 letters, digits and hyphens, a letter or digit first.`]),
    ...mistakesOf(budget).map((what) => `budgets[${show(name)}]${what}`),
  ]);
}

/** AWS Budgets takes more; a stack, which has the name in its own, does not. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9-]{0,59}$/;
const TIME_UNITS = ["DAILY", "MONTHLY", "QUARTERLY", "ANNUALLY"];
const KEYS = ["model", "amount", "timeUnit", "billedAs"];
const BILLED_AS_KEYS = ["services", "usageTypes"];
const MODEL = /^(\*|[a-z0-9-]+\.(\*|[a-z0-9][a-z0-9.:-]*\*?))$/;

function mistakesOf(budget: BudgetSettings): string[] {
  const { model, amount, timeUnit, billedAs } = budget;
  return [
    ...unknownKeys(budget, KEYS),
    ...mistakesOfModel(model, billedAs !== undefined),
    ...unless(
      Number.isFinite(amount) && amount > 0 && amount < 1e12,
      `.amount is ${show(amount)}: write US dollars, above 0.`,
    ),
    ...unless(TIME_UNITS.includes(timeUnit), `.timeUnit is ${show(timeUnit)}: write ${TIME_UNITS.join(", ")}.`),
    ...(billedAs === undefined ? [] : mistakesOfBilledAs(billedAs).map((what) => `.billedAs${what}`)),
  ];
}

function mistakesOfModel(model: string, isNamed: boolean): string[] {
  if (!MODEL.test(model)) {
    return [
      `.model is ${show(model)}: write a canonical id such as "anthropic.claude-opus-4-6-v1", a family such as "anthropic.*", or "*".`,
    ];
  }
  if (isNamed || billingFilter({ model })) return [];
  const meant = model.replace(".", ".claude-");
  const instead = billingFilter({ model: meant }) ? `write ${show(meant)}` : "mend it";
  return [
    `.model is ${show(model)}, of which is not known what the bill calls it: ${instead}, or add billedAs, as in { services: ["Command R+ (Amazon Bedrock Edition)"] }; Cost Explorer shows the names.`,
  ];
}

function mistakesOfBilledAs(billedAs: NonNullable<BudgetSettings["billedAs"]>): string[] {
  const known = Object.entries(billedAs).filter(([key]) => BILLED_AS_KEYS.includes(key));
  const mistakes = [
    ...unknownKeys(billedAs, BILLED_AS_KEYS),
    ...known.flatMap(([key, value]: [string, unknown]) =>
      unless(isNames(value), `.${key} is ${show(value)}: write a list of names as Cost Explorer shows them.`),
    ),
  ];
  if (mistakes.length > 0 || known.some(([, { length }]) => length > 0)) return mistakes;
  return [" names nothing: write services or usageTypes as Cost Explorer shows them, or leave it out."];
}

const isNames = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === "string" && one.trim() !== "");

const unknownKeys = (what: object, known: readonly string[]): string[] =>
  Object.keys(what)
    .filter((key) => !known.includes(key))
    .map((key) => ` has no ${key}: write ${known.join(", ")}.`);
const unless = (isRight: boolean, sentence: string): string[] => (isRight ? [] : [sentence]);
const show = (value: unknown): string => JSON.stringify(value) ?? "undefined";
