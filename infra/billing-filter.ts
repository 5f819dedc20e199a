import { AMAZON, BEDROCK, CLAUDE_ALSO, CLAUDE_KINDS, EDITION } from "./billed-names.ts";
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

/**
 * Picks a model's costs from the bill, before credits and refunds: an account that is credited would net to 0.
 *
 * @returns undefined if it is not known what the bill calls the model: the settings must say it.
 * @see https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Expression.html
 */
export function billingFilter({ model, billedAs }: Pick<BudgetSettings, "model" | "billedAs">): Filter | undefined {
  const parts = billedAs === undefined ? partsOf(model) : said(billedAs);
  return parts && { And: [...parts, { Not: dimension("RECORD_TYPE", "EQUALS", NO_COSTS) }] };
}

/** Taxes stay: a budget of a month is what has to be paid for it. */
const NO_COSTS = ["Credit", "Refund"];

function partsOf(model: string): Filter[] | undefined {
  if (model === "*") return [{ Or: [services("EQUALS", BEDROCK), services("ENDS_WITH", [EDITION])] }];
  const [, vendor = "", name = ""] = /^([a-z0-9-]+)\.(.+)$/.exec(model) ?? [];
  if (vendor === "anthropic") return claude(name);
  if (vendor === "amazon") return amazon(name);
  return undefined;
}

function claude(name: string): Filter[] | undefined {
  if (name.endsWith("*")) {
    const words = name === "*" ? { numbers: [] } : wordsOf(name.replace(/-?\*$/, ""));
    return words && eitherOf(familyOf(words));
  }
  const id = name.replace(/(-\d{8})?(-v\d+(:\d+)?)?$/, "");
  const { kind, numbers } = wordsOf(id) ?? { numbers: [] };
  if (kind === undefined || numbers.length === 0) return undefined;
  const [, release = "1"] = /-v(\d+)(:\d+)?$/.exec(name) ?? [];
  const later = release === "1" ? "" : `v${release}`;
  const version = numbers.join(".");
  const edition = `${later && ` ${later}`}${EDITION}`;
  return eitherOf({
    bought: [services("EQUALS", [`Claude ${kind} ${version}${edition}`, `Claude ${version} ${kind}${edition}`])],
    used: [
      usage([`Claude${version}${kind}${later}-`, `anthropic.${id}-mantle-`, ...alsoOf(`Claude${version}${kind}`)]),
    ],
  });
}

interface Words {
  readonly kind?: string;
  readonly numbers: readonly string[];
}

/** @returns undefined if one is not understood: left out unread, it would make the budget count others too, or nothing. */
function wordsOf(id: string): Words | undefined {
  const [brand, ...words] = id.split("-");
  const numbers = words.filter((word) => /^\d{1,2}$/.test(word));
  const [word, ...others] = words.filter((one) => !numbers.includes(one));
  if (brand !== "claude" || numbers.length > 2 || others.length > 0) return undefined;
  if (word === undefined) return { numbers };
  const kind = CLAUDE_KINDS.get(word);
  return kind === undefined ? undefined : { kind, numbers };
}

const alsoOf = (usageType: string): string[] => {
  const also = CLAUDE_ALSO.get(usageType);
  return also === undefined ? [] : [`${also}-`];
};

/** Every word, in any order: `Opus` and 4 are `Claude Opus 4.6 (…)`, `Claude4.6Opus` and `anthropic.claude-opus-4-8`. */
function familyOf({ kind, numbers }: Words): Names {
  const bought = [services("STARTS_WITH", ["Claude"]), services("ENDS_WITH", [EDITION])];
  const used = [usage(["Claude", "anthropic.claude-"])];
  const version = numbers.join(".");
  if (kind !== undefined) {
    bought.push(services("CONTAINS", [kind]));
    used.push(usage([kind, `-${kind.toLowerCase()}-`]));
  }
  if (version !== "") {
    bought.push(services("CONTAINS", [` ${version}`]));
    used.push(usage([`Claude${version}`, `-${numbers.join("-")}-`, ...alsoOf(`Claude${version}${kind ?? ""}`)]));
  }
  return { bought, used };
}

interface Names {
  /** All true of the service, where a model is one of its own. */
  readonly bought: readonly Filter[];
  /** All true of the usage type, where models share a service. */
  readonly used: readonly Filter[];
}

const eitherOf = ({ bought, used }: Names): Filter[] => [
  { Or: [allOf(bought), allOf([services("EQUALS", BEDROCK), ...used])] },
];

/** A list of one is none to Budgets. */
function allOf(filters: readonly Filter[]): Filter {
  const [only, ...others] = filters;
  return only !== undefined && others.length === 0 ? only : { And: filters };
}

function amazon(name: string): Filter[] | undefined {
  const parts = AMAZON.get(name.replace(/:\d+$/, "")) ?? AMAZON.get(name.replace(/(-v\d+(:\d+)?|-?\*)$/, ""));
  return parts && [services("EQUALS", BEDROCK), usage(parts)];
}

function said({ services: named = [], usageTypes = [] }: NonNullable<BudgetSettings["billedAs"]>): Filter[] {
  if (usageTypes.length === 0) return [services("EQUALS", named)];
  if (named.length === 0) return [services("EQUALS", BEDROCK), usage(usageTypes)];
  return eitherOf({ bought: [services("EQUALS", named)], used: [usage(usageTypes)] });
}

const services = (match: Match, values: readonly string[]): Filter => dimension("SERVICE", match, values);
const usage = (parts: readonly string[]): Filter => dimension("USAGE_TYPE", "CONTAINS", parts);

const dimension = (Key: NonNullable<Filter["Dimensions"]>["Key"], match: Match, values: readonly string[]): Filter => ({
  Dimensions: { Key, Values: [...values], MatchOptions: [match] },
});
