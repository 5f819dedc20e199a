/** AWS allows no longer names: pattern of `BudgetName` in the AWS Budgets API reference. */
const LONGEST_NAME = 100;

/**
 * The name of the budget that a notice is about, for a log. AWS Budgets writes prose with a line for the name;
 * some describe it as JSON. Anybody who may publish on the topic may write anything: nothing else is read of it.
 */
export function noticedBudget(subject: string, message: string): string | undefined {
  const name = nameInLine(message) ?? nameInJson(message) ?? SUBJECT.exec(subject)?.[1];
  // Control characters would be lines of their own to whoever reads the log as text.
  const plain = name?.replace(/\p{C}/gu, "").trim().slice(0, LONGEST_NAME);
  return plain === "" ? undefined : plain;
}

/** Source: https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html and notices as they come. */
const SUBJECT = /^AWS Budgets: (.+) has exceeded your alert threshold/;
const nameInLine = (message: string): string | undefined => /^Budget Name: *(.+)$/m.exec(message)?.[1];

const KEYS: ReadonlySet<string> = new Set(["budgetname", "name"]);

function nameInJson(message: string): string | undefined {
  const value = parsed(message);
  if (typeof value !== "object" || value === null) return undefined;
  const parts: readonly unknown[] = [value, ...Object.values(value)];
  return parts.flatMap((part) => (typeof part === "object" && part !== null ? (namedIn(part) ?? []) : []))[0];
}

function namedIn(part: object): string | undefined {
  const [, name] = Object.entries(part).find(([key]) => KEYS.has(key.replace(/[_ -]/g, "").toLowerCase())) ?? [];
  return typeof name === "string" ? name : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}
