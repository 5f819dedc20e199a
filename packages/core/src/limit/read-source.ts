import type { Source } from "./limit.ts";
import { nearest } from "./nearest.ts";
import type { Fault } from "./problem.ts";

export const MUST_BE_SOURCE = 'must be "metrics", "logs" or "budget:" and a budget\'s name';

const BUDGET = "budget:";
/** Source: pattern of `BudgetName` in the AWS Budgets API reference. */
const BUDGET_NAME = /^(?!.*\/action\/)[^:\\\p{Cc}]{1,100}$/u;

export function readSource(text: string): { readonly value: Source } | Fault {
  if (text === "metrics" || text === "logs") return { value: text };
  const problem = MUST_BE_SOURCE;
  if (!text.startsWith(BUDGET)) return { problem, remedy: sourceRemedy(text) };
  const name = text.slice(BUDGET.length);
  if (name.trim() === name && BUDGET_NAME.test(name)) return { value: `budget:${name}` };
  return {
    problem: `${problem}, which has 1 to 100 characters, none of them ":" or "\\"`,
    remedy: 'write the name as AWS Budgets lists it, as in "budget:bedrock-monthly"',
  };
}

function sourceRemedy(text: string): string {
  const meant = nearest(text, ["metrics", "logs", "budget"]);
  if (meant === undefined) return 'write "logs" to count per principal, or "metrics"';
  return meant === "budget" ? 'write it as in "budget:bedrock-monthly"' : `write "${meant}"`;
}
