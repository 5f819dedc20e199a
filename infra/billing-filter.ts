import type { BudgetSettings } from "./settings.ts";

/** Of AWS Budgets, as its API and CloudFormation write it. */
export interface Filter {
  readonly And?: readonly Filter[];
  readonly Or?: readonly Filter[];
  readonly Not?: Filter;
  readonly Dimensions?: {
    readonly Key: "SERVICE" | "USAGE_TYPE" | "RECORD_TYPE";
    readonly Values: readonly string[];
    readonly MatchOptions: readonly [Match];
  };
}
type Match = "EQUALS" | "STARTS_WITH" | "ENDS_WITH" | "CONTAINS";

/** What the bill calls whatever is sold through AWS Marketplace: each model is a service of its own. */
const EDITION = " (Amazon Bedrock Edition)";
const FIRST_PARTY = "Amazon Bedrock";

/**
 * Picks a model's costs from the bill, before credits and refunds: an account that is credited would net to 0.
 *
 * Models of Anthropic are sold through Marketplace and have services of their own; those of Amazon are usage types of
 * the service `Amazon Bedrock`. Of others the settings must say what the bill calls them.
 *
 * @returns undefined if that is not known.
 * @see https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Expression.html
 */
export function billingFilter({ model, billedAs }: Pick<BudgetSettings, "model" | "billedAs">): Filter | undefined {
  const parts = billedAs === undefined ? partsOf(model) : said(billedAs);
  return parts && { And: [...parts, { Not: dimension("RECORD_TYPE", "EQUALS", NO_COSTS) }] };
}

/** Taxes stay: a budget of a month is what has to be paid for it. */
const NO_COSTS = ["Credit", "Refund"];

function partsOf(model: string): Filter[] | undefined {
  if (model === "*") return [{ Or: [services("EQUALS", [FIRST_PARTY]), services("ENDS_WITH", [EDITION])] }];
  const [, vendor = "", name = ""] = /^([a-z0-9-]+)\.(.+)$/.exec(model) ?? [];
  if (vendor === "anthropic") return marketplace("Claude", name);
  if (vendor === "amazon") return firstParty(name);
  return undefined;
}

/** The bill has had both orders, and a version from the second on: `Claude 3.5 Sonnet v2`, `Claude Opus 4.6`. */
function marketplace(brand: string, name: string): Filter[] | undefined {
  const words = wordsOf(name);
  const numbers = words.filter(isNumber).join(".");
  const [, ...kinds] = words.filter((word) => !isNumber(word));
  if (name.endsWith("*")) {
    const told = [...kinds, ...(numbers === "" ? [] : [` ${numbers}`])];
    return [
      services("STARTS_WITH", [brand]),
      services("ENDS_WITH", [EDITION]),
      ...told.map((word) => services("CONTAINS", [word])),
    ];
  }
  if (kinds.length === 0 || numbers === "") return undefined;
  const kind = kinds.join(" ");
  const [, version = "1"] = /-v(\d+)(:\d+)?$/.exec(name) ?? [];
  const edition = `${version === "1" ? "" : ` v${version}`}${EDITION}`;
  return [services("EQUALS", [`${brand} ${kind} ${numbers}${edition}`, `${brand} ${numbers} ${kind}${edition}`])];
}

const isNumber = (word: string): boolean => /^\d+$/.test(word);

/** `nova-lite-v1:0` is billed as usage types such as `USE1-NovaLite-input-tokens`. */
function firstParty(name: string): Filter[] {
  const service = services("EQUALS", [FIRST_PARTY]);
  const part = wordsOf(name).join("");
  const parts = part === "" ? ["Nova", "Titan"] : [part];
  return [service, dimension("USAGE_TYPE", "CONTAINS", parts)];
}

function said({ services: named = [], usageTypes = [] }: NonNullable<BudgetSettings["billedAs"]>): Filter[] {
  if (usageTypes.length === 0) return [services("EQUALS", named)];
  const types = dimension("USAGE_TYPE", "CONTAINS", usageTypes);
  if (named.length === 0) return [services("EQUALS", [FIRST_PARTY]), types];
  return [{ Or: [services("EQUALS", named), types] }];
}

/** Without version suffix, date and `*`, each with a capital: `claude-opus-4-6-v1` is Claude, Opus, 4, 6. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/\*$/, "")
    .replace(/-v\d+(:\d+)?$/, "")
    .replace(/-\d{8}$/, "")
    .split("-")
    .filter((word) => word !== "")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1));

const services = (match: Match, values: readonly string[]): Filter => dimension("SERVICE", match, values);

const dimension = (Key: NonNullable<Filter["Dimensions"]>["Key"], match: Match, values: readonly string[]): Filter => ({
  Dimensions: { Key, Values: [...values], MatchOptions: [match] },
});
