import { type Budget, type BudgetsClient, DescribeBudgetsCommand } from "@aws-sdk/client-budgets";

/** What was found of the budgets that were looked for. */
export interface FoundBudgets {
  readonly budgets: ReadonlyMap<string, Budget>;
  /** Why there may be more than these; undefined once all that are wanted were found, or every page was read. */
  readonly unread?: string;
}

const PAGE_SIZE = 100;

/**
 * Lists budgets until all that are wanted are found. One call tells of a hundred, where asking by name takes one for
 * each, and it tells what there is where a name is wrong.
 */
export async function listBudgets(
  budgets: BudgetsClient,
  account: string,
  wanted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<FoundBudgets> {
  const found = new Map<string, Budget>();
  for (let token: string | undefined; ; ) {
    let page: Awaited<ReturnType<typeof read>>;
    try {
      page = await read(token);
    } catch (error) {
      if (found.size === 0) throw error;
      return { budgets: found, unread: `not all budgets could be listed: ${reason(error)}` };
    }
    for (const budget of page.Budgets ?? []) if (budget.BudgetName !== undefined) found.set(budget.BudgetName, budget);
    if ([...wanted].every((name) => found.has(name)) || page.NextToken === undefined || page.NextToken === null) break;
    if (page.NextToken === token) return { budgets: found, unread: "AWS Budgets cut its list short" };
    token = page.NextToken;
  }
  return { budgets: found };

  function read(token: string | undefined) {
    const position = token === undefined ? {} : { NextToken: token };
    const command = new DescribeBudgetsCommand({ AccountId: account, MaxResults: PAGE_SIZE, ...position });
    return budgets.send(command, { abortSignal: signal });
  }
}

export const reason = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
